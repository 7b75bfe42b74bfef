"""Redirect → RedirectAction.

Envoy leaves the port of the request's host in the location, but for ``:80`` when the
scheme becomes ``https``.  Any other port is that of a plain listener as well, where no
client could speak TLS, so requests that name one are redirected to 443 by a variant.
"""

from __future__ import annotations

import re
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from penstock.envoy.compile.rewrites import host_problem, path_problem, replace_path
from penstock.model import HTTPS_PORT, PathKind, PathMatch, Redirect

_CODES: Final = pb.RedirectAction.RedirectResponseCode
_RESPONSE_CODES: Final = {
    301: _CODES.MOVED_PERMANENTLY,
    302: _CODES.FOUND,
    303: _CODES.SEE_OTHER,
    307: _CODES.TEMPORARY_REDIRECT,
    308: _CODES.PERMANENT_REDIRECT,
}
_LOCATION: Final = re.compile(r"/[^\x00-\x20\x7f-\U0010ffff#]*")
_OTHER_PORT: Final = r".*:(?:[0-79][0-9]*|8[1-9][0-9]*|80[0-9]+|8)"
"""A host with a port other than 80."""


def fill_redirect(target: Any, redirect: Redirect, path: PathMatch) -> None:
    """Put a redirect from ``path`` into Envoy's message.

    With templates Envoy refuses `prefix_rewrite`; they match the whole path.
    """
    target.response_code = _RESPONSE_CODES[redirect.status]
    target.https_redirect = redirect.https
    target.host_redirect = redirect.host
    target.strip_query = redirect.strip_query
    target.port_redirect = redirect.port
    if redirect.path:
        target.path_redirect = redirect.path
    elif redirect.prefix and path.kind is PathKind.TEMPLATE:
        replace_path(target, redirect.prefix)
    elif redirect.prefix:
        target.prefix_rewrite = redirect.prefix


def redirect_problem(redirect: Redirect) -> str | None:
    """Why a redirect cannot be answered, or None."""
    if redirect.status not in _RESPONSE_CODES:
        return f"{redirect.status} is not the status of a redirect"
    if redirect.host and (problem := host_problem(redirect.host)):
        return problem
    if redirect.path and not _LOCATION.fullmatch(redirect.path):
        return f"{redirect.path!r} is not a path"
    return path_problem(redirect.prefix) if redirect.prefix else None


def has_other_ports(action: object) -> bool:
    """Whether the port of the request's host has to give way."""
    return isinstance(action, Redirect) and action.https and not (action.port or action.host)


def other_port_variant(route: Any) -> Any:
    """The route for requests whose host names a port that HTTPS is not on."""
    variant = pb.Route()
    variant.CopyFrom(route)
    variant.redirect.port_redirect = HTTPS_PORT
    regex = regex_pb2.RegexMatcher(regex=_OTHER_PORT)
    variant.match.headers.add(
        name=":authority", string_match=string_pb2.StringMatcher(safe_regex=regex)
    )
    return variant
