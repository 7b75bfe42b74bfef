"""What several fleets tell as one: sums of what each counts, and all that any of them knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from penstock.envoy.admin import ClusterStatus
from penstock.envoy.xds import Rollout
from penstock.runtime.fleets.fleet import Fleet


def one_rollout(home: Rollout, others: Sequence[Rollout]) -> Rollout:
    """The rollouts of one revision to all fleets."""
    if not others:
        return home
    rollouts = (home, *others)
    return Rollout(
        home.revision,
        {node: outcome for each in rollouts for node, outcome in each.outcomes.items()},
        tuple(nack for each in rollouts for nack in each.nacks),
        max(each.seconds for each in rollouts),
        any(each.superseded for each in rollouts),
    )


async def health(fleets: Iterable[Fleet]) -> Mapping[str, ClusterStatus]:
    """Endpoints as proxies see them, by backend service."""
    found: dict[str, ClusterStatus] = {}
    for fleet in fleets:
        for name, status in (await fleet.health()).items():
            found[name] = _joined(found[name], status) if name in found else status
    return found


def _joined(one: ClusterStatus, other: ClusterStatus) -> ClusterStatus:
    known = {endpoint.address for endpoint in one.endpoints}
    more = tuple(e for e in other.endpoints if e.address not in known)
    return replace(one, endpoints=(*one.endpoints, *more)) if more else one


async def prometheus(fleets: Iterable[Fleet]) -> Mapping[str, bytes]:
    """Node → the proxy's statistics in Prometheus' text format."""
    found: dict[str, bytes] = {}
    for fleet in fleets:
        found.update(await fleet.metrics())
    return found


def xds_statistics(fleets: Iterable[Fleet]) -> Mapping[str, int]:
    """Counters of the xDS servers that run now, added up."""
    total: dict[str, int] = {}
    for fleet in fleets:
        for name, value in fleet.statistics().items():
            total[name] = total.get(name, 0) + value
    return total


def restarts(fleets: Iterable[Fleet]) -> int:
    """How often a proxy that runs now was started anew after it had died."""
    return sum(process.restarts for fleet in fleets for process in fleet.processes.values())
