"""Where a redirect sends the client.

As Envoy builds it (`RouteEntryImplBase::newUri`): what is not given stays as in the request.
"""

from __future__ import annotations

from penstock.explain.rewrites import prefix_replaced
from penstock.explain.wire import Routed
from penstock.model import PathMatch, Redirect

_PORTS = {"http": ":80", "https": ":443"}


def location(redirect: Redirect, match: PathMatch | None, routed: Routed, scheme: str) -> str:
    """The Location header of the answer; ``match`` is what the path satisfied."""
    new_scheme = "https" if redirect.https else scheme
    host = redirect.host or _host(routed.host.authority, scheme, new_scheme)
    return f"{new_scheme}://{host}{_path(redirect, match, routed)}"


def _host(authority: str, scheme: str, new_scheme: str) -> str:
    """The request's host, without a port that is only the old scheme's own."""
    if new_scheme != scheme:
        return authority.removesuffix(_PORTS[scheme])
    return authority


def _path(redirect: Redirect, match: PathMatch | None, routed: Routed) -> str:
    query = "" if redirect.strip_query else routed.query
    if redirect.path:
        return redirect.path if "?" in redirect.path else f"{redirect.path}{query}"
    if redirect.prefix:
        return f"{prefix_replaced(redirect.prefix, match, routed.path)}{query}"
    return f"{routed.path}{query}"
