"""A request as every protocol hands it over, once its headers are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Tls:
    """What was negotiated on a TLS connection; field names as echo-basic's JSON has them."""

    version: str
    server_name: str
    protocol: str
    cipher_suite: str

    def as_dict(self) -> dict[str, str]:
        """The JSON shape."""
        return {
            "version": self.version,
            "serverName": self.server_name,
            "negotiatedProtocol": self.protocol,
            "cipherSuite": self.cipher_suite,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """Method, target and headers of one request."""

    method: str
    target: str
    """As it was sent, with the query."""
    host: str
    proto: str
    """``HTTP/1.1`` or ``HTTP/2.0``."""
    headers: Mapping[str, list[str]]
    """By lower-case name, in the order of arrival; without Host."""
    tls: Tls | None

    def header(self, name: str) -> str | None:
        """The first value of a header, by lower-case name."""
        values = self.headers.get(name)
        return values[0] if values else None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


def from_http1(
    method: bytes,
    target: bytes,
    version: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    tls: Tls | None,
) -> Request:
    """A request of HTTP/1.0 or 1.1."""
    grouped = _group(headers)
    host = grouped.pop("host", [""])[0]
    proto = f"HTTP/{version.decode('ascii')}"
    return Request(method.decode("ascii"), target.decode("latin-1"), host, proto, grouped, tls)


def from_http2(headers: Iterable[tuple[bytes, bytes]], tls: Tls | None) -> Request:
    """A request of HTTP/2, from its pseudo-headers and headers."""
    grouped = _group(headers)
    authority = grouped.pop(":authority", [""])[0]
    host = grouped.pop("host", [""])[0]
    method = grouped.pop(":method", [""])[0]
    path = grouped.pop(":path", [""])[0]
    plain = {name: values for name, values in grouped.items() if not name.startswith(":")}
    return Request(method, path, authority or host, "HTTP/2.0", plain, tls)


def _group(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return grouped
