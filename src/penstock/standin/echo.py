"""What a stand-in answers: the echo, shaped by the pod's state and the request's headers.

The JSON has the shape of Gateway API's echo-basic, so that tests written for one
read the other.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from email.utils import formatdate

import msgspec

from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers, Request
from penstock.standin.spec import PodSpec
from penstock.standin.units import parse_duration, parse_size

PROBE_PATHS = frozenset({"/health", "/healthz", "/ready", "/readyz"})
"""Answer by readiness on every pod, beside the path of its own probe."""
MAX_BODY = 16 << 30
MAX_DELAY = 3600.0
_BODILESS = (204, 205, 304)
_UNANNOUNCED = (204, 304)


@dataclass(slots=True)
class Answer:
    """An answer, ready to be written in any protocol."""

    status: int
    headers: Headers
    body: bytes = b""
    filler: int = 0
    """Bytes of filler to stream instead of `body`."""
    is_head: bool = False

    @property
    def length(self) -> int | None:
        """The Content-Length to announce; None where the status allows none."""
        if self.status in _UNANNOUNCED:
            return None
        return self.filler or len(self.body)

    @property
    def has_body(self) -> bool:
        """Whether any body byte is sent."""
        return not self.is_head and bool(self.length)


@dataclass(slots=True)
class Wishes:
    """What the request's own headers ask for."""

    delay: float | None = None
    status: int | None = None
    filler: int | None = None
    close: bool = False
    headers: Headers = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def wishes(request: Request) -> Wishes:
    """Read the ``X-Penstock-*`` and ``X-Echo-Set-Header`` headers."""
    found = Wishes()
    readers = {
        "x-penstock-delay": _read_delay,
        "x-penstock-status": _read_status,
        "x-penstock-body-size": _read_size,
        "x-penstock-close": _read_close,
    }
    for name, read in readers.items():
        value = request.header(name)
        if value is None:
            continue
        try:
            read(found, value)
        except ValueError as error:
            found.problems.append(f"{canonical(name)}: {error}")
    found.headers = _set_headers(request)
    return found


def _read_delay(found: Wishes, value: str) -> None:
    found.delay = min(parse_duration(value), MAX_DELAY)


def _read_status(found: Wishes, value: str) -> None:
    if not value.isdecimal() or not 200 <= int(value) <= 599:
        raise ValueError(f"{value!r} is not a status between 200 and 599")
    found.status = int(value)


def _read_size(found: Wishes, value: str) -> None:
    found.filler = min(parse_size(value), MAX_BODY)


def _read_close(found: Wishes, value: str) -> None:
    found.close = value.strip().lower() in ("true", "1", "yes")


_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_OURS = frozenset(
    {"content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "te", "trailer"}
)


def _set_headers(request: Request) -> Headers:
    """``X-Echo-Set-Header: name:value, other:value``; what would break the framing is left out."""
    made: Headers = []
    for line in request.headers.get("x-echo-set-header", ()):
        for item in line.split(","):
            name, colon, value = item.partition(":")
            name = name.strip().lower()
            if colon and name and _TOKEN.issuperset(name) and name not in _OURS:
                made.append((canonical(name).encode(), value.strip().encode("latin-1")))
    return made


def is_probe(port: HostedPort, request: Request) -> bool:
    """Whether readiness decides the answer to this path."""
    return answers_by_readiness(port.pod.spec, request.path)


def answers_by_readiness(spec: PodSpec, path: str) -> bool:
    """Whether a pod answers a path (without query) with 503 while it is not ready."""
    if path in PROBE_PATHS or path == spec.probe_path:
        return True
    return any(path == asked for asked, _ in spec.health)


def status_of(port: HostedPort, request: Request, wish: Wishes) -> int:
    """The status: by readiness for a probe, else what the request or the pod's state says.

    A probe of ``/`` is an ordinary page as long as the pod is ready.
    """
    state = port.pod.state
    if is_probe(port, request):
        if not state.ready:
            return 503
        if request.path != "/":
            return wish.status or 200
    return wish.status or state.status or 200


def delay_of(port: HostedPort, wish: Wishes) -> float:
    """Seconds to wait before answering."""
    return wish.delay if wish.delay is not None else port.pod.state.delay


def answer(port: HostedPort, request: Request, wish: Wishes, body_length: int) -> Answer:
    """The whole answer to a request whose body has been read."""
    status = 400 if wish.problems else status_of(port, request, wish)
    made = Answer(status, [], is_head=request.method == "HEAD")
    kind = b"application/json"
    if status in _BODILESS:
        pass
    elif wish.filler is not None and not wish.problems:
        kind = b"application/octet-stream"
        made.filler = wish.filler
    elif status == 200 and (text := _plain_text(port, request)):
        kind = b"text/plain"
        made.body = text
    else:
        made.body = _document(port, request, wish, body_length)
    if not any(name == b"Content-Type" for name, _ in wish.headers):
        made.headers.append((b"Content-Type", kind))
    made.headers += common_headers(port)
    made.headers += wish.headers
    return made


def common_headers(port: HostedPort) -> Headers:
    """What every HTTP answer carries."""
    return [(b"Date", http_date()), (b"X-Penstock-Pod", pod_name(port))]


def _health_texts(port: HostedPort, request: Request) -> list[str]:
    """What health checks look for in the answer to this path."""
    return [text for path, text in port.pod.spec.health if text and path == request.path]


def _plain_text(port: HostedPort, request: Request) -> bytes:
    """The whole answer, where JSON would not have a health check's text as it is."""
    texts = _health_texts(port, request)
    if all(f'"{text}"'.encode() == msgspec.json.encode(text) for text in texts):
        return b""
    return "\n".join(texts).encode() + b"\n"


def _document(port: HostedPort, request: Request, wish: Wishes, body_length: int) -> bytes:
    spec = port.pod.spec
    texts = _health_texts(port, request)
    document: dict[str, object] = {
        **({"health": " ".join(texts)} if texts else {}),
        "path": request.target,
        "host": request.host,
        "method": request.method,
        "proto": request.proto,
        "headers": {canonical(name): values for name, values in request.headers.items()},
        "httpPort": str(port.number),
        "namespace": spec.namespace,
        "ingress": "",
        "service": port.service,
        "pod": spec.name,
        "bodyLength": body_length,
    }
    if request.tls:
        document["tls"] = request.tls.as_dict()
    if wish.problems:
        document["problems"] = wish.problems
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def pod_name(port: HostedPort) -> bytes:
    """``namespace/name``, as the X-Penstock-Pod header has it."""
    return str(port.pod.spec.key).encode("latin-1", "replace")


@functools.lru_cache(4096)
def canonical(name: str) -> str:
    """A header's name as Go writes it: ``x-forwarded-for`` → ``X-Forwarded-For``."""
    if not name.isascii() or " " in name:
        return name
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))


def http_date() -> bytes:
    """Now, for the Date header."""
    return _date(int(time.time()))


@functools.lru_cache(2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
