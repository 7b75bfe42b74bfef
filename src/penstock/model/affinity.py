"""Session affinity: what of a request decides which endpoint it goes to."""

from __future__ import annotations

import msgspec


class ClientIpAffinity(msgspec.Struct, frozen=True, tag="client_ip"):
    """The client's address is hashed."""


class HeaderAffinity(msgspec.Struct, frozen=True, tag="header"):
    """A request header is hashed; requests without it go anywhere."""

    header: str


class CookieAffinity(msgspec.Struct, frozen=True, tag="cookie", omit_defaults=True):
    """A cookie is hashed, which the proxy sets where the client has none."""

    cookie: str
    path: str = "/"
    ttl: float = 0.0
    """Seconds; 0 makes it a session cookie."""


class StrongCookieAffinity(msgspec.Struct, frozen=True, tag="strong_cookie", omit_defaults=True):
    """A cookie that the proxy sets names the endpoint, as long as that is healthy."""

    cookie: str
    path: str = "/"
    ttl: float = 0.0
    """Seconds; 0 makes it a session cookie."""


Affinity = ClientIpAffinity | HeaderAffinity | CookieAffinity | StrongCookieAffinity
