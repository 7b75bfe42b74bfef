"""Between the wire and the rules: what the proxy refuses, and the host and path it routes by.

What Envoy's HTTP/1 parser and connection manager do before a route is looked
for.  Text stands for bytes as in Latin-1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from penstock.explain.incoming import seen
from penstock.explain.normalise import Step, normalise
from penstock.explain.request import Request

METHODS: Final = frozenset(
    "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR"  # noqa: SIM905
    " MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT"
    " SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE".split()
)
"""What Envoy's HTTP/1 parser knows."""
MAX_HEADERS: Final = 100
_TARGET: Final = re.compile("[!-~]+")
_HOST: Final = re.compile(r"[A-Za-z0-9!$%&'()*+,\-.:;=@\[\]_~]*")
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_ABSOLUTE: Final = re.compile(
    r"(?P<scheme>https?)://(?:[^@/?]*@)?"
    r"(?P<host>(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]+))?)(?P<rest>[/?].*)?",
    re.IGNORECASE,
)


class Refusal(NamedTuple):
    """The proxy answers by itself before it looks for a route."""

    status: int
    reason: str
    location: str | None = None
    steps: tuple[Step, ...] = ()


class Host(NamedTuple):
    """Whom the request is for."""

    authority: str
    """As backends see it."""
    name: str
    """As rules see it: lower case, without port."""
    steps: tuple[Step, ...] = ()

    @property
    def port(self) -> int:
        """The port that the Host header names; 0 if it names none."""
        digits = self.port_text
        return int(digits) if digits.isascii() and digits.isdigit() else 0

    @property
    def port_text(self) -> str:
        """The port as it is written; empty without one."""
        return self.authority[len(self.name) :].removeprefix(":")


class Routed(NamedTuple):
    """What rules are compared with."""

    host: Host
    path: str
    """Without the query."""
    query: str
    """With its question mark; empty without one."""
    path_steps: tuple[Step, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = {}
    """As rules see them: by name in lower case, the values line by line."""


def receive(request: Request) -> Refusal | Routed:
    """Do what happens before routing."""
    problem = _problem(request)
    if problem:
        return Refusal(400, problem)
    if len(request.headers) + (request.host is not None) > MAX_HEADERS:
        return Refusal(431, f"it has more than {MAX_HEADERS} headers")
    if request.method == "CONNECT":
        return _connect(request)
    if request.target.startswith(("/", "*")):
        authority, target = request.host, request.target
    else:
        found = _absolute(request)
        if isinstance(found, Refusal):
            return found
        authority, target = found
    if authority is None:
        return Refusal(400, "it has no Host header")
    return _normalised(request, authority.strip(" \t"), target)


def _problem(request: Request) -> str:
    """Why it is no valid HTTP/1.1 request; empty if it is one.

    A Host header beside an absolute-form is replaced before anybody looks at it.
    """
    if request.method not in METHODS:
        return f"{request.method!r} is no method that the proxy knows in HTTP/1.1"
    if not _TARGET.fullmatch(request.target):
        return "the path has characters that must be percent-encoded"
    if request.target.startswith("*") and request.method != "OPTIONS":
        return "only OPTIONS may ask for *"
    is_path = request.target.startswith(("/", "*"))
    if is_path and request.host is not None and not _HOST.fullmatch(request.host.strip(" \t")):
        return "the Host header has characters that no host has"
    for name, value in request.headers:
        if problem := _header_problem(name, value):
            return problem
    return ""


def _header_problem(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        return f"{name[:40]!r} is no header's name"
    if "_" in name:
        return (
            f"the header {name[:40]} has an underscore: many servers take it for a dash,"
            " so it could be used to forge a header"
        )
    return "" if _VALUE.fullmatch(value) else f"the header {name[:40]} has control characters"


def _connect(request: Request) -> Refusal:
    if ":" in request.target and "/" not in request.target:
        return Refusal(404, "there is no tunnel for CONNECT")
    return Refusal(400, "CONNECT needs host and port")


def _absolute(request: Request) -> Refusal | tuple[str, str]:
    """Host and target out of an absolute-form; the Host header has no say."""
    match = _ABSOLUTE.fullmatch(request.target)
    if match is None or int(match["port"] or 0) > 0xFFFF or "#" in match["host"]:
        return Refusal(400, "the request target is neither a path nor a proper URL")
    if match["scheme"].lower() == "https" and not request.tls:
        return Refusal(403, "a URL with https comes over a connection in clear")
    return match["host"], match["rest"] or "/"


def _normalised(request: Request, authority: str, target: str) -> Refusal | Routed:
    if "#" in target:
        return Refusal(400, "a request's target must not have a fragment (#)")
    path, mark, rest = target.partition("?")
    steps: tuple[Step, ...] = ()
    if path.startswith("/"):
        done = normalise(path)
        if done.problem:
            return Refusal(400, done.problem)
        path, steps = done.path, done.steps
        if done.is_redirected:
            reason = "escaped slashes are redirected to their plain form"
            return Refusal(307, reason, f"{path}{mark}{rest}", steps)
    host, query = read_host(authority), f"{mark}{rest}"
    headers = seen(request, host.authority, f"{path}{query}")
    return Routed(host, path, query, steps, headers)


def read_host(authority: str) -> Host:
    """The host that rules are compared with."""
    sent = _without_dot(authority)
    steps = [Step("a trailing dot is dropped", authority, sent)] if sent != authority else []
    name = _without_port(sent).lower()
    if name != sent:
        steps.append(Step("port and capitals do not matter", sent, name))
    return Host(sent, name, tuple(steps))


def refused_upgrade(request: Request) -> str:
    """Why an upgrade is refused, empty if it is not; h2c is ignored, as RFC 9113 wants.

    Envoy looks at this once it has a route, whatever the route does.
    """
    wanted = request.header("upgrade")
    connection = (request.header("connection") or "").lower()
    words = {word.strip() for word in connection.split(",")}
    if not wanted or "upgrade" not in words or wanted.lower() in ("websocket", "h2c"):
        return ""
    return f"upgrading to {wanted[:40]} is not served, only websocket is"


def _without_dot(host: str) -> str:
    """Envoy's `stripTrailingHostDot`: before the end, or before a port."""
    at = host.rfind(".")
    if at < 0 or host[at + 1 : at + 2] not in ("", ":"):
        return host
    return host[:at] + host[at + 1 :]


def _without_port(host: str) -> str:
    """Envoy's `getPortStart`: whatever follows the last colon outside brackets."""
    colon = host.rfind(":")
    return host if colon < 0 or host.rfind("]") > colon else host[:colon]
