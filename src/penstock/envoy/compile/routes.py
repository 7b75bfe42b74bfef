"""Route rule → Routes, as the bytes of a virtual host's field.

A rule is one route, or several where Envoy's route cannot say all at once; they
have the rule's name all.  A route that Envoy would refuse must not take its virtual
host (or the whole route configuration) with it: if only the action is at fault the
route answers 500, if the match is, the route is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as pb
from msgspec.structs import replace

from penstock.envoy.compile.client_certificates import state_variants, tells_state
from penstock.envoy.compile.forwards import (
    fill_forward,
    forward_problems,
    has_max_duration,
    websocket_variant,
)
from penstock.envoy.compile.header_edits import NO_EDITS, Edits, compile_edits
from penstock.envoy.compile.header_matches import alternatives
from penstock.envoy.compile.matches import fill_path, fill_query, match_problems
from penstock.envoy.compile.messages import frame, serialize
from penstock.envoy.compile.piece import refused
from penstock.envoy.compile.redirects import fill_redirect, other_port_variant, redirect_problem
from penstock.envoy.preflight import problems
from penstock.model import (
    Action,
    Finding,
    FixedResponse,
    Forward,
    PathMatch,
    Redirect,
    RouteRule,
)

MAX_BODY: Final = 64 * 1024
"""Bytes of a fixed response."""
_ROUTES_FIELD: Final = pb.VirtualHost.DESCRIPTOR.fields_by_name["routes"].number
_BROKEN: Final = FixedResponse(500)


@dataclass(frozen=True, slots=True)
class Fragment:
    """Serialised routes, framed as fields of a virtual host."""

    body: bytes
    findings: tuple[Finding, ...] = ()


def compile_route(
    rule: RouteRule, guards: Sequence[Any] = (), host_edits: Edits = NO_EDITS
) -> Fragment:
    """The routes of a rule.

    ``guards`` are matchers of the host that its virtual host's domain cannot say;
    ``host_edits`` come after the rule's own.
    """
    edits = compile_edits(rule.headers, rule.origin)
    findings = list(edits.findings)
    routes: tuple[Any, ...] = ()
    refusals = match_problems(rule.match) or _action_problems(rule.action, rule.match.path)
    if not refusals:
        routes, refusals = _checked(rule, guards, edits.then(host_edits), findings)
    if not refusals:
        framed = [frame(_ROUTES_FIELD, serialize(route)) for route in routes]
        return Fragment(b"".join(framed), tuple(findings))
    if rule.action != _BROKEN:
        instead = compile_route(replace(rule, action=_BROKEN), guards, host_edits)
        if instead.body:
            finding = refused(rule.origin, refusals, "it answers 500")
            return Fragment(instead.body, (finding, *instead.findings))
    return Fragment(b"", (refused(rule.origin, refusals, "this rule is left out"),))


def _checked(
    rule: RouteRule, guards: Sequence[Any], edits: Edits, findings: list[Finding]
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The routes, and why they cannot be sent; variants differ in nothing that could be wrong."""
    try:
        base = _build(rule, guards, edits, findings)
        routes = tuple(_variants(rule, base)) if _varies(rule) else (base,)
    except (ValueError, OverflowError) as error:
        return (), (str(error),)
    if edits.tells_state or _shares_tell_state(rule.action):
        routes = tuple(itertools.chain.from_iterable(map(state_variants, routes)))
    suspects = routes if rule.match.headers else routes[:1]
    return routes, tuple(dict.fromkeys(p for route in suspects for p in problems(route)))


def _varies(rule: RouteRule) -> bool:
    action = rule.action
    return bool(
        rule.match.headers
        or has_max_duration(action)
        or (isinstance(action, Redirect) and action.https)
    )


def _variants(rule: RouteRule, base: Any) -> Iterator[Any]:
    """The route with the rule's matches of headers, and those beside it, in Envoy's order."""
    for matchers in alternatives(rule.match.headers):
        route = base
        if matchers:
            route = pb.Route()
            route.CopyFrom(base)
            route.match.headers.extend(matchers)
        if has_max_duration(rule.action):
            yield websocket_variant(route)
        if isinstance(rule.action, Redirect) and rule.action.https and not rule.action.host:
            yield other_port_variant(route)
        yield route


def _shares_tell_state(action: Action) -> bool:
    return isinstance(action, Forward) and any(tells_state(b.headers) for b in action.backends)


def _build(rule: RouteRule, guards: Sequence[Any], edits: Edits, findings: list[Finding]) -> Any:
    """The route without the rule's matches of headers."""
    route = pb.Route(name=rule.name)
    path, action = rule.match.path, rule.action
    fill_path(route.match, path)
    route.match.headers.extend(guards)
    if rule.match.query:
        fill_query(route.match, rule.match.query)
    if isinstance(action, Forward):
        findings += fill_forward(route, action, path, rule.origin)
    elif isinstance(action, FixedResponse):
        route.direct_response.status = action.status
        if action.body:
            route.direct_response.body.CopyFrom(base_pb2.DataSource(inline_string=action.body))
    else:
        fill_redirect(route.redirect, action, path)
    if edits is not NO_EDITS:
        edits.fill(route)
    return route


def _action_problems(action: Action, path: PathMatch) -> tuple[str, ...]:
    """What the messages' own rules do not say."""
    if isinstance(action, FixedResponse):
        size = len(action.body.encode(errors="replace"))
        return (f"a fixed response of {size} bytes, more than {MAX_BODY}",) * (size > MAX_BODY)
    if isinstance(action, Redirect):
        problem = redirect_problem(action)
        return (problem,) if problem else ()
    return tuple(problem for problem in forward_problems(action, path) if problem)
