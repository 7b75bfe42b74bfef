"""Preflight finds what a real Envoy would refuse, and nothing else."""

import pytest
from compile_proxy import MESSAGES
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import address_pb2, base_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2
from envoy.config.listener.v3 import listener_components_pb2
from envoy.config.route.v3 import route_components_pb2 as route_pb2
from envoy.config.route.v3 import route_pb2 as routes_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from envoy.type.matcher.v3 import regex_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value
from validate import validate_pb2

from penstock.envoy import bootstrap
from penstock.envoy.preflight import (
    MAX_PROGRAM_SIZE,
    problems,
    regex_problem,
    substitution_problem,
)
from penstock.envoy.preflight.scalars import HANDLED


def packed(message):
    made = Any()
    made.Pack(message)
    return made


def a_route(**changes):
    match = changes.pop("match", route_pb2.RouteMatch(prefix="/"))
    changes = changes or {"route": route_pb2.RouteAction(cluster="a")}
    return route_pb2.Route(match=match, **changes)


def regex_match(regex):
    return route_pb2.RouteMatch(safe_regex=regex_pb2.RegexMatcher(regex=regex))


REFUSED = {
    "no name": (cluster_pb2.Cluster(), "name: must have at least 1 characters"),
    "duration not positive": (
        cluster_pb2.Cluster(name="a", connect_timeout=Duration()),
        "connect_timeout: must be greater than 0",
    ),
    "enum value unknown": (
        cluster_pb2.Cluster(name="a", lb_policy=77),
        "lb_policy: must be a value that is defined",
    ),
    "choice missing": (
        route_pb2.Route(match=route_pb2.RouteMatch(prefix="/")),
        "action: one of it is required",
    ),
    "message missing": (
        route_pb2.Route(route=route_pb2.RouteAction(cluster="a")),
        "match: is required",
    ),
    "number out of range": (
        a_route(direct_response=route_pb2.DirectResponseAction(status=600)),
        "direct_response.status: must be less than 600",
    ),
    "number missing": (
        a_route(direct_response=route_pb2.DirectResponseAction()),
        "direct_response.status: must be at least 200",
    ),
    "wrapped number": (
        hcm_pb2.HttpConnectionManager(
            stat_prefix="a",
            rds=hcm_pb2.Rds(config_source={"ads": {}}),
            max_request_headers_kb=UInt32Value(value=9000),
        ),
        "max_request_headers_kb: must be at most 8192",
    ),
    "port": (
        address_pb2.SocketAddress(address="127.0.0.1", port_value=70_000),
        "port_value: must be at most 65535",
    ),
    "no items": (
        route_pb2.VirtualHost(name="a"),
        "domains: must not be empty",
    ),
    "item with a line break": (
        route_pb2.VirtualHost(name="a", domains=["ok", "b\nc"]),
        "domains[1]: must not contain line breaks",
    ),
    "pattern": (
        a_route(match=route_pb2.RouteMatch(path_separated_prefix="/a/")),
        "match.path_separated_prefix: must match ^[^?#]+[^?#/]$",
    ),
    "deep inside": (
        routes_pb2.RouteConfiguration(
            virtual_hosts=[route_pb2.VirtualHost(name="a", domains=["*"], routes=[a_route()])] * 2
            + [
                route_pb2.VirtualHost(
                    name="b",
                    domains=["b"],
                    routes=[a_route(), a_route(match=regex_match(""))],
                )
            ]
        ),
        "virtual_hosts[2].routes[1].match.safe_regex.regex: must have at least 1 characters",
    ),
    "regular expression": (
        a_route(match=regex_match("/(")),
        "match.safe_regex: not a regular expression that RE2 takes: missing ): /(",
    ),
    "packed": (
        listener_components_pb2.Filter(
            name="http", typed_config=packed(hcm_pb2.HttpConnectionManager(stat_prefix="a"))
        ),
        "typed_config.route_specifier: one of it is required",
    ),
    "map value": (
        cluster_pb2.Cluster(
            name="a",
            typed_extension_protocol_options={
                "x": packed(http_protocol_options_pb2.HttpProtocolOptions())
            },
        ),
        "typed_extension_protocol_options['x'].upstream_protocol_options: one of it is required",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    message, expected = REFUSED[case]
    assert expected in problems(message)


def test_sound_messages_have_no_problems():
    assert problems(a_route()) == ()
    assert problems(route_pb2.VirtualHost(name="a", domains=["*"], routes=[a_route()])) == ()
    assert problems(base_pb2.DataSource(inline_bytes=b"x")) == ()
    assert problems(endpoint_components_pb2.LbEndpoint()) == ()
    assert problems(tls_pb2.DownstreamTlsContext()) == ()


def test_unknown_packed_types_pass():
    stranger = Any(type_url="type.googleapis.com/no.such.Message", value=b"x")
    assert problems(listener_components_pb2.Filter(name="x", typed_config=stranger)) == ()


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "a)(b",
        "(?=a)",
        r"\1",
        "a**",
        "(?P<x",
        "[z-a]",
        "a{2000}",
        "x" * 10_000,
        "(a{900}){9}",
        r"\x{100}",
    ],
)
def test_regex_refused(pattern):
    assert regex_problem(pattern)


