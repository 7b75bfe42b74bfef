"""What the chosen route does with the request: forward it, or answer by itself."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from penstock.explain import backends, headers, policies, security
from penstock.explain.context import Context
from penstock.explain.redirects import location
from penstock.explain.result import (
    Action,
    Answer,
    Backend,
    Explanation,
    Fault,
    Rewrite,
    Unserved,
    seconds,
    source,
)
from penstock.explain.rewrites import rewritten
from penstock.explain.situation import Situation
from penstock.model import FixedResponse, Forward, Model, Redirect

DEFAULT: Final = "default"
"""Name that stands for the URL map's default action."""
_BROKEN: Final = FixedResponse(500)
"""What a route answers whose action the proxy would not take."""
_NOTHING: Final = 404
"""The status of dialects where nobody wants anything; a default that fails has another."""
_NO_DEFAULT: Final = "there is no default backend"
_OWN_DEFAULT: Final = "the default answers by itself"
_ALL: Final = 100.0
"""Percent."""


def act(begin: Explanation, situation: Situation, model: Model, context: Context) -> Explanation:
    """The explanation so far, with the action and its outcome."""
    action = situation.action
    if isinstance(action, Forward) and not any(b.weight for b in action.backends):
        action = _BROKEN
    if isinstance(action, FixedResponse):
        return _responded(begin, action, situation)
    if isinstance(action, Redirect):
        return _redirected(begin, action, situation)
    return _forwarded(begin, action, situation, model, context)


def _responded(begin: Explanation, action: FixedResponse, situation: Situation) -> Explanation:
    body = action.body or None
    shown = Action("respond", status=action.status, body=body, unserved=_unserved(action))
    answer = Answer("proxy", action.status, _why_fixed(begin, shown))
    added = headers.answered(situation)
    return replace(begin, answer=answer, action=shown, response_headers=added)


def _unserved(action: FixedResponse) -> Unserved | None:
    meant = action.unserved
    if meant is None:
        return None
    return Unserved(meant.backend or None, meant.reason, source(meant.origin))


def _redirected(begin: Explanation, action: Redirect, situation: Situation) -> Explanation:
    place = (situation.match, situation.routed, situation.scheme)
    where = location(action, *place, situation.https_port)
    why = _why_redirected(begin, situation)
    return replace(
        begin,
        answer=Answer("proxy", action.status, why, location=where),
        action=Action("redirect", status=action.status),
        response_headers=headers.answered(situation),
    )


def _why_redirected(begin: Explanation, situation: Situation) -> str:
    rule, front = begin.route_rule, begin.forwarding_rule
    if rule is None or rule.name != DEFAULT:
        return "the rule redirects"
    if situation.url_map.host_rules or front is None:
        return f"{rule.why}, and the default redirects"
    said = situation.origin.object
    by = f", because {said} says so" if said else ""
    return f"port {front.requested_port} redirects every request{by}"


def _forwarded(
    begin: Explanation, action: Forward, situation: Situation, model: Model, context: Context
) -> Explanation:
    routed = situation.routed
    path = routed.path
    if action.rewrite is not None:
        path = rewritten(action.rewrite.value, situation.match, path)
    request, region = situation.request, situation.region
    reached = backends.backends_of(action, request, model, context, region)
    shown = _action(action, situation, path, reached)
    before = f"{routed.path}{routed.query}" if action.rewrite else None
    answer = _answer(shown, f"{path}{routed.query}")
    if security.refused(reached) is not None:
        answered = headers.answered(situation)
        return replace(begin, action=shown, answer=answer, response_headers=answered)
    if answer.by == "proxy" and shown.cors is not None and shown.cors.kind == "preflight":
        return replace(
            begin,
            action=shown,
            answer=answer,
            response_headers=policies.cors_headers(shown.cors, situation.request),
        )
    return replace(
        begin,
        action=shown,
        answer=answer,
        request_headers=headers.forwarded(action, situation, before),
        response_headers=headers.returned(action, situation, shown.cors),
    )


def _action(action: Forward, situation: Situation, path: str, reached: list[Backend]) -> Action:
    authority = situation.routed.host.authority
    rewrite, host = action.rewrite, action.host_rewrite
    return Action(
        "forward",
        rewrite=Rewrite(situation.routed.path, path, source(rewrite.origin)) if rewrite else None,
        timeout=seconds(action.timeout),
        idle_timeout=seconds(action.idle_timeout),
        backends=reached,
        host_rewrite=Rewrite(authority, host.value, source(host.origin)) if host else None,
        max_duration=seconds(action.max_duration) if action.max_duration else None,
        mirror=policies.mirror_of(action.mirror, authority),
        cors=policies.cors_of(action.cors, situation),
        fault=policies.fault_of(action.fault),
    )


def _answer(action: Action, path: str) -> Answer:
    """Who answers, if the action is to forward."""
    refusal = security.refused(action.backends)
    if refusal is not None:
        return refusal
    if action.cors is not None and action.cors.kind == "preflight":
        return Answer("proxy", 200, action.cors.why)
    fault = action.fault
    if fault is not None and fault.abort_percent >= _ALL:
        return Answer("proxy", fault.abort_status, "fault injection aborts every request")
    let_in = [b for b in action.backends if not security.is_denied(b)]
    alive = [b for b in let_in if any(map(backends.is_usable, b.endpoints))]
    dead = [backend.name for backend in let_in if backend not in alive]
    why = f"{', '.join(dead)} has no usable endpoint" if dead else ""
    if not alive:
        return Answer("proxy", 503, why, path=path)
    names = [backend.name for backend in alive]
    reasons = [f"{why}: its share of requests gets 503"] if why else []
    reasons += security.reasons(action.backends)
    if fault is not None:
        reasons += _faults(fault)
    return Answer("backend", None, "; ".join(reasons), path=path, backends=names)


def _faults(fault: Fault) -> list[str]:
    found = []
    if fault.abort_percent:
        found.append(f"{fault.abort_percent:g} % get {fault.abort_status} by fault injection")
    if fault.delay_percent:
        found.append(f"{fault.delay_percent:g} % wait {fault.delay:g} s by fault injection")
    return found


def _why_fixed(begin: Explanation, action: Action) -> str:
    """Why no backend is asked; else the words of what is wrong with the rule, or that none is."""
    meant = action.unserved
    if meant is not None:
        return f"{meant.backend} is not asked: {meant.reason}" if meant.backend else meant.reason
    wrong = next((f for f in begin.findings if f["severity"] == "error"), None)
    if wrong is not None:
        return str(wrong["message"])
    if begin.route_rule is not None and begin.route_rule.name == DEFAULT:
        none = action.status == _NOTHING
        return f"{begin.route_rule.why}, and {_NO_DEFAULT if none else _OWN_DEFAULT}"
    return "the rule answers by itself"
