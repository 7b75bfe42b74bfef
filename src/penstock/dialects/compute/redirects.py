"""Redirects of URL maps."""

from __future__ import annotations

from typing import Final

from penstock.model import Redirect
from penstock.objects.compute.route_action import HttpRedirectAction

_STATUS: Final = {
    "MOVED_PERMANENTLY_DEFAULT": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
_DEFAULT: Final = 301


def read_redirect(written: HttpRedirectAction) -> Redirect:
    """The redirect; without a code 301, as in the API."""
    return Redirect(
        status=_STATUS.get(written.redirect_response_code or "", _DEFAULT),
        https=bool(written.https_redirect),
        host=written.host_redirect or "",
        path=written.path_redirect or "",
        prefix=written.prefix_redirect or "",
        strip_query=bool(written.strip_query),
    )