def test_program_size_is_bounded_and_within_the_bootstrap():
    assert "too complex" in regex_problem(r"(abcdefgh){900}")
    assert regex_problem("(?i)" + "|".join(f"/some/path/{i}" for i in range(100))) is None
    assert bootstrap.RE2_MAX_PROGRAM_SIZE >= MAX_PROGRAM_SIZE


@pytest.mark.parametrize(
    ("substitution", "problem"),
    [
        (r"/\1\\x\2\0", None),
        ("/%REQ(x)%", None),
        (r"/\3", "the substitution names group 3, the pattern has 2"),
        ("/x\\", "a backslash in the substitution is followed by neither"),
        (r"/\d", "a backslash in the substitution is followed by neither"),
    ],
)
def test_substitution(substitution, problem):
    found = substitution_problem("/(a)(b)", substitution)
    assert found == problem if problem is None else found.startswith(problem)


def rules_of(descriptor, seen):
    """The names of all rules that a message type and those within it carry."""
    if descriptor.full_name in seen:
        return
    seen.add(descriptor.full_name)
    for field in descriptor.fields:
        yield from named(field.GetOptions().Extensions[validate_pb2.rules])
        if field.message_type:
            yield from rules_of(field.message_type, seen)


def named(rules, family=""):
    for field, value in rules.ListFields():
        nested = field.message_type is not None and not field.is_repeated
        if nested and field.message_type.full_name.startswith("validate."):
            inner = field.message_type.name
            if inner != "FieldRules" or field.name in ("items", "keys", "values"):
                yield from named(value, inner)
        elif family == "DurationRules" and nested:
            yield family, field.name
        else:
            yield family, field.name


STRUCTURAL = {
    "MessageRules": {"required", "skip"},
    "AnyRules": {"required"},
    "DurationRules": {"required", "gt", "gte", "lt", "lte", "const"},
    "RepeatedRules": {"min_items", "max_items", "unique", "ignore_empty"},
    "MapRules": {"min_pairs", "ignore_empty"},
    "EnumRules": {"defined_only", "const", "in", "not_in"},
}


def test_every_rule_the_descriptors_carry_is_applied():
    seen = set()
    roots = [message.DESCRIPTOR for message in MESSAGES.values()]
    roots += [
        hcm_pb2.HttpConnectionManager.DESCRIPTOR,
        tls_pb2.DownstreamTlsContext.DESCRIPTOR,
        tls_pb2.UpstreamTlsContext.DESCRIPTOR,
        http_protocol_options_pb2.HttpProtocolOptions.DESCRIPTOR,
    ]
    carried = {rule for root in roots for rule in rules_of(root, seen)}
    unknown = {(f, name) for f, name in carried if name not in STRUCTURAL.get(f, HANDLED)}
    assert len(carried) > 20
    assert unknown == set()
