"""Tests of the request's host that Envoy's domains do not make."""

from __future__ import annotations

import functools
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.extensions.filters.http.fault.v3 import fault_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from penstock.envoy.compile.header_matches import AUTHORITY, ported
from penstock.envoy.compile.messages import pack
from penstock.envoy.compile.rewrites import HOST
from penstock.model import HostKind, HostPattern

BAD_HOST_ROUTE: Final = "bad-host"
"""Name of the route for requests whose host is none, in rules for more than one host."""
HOST_FILTER: Final = "penstock.host"


@functools.cache
def bad_host() -> pb.Route:
    """Answers 400 where the host is none, before a rule takes it.

    For rules of more than one host.  Envoy joins several Host lines to one with commas;
    RFC 9112 (section 3.2) asks for 400 instead, because the endpoint might believe another
    one of them.
    """
    route = pb.Route(name=BAD_HOST_ROUTE)
    route.match.prefix = "/"
    route.match.headers.append(_is_no_host())
    route.direct_response.status = 400
    return route


def host_filter() -> hcm_pb2.HttpFilter:
    """Answers 400 where what has a colon is no host with a port.

    To find a virtual host Envoy leaves out whatever comes after the last colon: without this
    ``shop.example:@evil.example`` would pass for ``shop.example``.  It is one filter for all
    rules of one host, because a regular expression in each virtual host takes Envoy 5 KiB; most
    requests have no colon in their host, and are spared it.
    """
    fault = fault_pb2.HTTPFault(headers=_no_host_with_port())
    fault.abort.http_status = 400
    fault.abort.percentage.numerator = 100
    return hcm_pb2.HttpFilter(name=HOST_FILTER, typed_config=pack(fault))


def host_reply() -> hcm_pb2.ResponseMapper:
    """What such a request is told, in place of the filter's words about faults."""
    mapper = hcm_pb2.ResponseMapper()
    for matcher in _no_host_with_port():
        mapper.filter.and_filter.filters.add().header_filter.header.CopyFrom(matcher)
    mapper.body.inline_string = "the Host is neither a name nor an address\n"
    return mapper


def _no_host_with_port() -> tuple[pb.HeaderMatcher, pb.HeaderMatcher]:
    colon = string_pb2.StringMatcher(contains=":")
    return pb.HeaderMatcher(name=AUTHORITY, string_match=colon), _is_no_host()


def _is_no_host() -> pb.HeaderMatcher:
    regex = regex_pb2.RegexMatcher(regex=HOST)
    matcher = string_pb2.StringMatcher(safe_regex=regex)
    return pb.HeaderMatcher(name=AUTHORITY, string_match=matcher, invert_match=True)


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
