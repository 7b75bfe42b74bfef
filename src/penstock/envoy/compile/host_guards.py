"""Tests of the request's host that Envoy's domains do not make."""

from __future__ import annotations

import functools
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from penstock.envoy.compile.header_matches import AUTHORITY, ported
from penstock.envoy.compile.rewrites import HOST
from penstock.model import HostKind, HostPattern

BAD_HOST_ROUTE: Final = "bad-host"
"""Name of the route for requests whose host is none."""


@functools.cache
def bad_host() -> pb.Route:
    """Answers 400 where the host is none, before a rule takes it.

    Envoy joins several Host lines to one with commas; RFC 9112 (section 3.2) asks
    for 400 instead, because the endpoint might believe another one of them.  To find
    a virtual host it leaves out whatever comes after the last colon: without this
    ``shop.example:@evil.example`` would pass for ``shop.example``.
    """
    route = pb.Route(name=BAD_HOST_ROUTE)
    route.match.prefix = "/"
    route.match.headers.add(
        name=AUTHORITY,
        string_match=string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=HOST)),
        invert_match=True,
    )
    route.direct_response.status = 400
    return route


def is_not_host(host: str) -> pb.HeaderMatcher:
    """The request names something else than just this host."""
    exact = string_pb2.StringMatcher(exact=host)
    return pb.HeaderMatcher(name=AUTHORITY, string_match=exact, invert_match=True)


def guards_of(host: HostPattern) -> tuple[Any, ...]:
    """Tests of the request's host that Envoy's domain does not make."""
    labels = labels_of(host)
    guards = () if labels is None else (label_guard(labels),)
    return (*guards, ported(host.port)) if host.port else guards


def labels_of(host: HostPattern) -> int | None:
    """How many labels a host must have, where Envoy's domain does not say it."""
    if host.kind is not HostKind.ONE_LABEL_WILDCARD:
        return None
    return host.value.count(".") + 2


def label_guard(labels: int) -> Any:
    """The host has so many labels; that its end fits, Envoy has seen by the domain.

    Envoy's ``*.example.com`` covers any number of labels.  No text of a user's is
    part of the expression, and its size does not depend on the host's length.
    """
    host = r"[^.]+" + r"\.[^.]+" * (labels - 1)
    return pb.HeaderMatcher(
        name=AUTHORITY,
        string_match=string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=host)),
    )
