"""Forward → RouteAction, with what stands beside it in the route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.type.matcher.v3 import string_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.filters import (
    fill_filters,
    filter_problems,
    percent,
    percent_problem,
)
from penstock.envoy.compile.header_edits import compile_edits
from penstock.envoy.compile.logged_headers import fill_logged_headers
from penstock.envoy.compile.messages import STREAM_IDLE_TIMEOUT, seconds
from penstock.envoy.compile.retry import retry_policy
from penstock.envoy.compile.rewrites import fill_rewrite, host_problem, rewrite_problem
from penstock.envoy.compile.security import fill_security
from penstock.envoy.compile.sessions import fill_session
from penstock.model import Finding, Forward, Origin, PathMatch, WeightedBackend

_MAX_WEIGHT: Final = (1 << 32) - 1
"""Envoy adds weights up in 32 bits."""


def fill_forward(route: Any, action: Forward, path: PathMatch, origin: Origin) -> list[Finding]:
    """Put the action into a route; what was left out of its headers is returned."""
    target = route.route
    findings = _backends(route, [b for b in action.backends if b.weight], origin)
    _times(target, action)
    if action.retry is not None and action.retry.value is not None:
        target.retry_policy.CopyFrom(retry_policy(action.retry.value, has_priorities=True))
    if action.rewrite is not None:
        fill_rewrite(target, action.rewrite.value, path)
    if action.host_rewrite is not None:
        target.host_rewrite_literal = action.host_rewrite.value
    if action.mirror is not None:
        copies = target.request_mirror_policies.add(cluster=action.mirror.value.backend_service)
        copies.runtime_fraction.default_value.CopyFrom(percent(action.mirror.value.percent))
    fill_filters(route, action)
    return findings


def has_max_duration(action: object) -> bool:
    """Whether requests are cut off by the action at some time."""
    return (
        isinstance(action, Forward)
        and action.max_duration is not None
        and action.max_duration.value > 0
    )


def websocket_variant(route: Any) -> Any:
    """The route for upgrades to WebSocket, which may last: only the idle timeout ends them."""
    variant = pb.Route()
    variant.CopyFrom(route)
    variant.route.ClearField("max_stream_duration")
    for name, text in (("upgrade", "websocket"), ("connection", "upgrade")):
        matcher = string_pb2.StringMatcher(contains=text, ignore_case=True)
        variant.match.headers.add(name=name, string_match=matcher)
    return variant


def forward_problems(action: Forward, path: PathMatch) -> Iterator[str | None]:
    """What the messages' own rules do not say; None where nothing is wrong."""
    weights = sum(backend.weight for backend in action.backends)
    if not weights:
        yield "no backend has a weight"
    if weights > _MAX_WEIGHT:
        yield f"weights of {weights} together, more than {_MAX_WEIGHT}"
    if action.rewrite is not None:
        yield rewrite_problem(action.rewrite.value, path)
    if action.host_rewrite is not None:
        yield host_problem(action.host_rewrite.value)
    if action.mirror is not None:
        yield percent_problem(action.mirror.value.percent)
    yield from filter_problems(action)


def _backends(route: Any, weighted: list[WeightedBackend], origin: Origin) -> list[Finding]:
    target = route.route
    if len(weighted) == 1 and not weighted[0].headers:
        target.cluster = weighted[0].backend_service
        _fill_serving(route, weighted[0])
        return []
    findings: list[Finding] = []
    for backend in weighted:
        share = target.weighted_clusters.clusters.add(name=backend.backend_service)
        share.weight.CopyFrom(UInt32Value(value=backend.weight))
        edits = compile_edits(backend.headers, origin)
        edits.fill(share)
        findings += edits.findings
        _fill_serving(share, backend)
    return findings


def _fill_serving(target: Any, backend: WeightedBackend) -> None:
    """What a route, or a share of one, does for its backend service."""
    fill_security(target, backend)
    fill_session(target, backend)
    fill_logged_headers(target, backend)


def _times(target: Any, action: Forward) -> None:
    target.timeout.CopyFrom(seconds(action.timeout.value))
    if action.idle_timeout.value != STREAM_IDLE_TIMEOUT:
        target.idle_timeout.CopyFrom(seconds(action.idle_timeout.value))
    if action.max_duration is not None and action.max_duration.value != 0:
        limit = target.max_stream_duration
        limit.max_stream_duration.CopyFrom(seconds(action.max_duration.value))
        # A client's `grpc-timeout` may only make it shorter.
        limit.grpc_timeout_header_max.CopyFrom(limit.max_stream_duration)
