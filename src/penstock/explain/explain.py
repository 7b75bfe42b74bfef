"""The way of one request through a model, told step by step.

Pure: equal model, request and context give an equal explanation.  It does what
the proxy would do with the configuration that is compiled from the model; the
tests hold the two together.
"""

from __future__ import annotations

from msgspec.structs import replace

from penstock.explain import (
    certificates,
    clients,
    conditions,
    elsewhere,
    entrance,
    front,
    hosts,
    routes,
    wire,
)
from penstock.explain.action import DEFAULT, act
from penstock.explain.context import Context
from penstock.explain.left_out import with_left_out
from penstock.explain.normalise import Step
from penstock.explain.related import findings_about
from penstock.explain.request import Request
from penstock.explain.result import (
    Answer,
    Asked,
    Balancer,
    Change,
    Explanation,
    Front,
    Host,
    LostHost,
    Route,
    source,
)
from penstock.explain.situation import Situation
from penstock.model import Model, RouteRule, UrlMap


def explain(model: Model, request: Request, context: Context) -> Explanation:
    """Say what becomes of a request, and why.

    Raises:
        UrlError: the request asks for a load balancer that is not there.
    """
    scheme = "https" if request.tls else "http"
    begin = Explanation(
        Asked(request.method, scheme, request.host, request.target),
        _nobody(""),
        normalisation=[
            Change(what, before, after, "client") for what, before, after in request.changes
        ],
        notes=list(context.notes),
    )
    choice = front.choose(model, request, context)
    if isinstance(choice, front.NoEntry):
        return replace(begin, answer=_nobody(choice.reason))
    entry = choice.entry
    rule = entrance.rule_of(entry, request.client)
    begin = _entered(begin, choice, rule)
    problem = clients.refusal(rule.access, request.client) or front.mismatch(entry, request)
    if problem:
        return replace(begin, answer=_nobody(problem))
    if request.tls:
        tls = certificates.choose(entry.proxy, request.server_name, model, context)
        if tls is None:
            why = f"there is no certificate for {request.server_name or 'clients without SNI'}"
            return replace(begin, answer=_nobody(why))
        begin = replace(begin, tls=tls)
    told = _received(begin, entry, request, model, context)
    return _guessed(told) if choice.is_guess else told


def _guessed(told: Explanation) -> Explanation:
    """What one of several load balancers answers for a host that nobody leads to any of them."""
    if told.answer.by != "backend":
        return told
    words = f"no load balancer has rules for {told.request.host or 'no host'}, this is the first"
    why = "; ".join(filter(None, (told.answer.why, words)))
    return replace(told, answer=replace(told.answer, why=why))


def _nobody(why: str) -> Answer:
    return Answer("nobody", None, why)


def _entered(begin: Explanation, choice: front.Choice, rule: Front) -> Explanation:
    lb = choice.entry.lb
    origin = source(lb.origin)
    return replace(
        begin,
        load_balancer=Balancer(lb.name, lb.dialect, choice.why, list(choice.others), origin),
        forwarding_rule=rule,
        target_proxy=entrance.proxy_of(choice.entry),
    )


def _received(
    begin: Explanation, entry: front.Entry, request: Request, model: Model, context: Context
) -> Explanation:
    """From the first byte of the request on."""
    routed = wire.receive(request)
    if isinstance(routed, wire.Refusal):
        answer = Answer("proxy", routed.status, routed.reason, location=routed.location)
        return replace(_normalised(begin, routed.steps), answer=answer)
    begin = _normalised(begin, (*routed.host.steps, *routed.path_steps))
    return _routed(begin, entry, routed, request, model, context)


def _normalised(begin: Explanation, steps: tuple[Step, ...]) -> Explanation:
    changes = [Change(s.what, s.before, s.after, "proxy") for s in steps]
    return replace(begin, normalisation=[*begin.normalisation, *changes])


def _routed(
    begin: Explanation,
    entry: front.Entry,
    routed: wire.Routed,
    request: Request,
    model: Model,
    context: Context,
) -> Explanation:
    url_map = model.url_maps[entry.proxy.url_map]
    choice = hosts.choose(url_map, routed.host)
    begin = replace(begin, host_rule=_host(choice))
    rule = routes.choose(choice.rule, routed)
    refusal = _refusal(request, routed, choice, rule)
    if refusal is not None:
        return replace(begin, answer=refusal)
    misses = routes.misses(choice, rule, routed)
    moved = front.https_ports(model, context).get(url_map.name)
    found = (url_map, choice.rule, rule, entry.proxy, entry.listener)
    situation = Situation(request, routed, *found, region=entry.rule.region, https_port=moved)
    action, origin = situation.action, situation.origin
    begin = replace(
        begin,
        near_misses=[_route(miss.rule, miss.host, miss.why) for miss in misses],
        route_rule=_taken(rule, url_map, choice),
        findings=findings_about(context.findings, model, action, origin, begin.tls),
    )
    told = act(begin, situation, model, context)
    told = with_left_out(told, situation, entry.lb, model, context)
    return elsewhere.with_others(told, situation, model, context)


def _refusal(
    request: Request, routed: wire.Routed, choice: hosts.HostChoice, rule: RouteRule | None
) -> Answer | None:
    """What the proxy answers before the route's action has a say."""
    is_path = routed.path.startswith("/")
    if rule is None and not is_path:
        return Answer("proxy", 404, "the request has no path")
    if why := wire.refused_upgrade(request):
        return Answer("proxy", 403, why)
    if is_path and (why := hosts.bad_host(routed.host)):
        return Answer("proxy", 400, why)
    return None


def _host(choice: hosts.HostChoice) -> Host:
    lost = [LostHost(str(rule.host), why) for rule, why in choice.lost]
    if choice.rule is None:
        return Host(None, None, choice.why, lost)
    pattern = choice.rule.host
    return Host(str(pattern), pattern.kind.value, choice.why, lost)


def _taken(rule: RouteRule | None, url_map: UrlMap, choice: hosts.HostChoice) -> Route:
    if rule is not None:
        return _route(rule, str(choice.rule.host if choice.rule else "*"), "first that matches")
    why = "no path of the host matches" if choice.rule else choice.why
    return Route(DEFAULT, None, DEFAULT, "*", why, source(url_map.default_origin))


def _route(rule: RouteRule, host: str, why: str) -> Route:
    path = rule.match.path
    return Route(
        rule.name,
        host,
        path.kind.value,
        path.value,
        why,
        source(rule.origin),
        conditions.described(rule.match),
        path.ignore_case,
    )
