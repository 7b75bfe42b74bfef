"""What the chosen route does with the request: forward it, or answer by itself."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from penstock.explain import backends, headers
from penstock.explain.context import Context
from penstock.explain.redirects import location
from penstock.explain.request import Request
from penstock.explain.result import (
    Action,
    Answer,
    Explanation,
    Rewrite,
    seconds,
    source,
)
from penstock.explain.rewrites import rewritten
from penstock.explain.wire import Routed
from penstock.model import Action as ModelAction
from penstock.model import FixedResponse, Forward, Model, PathMatch, Redirect, RouteRule

DEFAULT: Final = "default"
"""Name that stands for the URL map's default action."""
_BROKEN: Final = FixedResponse(500)
"""What a route answers whose action the proxy would not take."""


def act(
    begin: Explanation,
    action: ModelAction,
    routed: Routed,
    request: Request,
    model: Model,
    context: Context,
    rule: RouteRule | None = None,
) -> Explanation:
    """The explanation so far, with the action and its outcome."""
    match = rule.match.path if rule else None
    if isinstance(action, Forward) and not any(b.weight for b in action.backends):
        action = _BROKEN
    if isinstance(action, FixedResponse):
        shown = Action("respond", status=action.status, body=action.body or None)
        answer = Answer("proxy", action.status, _why_fixed(begin))
        return replace(begin, answer=answer, action=shown)
    if isinstance(action, Redirect):
        return _redirected(begin, action, match, routed, request)
    path = rewritten(action.rewrite.value, match, routed.path) if action.rewrite else routed.path
    before = f"{routed.path}{routed.query}" if action.rewrite else None
    forward = _forward(action, model, context, routed.path, path)
    return replace(
        begin,
        action=forward,
        answer=_forwarded(forward, f"{path}{routed.query}"),
        request_headers=headers.request_changes(request, action, before),
        response_headers=headers.response_changes(),
    )


def _redirected(
    begin: Explanation,
    action: Redirect,
    match: PathMatch | None,
    routed: Routed,
    request: Request,
) -> Explanation:
    where = location(action, match, routed, "https" if request.tls else "http")
    answer = Answer("proxy", action.status, "the rule redirects", location=where)
    return replace(begin, answer=answer, action=Action("redirect", status=action.status))


def _forward(action: Forward, model: Model, context: Context, before: str, after: str) -> Action:
    rewrite = action.rewrite
    return Action(
        "forward",
        rewrite=Rewrite(before, after, source(rewrite.origin)) if rewrite else None,
        timeout=seconds(action.timeout),
        idle_timeout=seconds(action.idle_timeout),
        backends=backends.backends_of(action, model, context),
    )


def _forwarded(action: Action, path: str) -> Answer:
    """Who answers, if the action is to forward."""
    alive = [b for b in action.backends if any(map(backends.is_usable, b.endpoints))]
    dead = [backend.name for backend in action.backends if backend not in alive]
    why = f"{', '.join(dead)} has no usable endpoint" if dead else ""
    if not alive:
        return Answer("proxy", 503, why, path=path)
    names = [backend.name for backend in alive]
    why = why and f"{why}: its share of requests gets 503"
    return Answer("backend", None, why, path=path, backends=names)


def _why_fixed(begin: Explanation) -> str:
    """The words of what is wrong with the rule, or that there is none."""
    wrong = next((f for f in begin.findings if f["severity"] == "error"), None)
    if wrong is not None:
        return str(wrong["message"])
    if begin.route_rule is not None and begin.route_rule.name == DEFAULT:
        return f"{begin.route_rule.why}, and there is no default backend"
    return "the rule answers by itself"
