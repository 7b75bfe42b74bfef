"""Loads of an instance: what proxies report, smoothed, and when shares have to follow.

Costs nothing where no backend service has capacities: nobody is asked, nobody reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from penstock.balancing.capacity import is_limited, total
from penstock.balancing.smoothing import Sample, follow, moved
from penstock.envoy.load_reports import ClusterReport, GroupReport, LoadReports
from penstock.model import BackendService, BackendServiceName, GroupLoad, LoadView, Model, NegName

_Stream = tuple[str, int, int]
"""Region of the proxies, and two numbers that tell one proxy from the other."""
_Loads = dict[NegName, GroupLoad]


class Loads:
    """Receives reports; wakes the instance when what it published would share out otherwise."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when `view` leads to other assignments than before."""
        self._changed = changed
        self.differs: Callable[[LoadView], bool] = lambda _view: True
        """Whether a view would change any assignment; the pipeline knows."""
        self.view: LoadView = {}
        """What shares are made from; moves only when loads have moved for good."""
        self._receivers: dict[str, LoadReports] = {}
        self._made = 0
        self._followed: Mapping[BackendServiceName, BackendService] = {}
        self._watched: frozenset[str] = frozenset()
        self._means: dict[_Stream, dict[BackendServiceName, _Loads]] = {}
        self.reports = 0
        """Cluster reports so far."""

    def receiver(self, region: str = "") -> LoadReports:
        """The load reporting service for the proxies of a region, in place of an earlier one."""
        self._made += 1
        made = LoadReports(partial(self._receive, region, self._made))
        made.watch(self._watched)
        self._receivers[region] = made
        return made

    def follow(self, model: Model) -> None:
        """Ask for reports of the backend services that have limits, and of no others."""
        wanted = model.backend_services
        if wanted is self._followed or wanted == self._followed:  # Identical values: cheap.
            return
        self._followed = wanted
        watched = frozenset(s.name for s in model.backend_services.values() if is_limited(s))
        if watched == self._watched:
            return
        self._watched = watched
        for receiver in self._receivers.values():
            receiver.watch(watched)
        for services in self._means.values():
            for name in services.keys() - watched:
                del services[name]
        self.view = {key: load for key, load in self.view.items() if key[1] in watched}

    @property
    def now(self) -> LoadView:
        """The present means, for people."""
        names = {name for services in self._means.values() for name in services}
        return {key: load for name in sorted(names) for key, load in self._of(name).items()}

    def _receive(
        self, region: str, receiver: int, number: int, report: ClusterReport | None
    ) -> None:
        stream = (region, receiver, number)
        if report is None:
            for name in self._means.pop(stream, {}):
                self._publish(name)
            return
        name = BackendServiceName(report.cluster)
        if name not in self._watched:
            return
        self.reports += 1
        services = self._means.setdefault(stream, {})
        services[name] = _followed(services.get(name), report)
        self._publish(name)

    def _of(
        self, name: BackendServiceName
    ) -> dict[tuple[str, BackendServiceName, NegName], GroupLoad]:
        """A service's loads, summed up over the proxies of each region."""
        found: dict[tuple[str, BackendServiceName, NegName], list[GroupLoad]] = {}
        for (region, _, _), services in sorted(self._means.items()):
            for neg, load in services.get(name, {}).items():
                found.setdefault((region, name, neg), []).append(load)
        return {key: total(loads) for key, loads in sorted(found.items())}

    def _publish(self, name: BackendServiceName) -> None:
        now = self._of(name)
        old = {key: load for key, load in self.view.items() if key[1] == name}
        if not moved(_named(old), _named(now)):
            return
        self.view = {**{k: v for k, v in self.view.items() if k[1] != name}, **now}
        if self.differs(self.view):
            self._changed()


def _named(
    loads: Mapping[tuple[str, BackendServiceName, NegName], GroupLoad],
) -> dict[str, GroupLoad]:
    return {f"{region}\0{neg}": load for (region, _, neg), load in loads.items()}


def _followed(before: _Loads | None, report: ClusterReport) -> _Loads:
    """A group that a report does not name had nothing to do.

    The first report of a proxy counts as it is; in later ones, a group that is new starts
    from nothing, or the sum over groups would jump when requests move between them.
    """
    known = {} if before is None else before
    start = None if before is None else GroupLoad(0.0)
    names = known.keys() | {NegName(name) for name in report.groups}
    made = {
        name: follow(known.get(name, start), _sample(report.seconds, report.groups.get(name)))
        for name in sorted(names)
    }
    return {name: load for name, load in made.items() if load.rate or load.in_flight}


def _sample(seconds: float, group: GroupReport | None) -> Sample:
    if group is None:
        return Sample(seconds, GroupLoad(0.0))
    metrics = {name: value / count for name, (count, value) in group.metrics.items() if count}
    load = GroupLoad(
        group.issued / seconds, float(group.in_progress), float(group.connections), metrics
    )
    return Sample(seconds, load)
