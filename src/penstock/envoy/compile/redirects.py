"""Redirect → RedirectAction."""

from __future__ import annotations

from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb

from penstock.model import Redirect

_CODES: Final = pb.RedirectAction.RedirectResponseCode
_RESPONSE_CODES: Final = {
    301: _CODES.MOVED_PERMANENTLY,
    302: _CODES.FOUND,
    303: _CODES.SEE_OTHER,
    307: _CODES.TEMPORARY_REDIRECT,
    308: _CODES.PERMANENT_REDIRECT,
}


def fill_redirect(target: Any, redirect: Redirect) -> None:
    """Put a redirect into Envoy's message.

    Raises:
        ValueError: the status is none of a redirect.
    """
    if redirect.status not in _RESPONSE_CODES:
        raise ValueError(f"{redirect.status} is not the status of a redirect")
    target.response_code = _RESPONSE_CODES[redirect.status]
    target.https_redirect = redirect.https
    target.host_redirect = redirect.host
    target.strip_query = redirect.strip_query
    if redirect.path:
        target.path_redirect = redirect.path
    elif redirect.prefix:
        target.prefix_rewrite = redirect.prefix
