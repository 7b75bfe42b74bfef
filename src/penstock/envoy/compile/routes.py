"""Route rule → Route, as the bytes of a virtual host's field.

A route that Envoy would refuse must not take its virtual host (or the whole
route configuration) with it: if only the action is at fault the route answers
500, if the match is, the route is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.type.matcher.v3 import regex_pb2, string_pb2
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from penstock.envoy.compile.messages import (
    STREAM_IDLE_TIMEOUT,
    checked,
    frame,
    seconds,
    serialize,
)
from penstock.envoy.compile.piece import refused
from penstock.envoy.compile.redirects import fill_redirect
from penstock.envoy.compile.retry import retry_policy
from penstock.envoy.compile.rewrites import fill_rewrite
from penstock.envoy.preflight import regex_problem
from penstock.model import (
    Action,
    Finding,
    FixedResponse,
    Forward,
    Origin,
    PathKind,
    PathMatch,
    PathRewrite,
    Redirect,
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
    name: str, path: PathMatch, action: Action, origin: Origin, labels: int | None = None
) -> Fragment:
    """One route; with ``labels`` only for hosts of exactly that many labels."""
    route, refusals = checked(lambda: _build(name, path, action, labels))
    refusals = _action_problems(action) or _path_problems(path) or refusals
    if route is not None and not refusals:
        return Fragment(frame(_ROUTES_FIELD, serialize(route)))
    if action != _BROKEN:
        instead = compile_route(name, path, _BROKEN, origin, labels)
        if not instead.findings:
            return Fragment(instead.body, (refused(origin, refusals, "it answers 500"),))
    return Fragment(b"", (refused(origin, refusals, "this rule is left out"),))


def _build(name: str, path: PathMatch, action: Action, labels: int | None) -> Any:
    route = pb.Route(name=name)
    _fill_match(route.match, path)
    if labels is not None:
        route.match.headers.append(_label_guard(labels))
    if isinstance(action, FixedResponse):
        route.direct_response.status = action.status
        if action.body:
            route.direct_response.body.CopyFrom(base_pb2.DataSource(inline_string=action.body))
    elif isinstance(action, Redirect):
        fill_redirect(route.redirect, action)
    else:
        _fill_action(route.route, action, path)
    return route


def _fill_match(match: Any, path: PathMatch) -> None:
    if path.kind is PathKind.REGEX:
        match.safe_regex.regex = f"(?i){path.value}" if path.ignore_case else path.value
        return
    if path.kind is PathKind.EXACT:
        match.path = path.value
    elif path.value == "/":
        match.prefix = "/"
    else:
        match.path_separated_prefix = path.value
    if path.ignore_case:
        match.case_sensitive.CopyFrom(BoolValue(value=False))


def _label_guard(labels: int) -> Any:
    """The host has so many labels; that its end fits, Envoy has seen by the domain.

    Envoy's ``*.example.com`` covers any number of labels.  No text of a user's is
    part of the expression, and its size does not depend on the host's length.
    """
    host = r"[^.]+" + r"\.[^.]+" * (labels - 1)
    return pb.HeaderMatcher(
        name=":authority",
        string_match=string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=host)),
    )


def _fill_action(target: Any, action: Forward, path: PathMatch) -> None:
    weighted = [backend for backend in action.backends if backend.weight]
    if len(weighted) == 1:
        target.cluster = weighted[0].backend_service
    else:
        for backend in weighted:
            share = target.weighted_clusters.clusters.add(name=backend.backend_service)
            share.weight.CopyFrom(UInt32Value(value=backend.weight))
    target.timeout.CopyFrom(seconds(action.timeout.value))
    if action.idle_timeout.value != STREAM_IDLE_TIMEOUT:
        target.idle_timeout.CopyFrom(seconds(action.idle_timeout.value))
    if action.retry is not None and action.retry.value is not None:
        target.retry_policy.CopyFrom(retry_policy(action.retry.value))
    if action.rewrite is not None:
        fill_rewrite(target, action.rewrite.value, path.kind is PathKind.TEMPLATE)


def _path_problems(path: PathMatch) -> tuple[str, ...]:
    problem = regex_problem(path.value) if path.kind is PathKind.REGEX else None
    return (problem,) if problem else ()


def _action_problems(action: Action) -> tuple[str, ...]:
    """What the messages' own rules do not say.

    A rewrite's pattern is checked as the user wrote it too, because what is put
    around it could make a broken one whole: ``a)(b``.
    """
    if isinstance(action, FixedResponse):
        size = len(action.body.encode(errors="replace"))
        return (f"a fixed response of {size} bytes, more than {MAX_BODY}",) * (size > MAX_BODY)
    if isinstance(action, Redirect):
        return ()
    if not any(backend.weight for backend in action.backends):
        return ("no backend has a weight",)
    rewrite = action.rewrite.value if action.rewrite else None
    problem = regex_problem(rewrite.pattern) if isinstance(rewrite, PathRewrite) else None
    return (problem,) if problem else ()
