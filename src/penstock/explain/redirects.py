"""Where a redirect sends the client.

As Envoy builds it (`RouteEntryImplBase::newUri`): what is not given stays as in the request.
"""

from __future__ import annotations

import re
from typing import Final

from penstock.explain.rewrites import prefix_replaced
from penstock.explain.wire import Routed
from penstock.model import PathMatch, Redirect

_PORT: Final = re.compile(r":([0-9]+)\Z")


def location(
    redirect: Redirect,
    match: PathMatch | None,
    routed: Routed,
    scheme: str,
    https_port: int | None = None,
) -> str:
    """The Location header of the answer.

    ``match`` is what the path satisfied, ``https_port`` where HTTPS has moved to.
    """
    new_scheme = "https" if redirect.https else scheme
    is_tls = scheme == "https"
    host = redirect.host or _host(routed.host.authority, is_https=redirect.https, is_tls=is_tls)
    port = redirect.port or (https_port if redirect.https and not redirect.host else None)
    if port:
        host = f"{_PORT.sub('', redirect.host or routed.host.authority)}:{port}"
    return f"{new_scheme}://{host}{_path(redirect, match, routed)}"


def _host(authority: str, *, is_https: bool, is_tls: bool) -> str:
    """The request's host; on the way to HTTPS its port becomes that of HTTPS.

    Port 80 goes without a word, another one becomes 443, for nothing else is known to
    speak TLS.
    """
    port = _PORT.search(authority)
    if port is None or not is_https:
        return authority
    name = authority[: port.start()]
    return name if port[1] == "80" and not is_tls else f"{name}:443"


def _path(redirect: Redirect, match: PathMatch | None, routed: Routed) -> str:
    query = "" if redirect.strip_query else routed.query
    if redirect.path:
        return redirect.path if "?" in redirect.path else f"{redirect.path}{query}"
    if redirect.prefix:
        return f"{prefix_replaced(redirect.prefix, match, routed.path)}{query}"
    return f"{routed.path}{query}"
