"""Other load balancers for the host that have a rule for a request that ends at a default."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from msgspec.structs import replace

from penstock.explain import front, hosts, routes
from penstock.explain.context import Context
from penstock.explain.request import Request
from penstock.explain.result import Explanation
from penstock.explain.situation import Situation
from penstock.explain.wire import Routed
from penstock.model import Model, RouteRule

_MANY: Final = 3


def with_others(
    told: Explanation, situation: Situation, model: Model, context: Context
) -> Explanation:
    """The explanation, with who would not have answered by a default, if anybody."""
    others = told.load_balancer.others if told.load_balancer else ()
    if situation.rule is not None or not others:
        return told
    found = _takers(others, situation.request, situation.routed, model, context)
    taking = {entry.lb.name: (entry, rule) for entry, rule in found}
    if not taking:
        return told
    notes = [_note(entry, rule) for entry, rule in list(taking.values())[:_MANY]]
    names = ", ".join(list(taking)[:_MANY])
    why = f"{told.answer.why}; " if told.answer.why else ""
    answer = replace(told.answer, why=f"{why}{names} would take it, see below")
    return replace(told, answer=answer, notes=[*told.notes, *notes])


def _takers(
    names: Collection[str], request: Request, routed: Routed, model: Model, context: Context
) -> Iterator[tuple[front.Entry, RouteRule]]:
    for entry in front.entries_at(model, context, request):
        if entry.lb.name in names:
            choice = hosts.choose(model.url_maps[entry.proxy.url_map], routed.host)
            rule = routes.choose(choice.rule, routed)
            if rule is not None:
                yield entry, rule


def _note(entry: front.Entry, rule: RouteRule) -> str:
    name, path, place = entry.lb.name, rule.match.path, front.shown(entry)
    kind = path.kind.value.lower().replace("_", " ")
    by = f" ({rule.origin.describe()})" if rule.origin.object else ""
    return f"{name} at {place} takes it by {kind} {path.value}{by}; --lb {name} asks that one"
