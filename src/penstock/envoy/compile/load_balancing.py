"""Locality policy and session affinity → the load-balancing part of a Cluster.

All that a cluster says about the choice of an endpoint is here: the policy with its
parameters, what is hashed, whether localities have weights, and which endpoints a
cookie may still name.  Hash keys are the cluster's and not the routes', so backend
services that share a route, or routes that share a backend service, stay apart.

https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import health_check_pb2
from envoy.config.route.v3 import route_components_pb2 as route_pb
from envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3 import (
    client_side_weighted_round_robin_pb2 as reported_pb2,
)
from envoy.extensions.load_balancing_policies.common.v3 import common_pb2
from envoy.extensions.load_balancing_policies.least_request.v3 import least_request_pb2
from envoy.extensions.load_balancing_policies.maglev.v3 import maglev_pb2
from envoy.extensions.load_balancing_policies.random.v3 import random_pb2
from envoy.extensions.load_balancing_policies.ring_hash.v3 import ring_hash_pb2
from envoy.extensions.load_balancing_policies.wrr_locality.v3 import wrr_locality_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import UInt64Value

from penstock.envoy.compile.messages import pack, seconds
from penstock.model import Affinity, LocalityPolicy, LocalityPolicyKind
from penstock.model.affinity import (
    ClientIpAffinity,
    CookieAffinity,
    HeaderAffinity,
    StrongCookieAffinity,
)

_PREFIX: Final = "envoy.load_balancing_policies."
_REPORTED: Final = f"{_PREFIX}client_side_weighted_round_robin"
_ORCA: Final = "orca."
_REPORTS_BEFORE_USE: Final = 1.0
"""Seconds an endpoint has to report for before its reports count."""
_TAKES_TURNS: Final = LocalityPolicy(LocalityPolicyKind.ROUND_ROBIN)
_NAMED_BY_COOKIES: Final = (
    health_check_pb2.HealthStatus.UNKNOWN,
    health_check_pb2.HealthStatus.HEALTHY,
    health_check_pb2.HealthStatus.DEGRADED,
    health_check_pb2.HealthStatus.DRAINING,
)
"""Where sessions go on: with endpoints that only new sessions are kept away from, too."""


@functools.cache
def balancing(policy: LocalityPolicy | None, affinity: Affinity | None, weighted: bool) -> Any:
    """A Cluster with nothing but its load balancing, to be merged into another.

    `weighted`: the localities of the cluster's endpoints have weights that count.
    """
    policy = policy or _TAKES_TURNS
    cluster = cluster_pb2.Cluster(common_lb_config=_common(affinity))
    if policy.kind is LocalityPolicyKind.ROUND_ROBIN:
        cluster.lb_policy = cluster_pb2.Cluster.LbPolicy.ROUND_ROBIN
        if weighted:
            cluster.common_lb_config.locality_weighted_lb_config.SetInParent()
        return cluster
    name, config = _MAKERS[policy.kind](policy, affinity, weighted)
    extension = cluster.load_balancing_policy.policies.add().typed_extension_config
    extension.name = name
    extension.typed_config.CopyFrom(pack(config))
    return cluster


def _common(affinity: Affinity | None) -> Any:
    """No panic routing to unhealthy endpoints (fail closed), and no delay of updates."""
    common = cluster_pb2.Cluster.CommonLbConfig(
        healthy_panic_threshold=percent_pb2.Percent(value=0.0),
        update_merge_window=Duration(),
    )
    if isinstance(affinity, StrongCookieAffinity):
        common.override_host_status.statuses.extend(_NAMED_BY_COOKIES)
    return common


_Made = tuple[str, Message]


def _least_request(policy: LocalityPolicy, affinity: Affinity | None, weighted: bool) -> _Made:
    """The less busy of two."""
    made = least_request_pb2.LeastRequest(locality_lb_config=_localities(weighted))
    return f"{_PREFIX}least_request", made


def _random(policy: LocalityPolicy, affinity: Affinity | None, weighted: bool) -> _Made:
    return f"{_PREFIX}random", random_pb2.Random(locality_lb_config=_localities(weighted))


def _ring_hash(policy: LocalityPolicy, affinity: Affinity | None, weighted: bool) -> _Made:
    made = ring_hash_pb2.RingHash(consistent_hashing_lb_config=_hashing(affinity))
    if policy.minimum_ring_size is not None:
        made.minimum_ring_size.CopyFrom(UInt64Value(value=policy.minimum_ring_size))
    if weighted:
        made.locality_weighted_lb_config.SetInParent()
    return f"{_PREFIX}ring_hash", made


def _maglev(policy: LocalityPolicy, affinity: Affinity | None, weighted: bool) -> _Made:
    made = maglev_pb2.Maglev(consistent_hashing_lb_config=_hashing(affinity))
    if weighted:
        made.locality_weighted_lb_config.SetInParent()
    return f"{_PREFIX}maglev", made


def _by_reports(policy: LocalityPolicy, affinity: Affinity | None, weighted: bool) -> _Made:
    """Weights from the header ``endpoint-load-metrics`` of answers (ORCA)."""
    made = reported_pb2.ClientSideWeightedRoundRobin(
        blackout_period=seconds(_REPORTS_BEFORE_USE),
        metric_names_for_computing_utilization=map(_reported_as, policy.metrics),
    )
    if not weighted:
        return _REPORTED, made
    by_locality = wrr_locality_pb2.WrrLocality()
    inner = by_locality.endpoint_picking_policy.policies.add().typed_extension_config
    inner.name = _REPORTED
    inner.typed_config.CopyFrom(pack(made))
    return f"{_PREFIX}wrr_locality", by_locality


def _reported_as(metric: str) -> str:
    """Where an ORCA report has it: `orca.` are the report's own fields, others are named."""
    own = metric.removeprefix(_ORCA)
    return own if own != metric else f"named_metrics.{metric}"


