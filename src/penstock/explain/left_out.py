"""Rules and paths of Ingresses that are left out for a mistake, where a request may miss them.

What is left out is in no URL map, so its requests go where nobody wanted them: to a
default, to a path that is less specific, or nowhere.  Only the findings know of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from penstock.explain import hosts
from penstock.explain.context import Context
from penstock.explain.result import Explanation
from penstock.explain.situation import Situation
from penstock.explain.wire import Host
from penstock.model import (
    FieldPath,
    Finding,
    HostKind,
    HostPattern,
    LoadBalancer,
    Model,
    Redirect,
    RouteRule,
    Severity,
)
from penstock.objects.yaml.locate import ItemLocator

_INGRESS: Final = "Ingress "
_RULES: Final[FieldPath] = ("spec", "rules")
_RULE: Final = 3
"""Steps to a rule: ``spec.rules[0]``."""
_PATH: Final = 6
"""Steps to a path: ``spec.rules[0].http.paths[0]``."""
_PATTERN: Final = re.compile(r"[*?+(){}|^$\\\[\]]")
"""Where a path ends to be text and begins to be a pattern."""


class LeftOut(NamedTuple):
    """A finding because of which a rule or path is not served."""

    finding: Finding
    object: str
    item: FieldPath
    """The rule or path, as it was written."""
    fit: int
    """Length of the path if the request's path begins like it; -1 if it does not."""


def with_left_out(
    told: Explanation, situation: Situation, lb: LoadBalancer, model: Model, context: Context
) -> Explanation:
    """The explanation with what might have taken the request but for a mistake."""
    if isinstance(situation.action, Redirect) and not situation.url_map.host_rules:
        return told  # A port that only redirects never had the rules.
    found = list(_missed(situation, lb, model, context.findings))
    shown = [dict(item.finding.as_dict()) for item in found]
    shown = [finding for finding in shown if finding not in told.findings]
    if not found:
        return told
    why = "; ".join(filter(None, (told.answer.why, _words(found, situation.rule))))
    return replace(told, answer=replace(told.answer, why=why), left_out=shown)


def _missed(
    situation: Situation, lb: LoadBalancer, model: Model, findings: Sequence[Finding]
) -> list[LeftOut]:
    """At a default all of the host, else only paths that fit better than the one that is taken."""
    candidates = [f for f in findings if _is_about_rules(f, lb)]
    if not candidates:
        return []
    live = set(_live(lb, model))
    found = [
        LeftOut(finding, finding.origin.object, item, _fit(finding, situation.routed.path))
        for finding in candidates
        if (finding.origin.object, item := _item(finding)) not in live
        and _may_cover(finding, situation)
    ]
    if situation.rule is not None:
        least = len(_text(situation.rule.match.path.value))
        found = [item for item in found if item.fit > least]
    return sorted(found, key=lambda each: (len(each.item), -each.fit))


def _is_about_rules(finding: Finding, lb: LoadBalancer) -> bool:
    origin = finding.origin
    if finding.severity is Severity.INFO or not origin.object.startswith(_INGRESS):
        return False
    return origin.object in lb.objects and origin.written[: len(_RULES)] == _RULES


def _item(finding: Finding) -> FieldPath:
    """The path that a finding is about, or else the rule."""
    path = finding.origin.written
    is_path = len(path) >= _PATH and path[_RULE : _PATH - 1] == ("http", "paths")
    return path[: _PATH if is_path else _RULE]


def _live(lb: LoadBalancer, model: Model) -> Iterator[tuple[str, FieldPath]]:
    """Rules and paths that are served, with the rules that served paths are part of."""
    for proxy in lb.target_proxies:
        for host in model.url_maps[proxy.url_map].host_rules:
            for route in host.routes:
                path = route.origin.written
                for length in (len(_RULES), _RULE, _PATH):
                    yield route.origin.object, path[:length]


def _written(finding: Finding, *path: str | int) -> str | None:
    """A scalar of the object as its author wrote it; None if there is none."""
    locator = finding.origin.locator
    return locator.text_at(path) if isinstance(locator, ItemLocator) else None


def _may_cover(finding: Finding, situation: Situation) -> bool:
    """Whether the rule that a finding is about would be the one that is tried for the host."""
    path, host = finding.origin.written, situation.routed.host
    if len(path) < _RULE:
        return True
    text = (_written(finding, *path[:_RULE], "host") or "").lower()
    if path[_RULE : _RULE + 1] == ("host",) and (not text or host.name in text):
        return True
    rank = hosts.rank(_pattern(text), host)
    return rank is not None and rank <= _tried(situation, host)


def _pattern(text: str) -> HostPattern:
    """A host of an Ingress; a wildcard for as many labels as any dialect gives it."""
    if text in ("", "*"):
        return HostPattern(HostKind.ANY)
    if text.startswith("*."):
        return HostPattern(HostKind.SUFFIX, text[1:])
    return HostPattern(HostKind.EXACT, text)


def _tried(situation: Situation, host: Host) -> hosts.Rank:
    rank = hosts.rank(situation.host.host, host) if situation.host else None
    return rank or hosts.NO_RANK


def _fit(finding: Finding, asked: str) -> int:
    path = _item(finding)
    written = _written(finding, *path, "path") if len(path) == _PATH else None
    if written is None or not written.startswith("/"):
        return -1
    text = _text(written)
    is_below = asked.startswith(text if _PATTERN.search(written) else f"{text}/")
    return len(text) if is_below or asked == text else -1


def _text(path: str) -> str:
    """The part of a path that stands for itself, without a slash at its end."""
    return _PATTERN.split(path, maxsplit=1)[0].rstrip("/")


def _words(found: Sequence[LeftOut], taken: RouteRule | None) -> str:
    items = {(each.object, each.item) for each in found}
    apart = [(obj, item) for obj, item in items if (obj, item[:_RULE]) not in items - {(obj, item)}]
    rules = sum(1 for _, item in apart if len(item) < _PATH)
    counts = ((rules, "rule"), (len(apart) - rules, "path"))
    what = " and ".join(_counted(count, word) for count, word in counts if count)
    of = "of this host" if taken is None else "that would come first"
    verb, cause = ("was", "a mistake") if len(apart) == 1 else ("were", "mistakes")
    return f"{what} {of} {verb} left out for {cause}, see below"


def _counted(count: int, word: str) -> str:
    return f"a {word}" if count == 1 else f"{count} {word}s"
