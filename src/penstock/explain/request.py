"""The request that is asked about, and how a URL becomes one.

A URL is turned into what a client would put on the wire; dot segments and
doubled slashes stay (as with ``curl --path-as-is``), because what becomes of
them is often the question.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
"""What needs no percent-encoding on the wire."""
_ADVICE: Final = "write it like http://shop.example/path"


class UrlError(ValueError):
    """What was asked about is no request; the message says how to ask."""


class Request(msgspec.Struct, frozen=True):
    """One HTTP/1.1 request and the connection it comes on.

    Text stands for bytes as in Latin-1, so that requests which no URL can
    express can be explained too.
    """

    target: str
    """What stands on the request line: a path with query, or a whole URL (absolute-form)."""
    host: str | None
    """The Host header; None without one."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    """All others, as sent."""
    tls: bool = False
    server_name: str | None = None
    """What the client asks for in its ClientHello (SNI)."""
    connect_to: str | None = None
    """The address it connects to, if that is known; else any that serves the host."""
    port: int | None = None
    """The port it connects to; None for the scheme's own."""
    client: str | None = None
    """The client's address."""
    load_balancer: str | None = None
    """Only this load balancer is meant."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """What clients change in the URL before they send it: (what, before, after)."""

    def header(self, name: str) -> str | None:
        """A header's values, joined as Envoy joins them; None if it is not sent."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None

    @property
    def wanted_port(self) -> int:
        """The port it connects to."""
        return self.port or DEFAULT_PORTS["https" if self.tls else "http"]


def parse_url(
    url: str,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    client: str | None = None,
    load_balancer: str | None = None,
) -> Request:
    """The request that a client makes of a URL.

    A Host header among ``headers`` takes the place of the URL's host, as with curl.

    Raises:
        UrlError: it is no HTTP URL, or ``client`` is no address.
    """
    written = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(written)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise UrlError(f"{url} is no URL ({error}); {_ADVICE}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlError(f"{url} is no URL with http or https; {_ADVICE}")
    if not host or port == 0:
        raise UrlError(f"{url} has no {'port' if host else 'host'} to connect to; {_ADVICE}")
    tls = parts.scheme == "https"
    target, changes = _target(written, parts.netloc)
    given = [value for name, value in headers if name.lower() == "host"]
    address = _address(host)
    return Request(
        target=target,
        host=",".join(given) if given else _authority(host, port, tls),
        method=method,
        headers=tuple((name, value) for name, value in headers if name.lower() != "host"),
        tls=tls,
        server_name=None if address or not tls else _ascii(host).rstrip("."),
        connect_to=address,
        port=port,
        client=_client(client),
        load_balancer=load_balancer,
        changes=changes,
    )


def _target(url: str, netloc: str) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    rest = url.split("://", 1)[1][len(netloc) :]
    changes = []
    plain, hash_sign, _ = rest.partition("#")
    if hash_sign:
        changes.append(("clients keep the fragment to themselves", rest, plain))
    path = plain if plain.startswith("/") else f"/{plain}"
    sent = quote(path, safe=PRINTABLE)
    if sent != path:
        changes.append(("clients percent-encode such characters", path, sent))
    return sent, tuple(changes)


def _authority(host: str, port: int | None, tls: bool) -> str:
    """What clients write into the Host header: lower case, the port only if it is unusual."""
    shown = f"[{host}]" if ":" in host else _ascii(host)
    if port is None or port == DEFAULT_PORTS["https" if tls else "http"]:
        return shown
    return f"{shown}:{port}"


def _ascii(host: str) -> str:
    """A name with other letters than ASCII's as DNS has it."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise UrlError(f"{host} is no host name: {error}") from error


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _client(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise UrlError(f"the client {text} is no IP address") from error