_MAKERS: Final[
    Mapping[LocalityPolicyKind, Callable[[LocalityPolicy, Affinity | None, bool], _Made]]
] = {
    LocalityPolicyKind.LEAST_REQUEST: _least_request,
    LocalityPolicyKind.RANDOM: _random,
    LocalityPolicyKind.RING_HASH: _ring_hash,
    LocalityPolicyKind.MAGLEV: _maglev,
    LocalityPolicyKind.WEIGHTED_ROUND_ROBIN: _by_reports,
}


def _localities(weighted: bool) -> Any:
    config = common_pb2.LocalityLbConfig()
    if weighted:
        config.locality_weighted_lb_config.SetInParent()
    return config if weighted else None


def _hashing(affinity: Affinity | None) -> Any:
    """What is hashed; with nothing to hash, a request goes anywhere."""
    policies = () if affinity is None else _hash_policies(affinity)
    return common_pb2.ConsistentHashingLbConfig(hash_policy=policies)


def _hash_policies(affinity: Affinity) -> tuple[Any, ...]:
    policy = route_pb.RouteAction.HashPolicy()
    match affinity:
        case ClientIpAffinity():
            policy.connection_properties.source_ip = True
        case HeaderAffinity(header=header):
            policy.header.header_name = header
        case CookieAffinity(cookie=cookie, path=path, ttl=ttl):
            refuse_bad_cookie(cookie, path)
            # A lifetime, even of 0 (the browser's session), has the cookie made.
            policy.cookie.name, policy.cookie.path = cookie, path
            policy.cookie.ttl.CopyFrom(seconds(ttl))
        case StrongCookieAffinity():
            return ()  # The cookie names the endpoint; a new session has no key.
    return (policy,)


def refuse_bad_cookie(name: str, path: str) -> None:
    """Raise for what would break out of a `Set-Cookie` header (RFC 6265, 4.1.1).

    Raises:
        ValueError: name or path are not what a cookie can have.
    """
    sound = all(c.isascii() and c.isprintable() for c in name + path)
    if not sound or not name or set(' ;,="') & set(name) or ";" in path:
        raise ValueError(f"{name!r} with the path {path!r} is not a cookie")
