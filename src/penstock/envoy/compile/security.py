"""Security policies → Envoy's matching API, which makes a filter of each rule.

Every connection manager has the filter, disabled; routes (or shares of a weighted
route) to a backend service with a policy switch it on.  It runs before all others, so
that a preflight request or a made-up fault is no way around it.  What counts is the
address that the connection comes from, whatever headers say.

A rule's filter is made once for each route: a rule that limits counts by proxy and
route, and begins anew when its routes change.

https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/matching/matching_api
"""

from __future__ import annotations

import functools
import ipaddress
from typing import Any, Final

from envoy.config.core.v3 import address_pb2, base_pb2, extension_pb2
from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.common.matching.v3 import extension_matcher_pb2
from envoy.extensions.common.ratelimit.v3 import ratelimit_pb2
from envoy.extensions.filters.common.matcher.action.v3 import skip_action_pb2
from envoy.extensions.filters.http.composite.v3 import composite_pb2
from envoy.extensions.filters.http.fault.v3 import fault_pb2
from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.extensions.matching.input_matchers.ip.v3 import ip_pb2
from envoy.type.matcher.v3 import http_inputs_pb2
from envoy.type.v3 import http_status_pb2, percent_pb2, token_bucket_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value
from xds.core.v3 import extension_pb2 as xds_extension_pb2
from xds.type.matcher.v3 import matcher_pb2

from penstock.envoy.compile.messages import pack
from penstock.envoy.compile.serving import Serving
from penstock.model import (
    EVERYBODY,
    LimitKey,
    RequestLimit,
    SecurityPolicy,
    SecurityRule,
    WeightedBackend,
)

SECURITY: Final = "envoy.filters.http.match_delegate"
MOST_CLIENTS: Final = 10_000
"""Addresses that a rule counts; of more, those that asked longest ago begin anew."""
_CLIENT: Final = "x-envoy-external-address"
"""Envoy itself writes the connection's address there, over whatever a client sends; of a
route's configuration it takes no other input that has the address."""
_COMPOSITE: Final = "envoy.filters.http.composite"
_STATS: Final = "security_policy"
_FORBIDDEN: Final = 403
_ALL: Final = percent_pb2.FractionalPercent(numerator=100)


def security_filter() -> Any:
    """The filter as all connection managers have it."""
    composite = extension_pb2.TypedExtensionConfig(
        name=_COMPOSITE, typed_config=pack(composite_pb2.Composite())
    )
    config = extension_matcher_pb2.ExtensionWithMatcher(
        extension_config=composite, xds_matcher=matcher_pb2.Matcher()
    )
    return hcm_pb2.HttpFilter(name=SECURITY, typed_config=pack(config), disabled=True)


def fill_security(target: Any, backend: WeightedBackend) -> None:
    """Switch the filter on, in a route or in a share of one, if the backend service asks for it."""
    if isinstance(backend, Serving) and backend.security is not None:
        target.typed_per_filter_config[SECURITY].CopyFrom(_by_policy(backend.security))


@functools.lru_cache(maxsize=1024)
def _by_policy(policy: SecurityPolicy) -> Any:
    kinds = matcher_pb2.Matcher
    matcher = kinds()
    for rule in policy.rules:
        then = kinds.OnMatch(action=_action(policy, rule))
        if set(rule.ranges) >= set(EVERYBODY):
            matcher.on_no_match.CopyFrom(then)
            break
        matcher.matcher_list.matchers.append(
            kinds.MatcherList.FieldMatcher(predicate=_predicate(rule.ranges), on_match=then)
        )
    return pack(extension_matcher_pb2.ExtensionWithMatcherPerRoute(xds_matcher=matcher))


def _predicate(ranges: tuple[str, ...]) -> Any:
    kinds = matcher_pb2.Matcher.MatcherList.Predicate
    address = http_inputs_pb2.HttpRequestHeaderMatchInput(header_name=_CLIENT)
    among = ip_pb2.Ip(cidr_ranges=map(_range, ranges), stat_prefix=_STATS)
    return kinds(
        single_predicate=kinds.SinglePredicate(
            input=_extension("address", address), custom_match=_extension("ranges", among)
        )
    )


def _range(text: str) -> Any:
    network = ipaddress.ip_network(text)
    return address_pb2.CidrRange(
        address_prefix=str(network.network_address),
        prefix_len=UInt32Value(value=network.prefixlen),
    )


def _action(policy: SecurityPolicy, rule: SecurityRule) -> Any:
    if rule.limit is not None:
        return _run("envoy.filters.http.local_ratelimit", _limiting(rule.limit))
    if rule.deny is None:
        return _extension("allow", skip_action_pb2.SkipFilter())
    if rule.deny == _FORBIDDEN:
        return _run("envoy.filters.http.rbac", _forbidding(f"{policy.name}:{rule.priority}"))
    return _run("envoy.filters.http.fault", _answering(rule.deny))


def _run(name: str, config: Message) -> Any:
    """Let a request pass through a filter."""
    made = extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(config))
    return _extension("run", composite_pb2.ExecuteFilterAction(typed_config=made))


def _forbidding(name: str) -> Any:
    """The access log has the name among its details."""
    everybody = rbac_pb2.Policy(
        permissions=[rbac_pb2.Permission(any=True)], principals=[rbac_pb2.Principal(any=True)]
    )
    rules = rbac_pb2.RBAC(action=rbac_pb2.RBAC.Action.DENY, policies={name: everybody})
    return rbac_filter_pb2.RBAC(rules=rules)


def _answering(status: int) -> Any:
    """Access control answers 403 only; this answers anything."""
    abort = fault_pb2.FaultAbort(http_status=status, percentage=_ALL)
    return fault_pb2.HTTPFault(abort=abort)


def _limiting(limit: RequestLimit) -> Any:
    bucket = token_bucket_pb2.TokenBucket(
        max_tokens=limit.count,
        tokens_per_fill=UInt32Value(value=limit.count),
        fill_interval=Duration(seconds=limit.interval),
    )
    always = base_pb2.RuntimeFractionalPercent(default_value=_ALL)
    made = local_rate_limit_pb2.LocalRateLimit(
        stat_prefix=_STATS,
        status=http_status_pb2.HttpStatus(code=limit.status),
        token_bucket=bucket,
        filter_enabled=always,
        filter_enforced=always,
    )
    if limit.key is LimitKey.IP:
        _by_client(made, bucket)
    return made


def _by_client(made: Any, bucket: Any) -> None:
    actions = route_components_pb2.RateLimit.Action
    action = actions(remote_address=actions.RemoteAddress())
    made.rate_limits.add(actions=[action])
    # An entry without value has a bucket of its own for each value.
    entry = ratelimit_pb2.RateLimitDescriptor.Entry(key="remote_address")
    made.descriptors.add(entries=[entry], token_bucket=bucket)
    made.always_consume_default_token_bucket.CopyFrom(BoolValue(value=False))
    made.max_dynamic_descriptors.CopyFrom(UInt32Value(value=MOST_CLIENTS))


def _extension(name: str, config: Message) -> Any:
    return xds_extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(config))
