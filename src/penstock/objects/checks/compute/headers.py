"""Names and values of headers that a load balancer may add or remove.

Names are tokens (RFC 9110 section 5.6.2); those that belong to a connection, to
the host, or to Google's own proxies are refused.
https://docs.cloud.google.com/load-balancing/docs/l7-internal/custom-headers
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from penstock.model import FieldPath
from penstock.objects.compute.route_action import HttpHeaderAction, HttpHeaderOption
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

MOST_HEADERS = 16
MOST_BYTES = 8 * 1024
"""Of all names and values of a list together."""
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOP_BY_HOP = frozenset(
    {"keep-alive", "transfer-encoding", "te", "connection", "trailer", "upgrade"}
)
_HOST = "The host cannot be changed as a header."
_OF_GOOGLE = ("x-google", "x-goog-", "x-gfe", "x-amz-")


def is_token(name: str) -> bool:
    """Whether a text can be the name of a header or cookie."""
    return _TOKEN.fullmatch(name) is not None


def _bad_name(name: str, added: bool) -> str | None:
    """Why a header may not be added or removed."""
    lower = name.lower()
    if lower in ("host", "authority") or lower.startswith(":"):
        return _HOST
    if not is_token(name):
        return "Must be the name of an HTTP header."
    if lower in _HOP_BY_HOP:
        return "The header belongs to a connection and cannot be changed."
    if added and (lower == "x-user-ip" or lower.startswith(_OF_GOOGLE)):
        return "The header is reserved."
    return None


def _bad_name_of_action(name: str, added: bool) -> str | None:
    """The same, with what only URL maps have for it."""
    reason = _bad_name(name, added)
    return f"{_HOST[:-1]}; use urlRewrite.hostRewrite." if reason == _HOST else reason


def check_header_action(path: FieldPath, action: HttpHeaderAction | None) -> Iterator[Problem]:
    """Problems of headers to add and to remove; None is fine."""
    if action is None:
        return
    for field, options in (
        ("requestHeadersToAdd", action.request_headers_to_add or ()),
        ("responseHeadersToAdd", action.response_headers_to_add or ()),
    ):
        yield from _added((*path, field), options)
    for field, names in (
        ("requestHeadersToRemove", action.request_headers_to_remove or ()),
        ("responseHeadersToRemove", action.response_headers_to_remove or ()),
    ):
        for index, name in enumerate(names):
            reason = _bad_name_of_action(name, added=False)
            if reason:
                yield invalid((*path, field, index), name, reason)


def _added(path: FieldPath, options: Sequence[HttpHeaderOption]) -> Iterator[Problem]:
    size = 0
    for index, option in enumerate(options):
        where: FieldPath = (*path, index)
        size += len(option.header_name or "") + len(option.header_value or "")
        if index >= MOST_HEADERS:
            yield invalid(
                where, option.header_name, f"At most {MOST_HEADERS} headers can be added."
            )
        elif size > MOST_BYTES:
            yield invalid(where, option.header_name, "The headers take more than 8 KiB together.")
            return
        else:
            yield from _option(where, option)


def _option(path: FieldPath, option: HttpHeaderOption) -> Iterator[Problem]:
    if not option.header_name:
        yield required(path, "headerName")
        return
    reason = _bad_name_of_action(option.header_name, added=True)
    if reason:
        yield invalid((*path, "headerName"), option.header_name, reason)
    if option.header_value is None:
        yield required(path, "headerValue")
    elif _BAD_VALUE.search(option.header_value):
        reason = "A header's value cannot hold control characters."
        yield invalid((*path, "headerValue"), option.header_value, reason)


def check_custom_headers(path: FieldPath, headers: Sequence[str]) -> Iterator[Problem]:
    """Problems of a backend service's headers, each ``name:value``."""
    seen: set[str] = set()
    size = 0
    for index, header in enumerate(headers):
        name, colon, value = header.partition(":")
        size += len(name.strip()) + len(value.strip())
        where: FieldPath = (*path, index)
        reason = _bad_name(name.strip(), added=True) if colon else "Must be NAME:VALUE."
        if reason is None and name.strip().lower() in seen:
            reason = "The header is there already."
        if reason is None and _BAD_VALUE.search(value):
            reason = "A header's value cannot hold control characters."
        if reason is None and index >= MOST_HEADERS:
            reason = f"At most {MOST_HEADERS} headers can be added."
        if reason is None and size > MOST_BYTES:
            reason = "The headers take more than 8 KiB together."
        seen.add(name.strip().lower())
        if reason:
            yield invalid(where, header, reason)
