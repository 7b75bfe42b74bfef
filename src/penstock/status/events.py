"""The lines of ``penstock up --output json``; docs/json-output.md documents the keys.

The first line is ``ready``; after it each processed change is one ``applied``, each
new finding one ``finding``, each that is no longer there one ``gone``, each endpoint whose
health turned one ``health``; the last is ``stopped``.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import Finding, UrlMap
from penstock.runtime.health import EndpointChange
from penstock.runtime.news import News
from penstock.runtime.revision import Revision
from penstock.status import names, report
from penstock.status.report import Json


def ready(revision: Revision, dns: tuple[str, int] | None = None) -> Json:
    """Every connected proxy serves this revision; names are answered at `dns`."""
    return {
        "event": "ready",
        "revision": revision.id,
        "loadBalancers": report.summaries(revision),
        "findings": report.findings(revision.findings),
        "dns": {"server": names.place(dns), "names": names.served_names(revision)},
    }


def applied(
    revision: Revision, changes: Sequence[str], seconds: float, previous: Revision | None
) -> Json:
    """A change is live; `loadBalancers` is there only if they differ from `previous`'s."""
    event: Json = {
        "event": "applied",
        "revision": revision.id,
        "changes": list(changes),
        "durationMs": round(seconds * 1000, 1),
        "findingCounts": report.counts(revision.findings),
    }
    if _front_ends_differ(revision, previous):
        event["loadBalancers"] = report.summaries(revision)
    return event


def _front_ends_differ(revision: Revision, previous: Revision | None) -> bool:
    """Whether `report.summaries` would; it costs more than most changes."""
    if previous is None or revision.bindings != previous.bindings:
        return True
    new, old = revision.model, previous.model
    if new.load_balancers != old.load_balancers or new.url_maps.keys() != old.url_maps.keys():
        return True
    return any(_hosts_differ(new.url_maps[name], old.url_maps[name]) for name in new.url_maps)


def _hosts_differ(new: UrlMap, old: UrlMap) -> bool:
    if len(new.host_rules) != len(old.host_rules):
        return True
    pairs = zip(new.host_rules, old.host_rules, strict=True)
    return any(a is not b and a.host != b.host for a, b in pairs)


def health(change: EndpointChange) -> Json:
    """An endpoint became healthy or unhealthy."""
    return {
        "event": "health",
        "address": change.address,
        "port": change.port,
        "backendServices": list(change.services),
        "healthy": change.health.healthy,
        "wasHealthy": change.before,
        "reason": change.health.reason,
    }


def told(news: News) -> list[Json]:
    """What is wrong or noteworthy that was not before, or now in other words; what no longer is."""
    reworded = [{**finding(item), "reworded": True} for item in news.reworded]
    gone = [{"event": "gone", **item.as_dict()} for item in (*news.gone, *news.removed)]
    return [*gone, *reworded, *map(finding, news.found)]


def finding(item: Finding) -> Json:
    """Something is wrong or noteworthy that was not before."""
    return {"event": "finding", **item.as_dict()}


def stopped() -> Json:
    """The instance has drained and ended."""
    return {"event": "stopped"}
