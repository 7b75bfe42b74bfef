"""Front ends that move from one fleet to another: the new one listens before the old one stops.

Until whoever takes a listener over serves it, the fleet that had it keeps it, with
all that it refers to.  Both listen on the address meanwhile (`SO_REUSEPORT`) and
answer alike.  Then the listener goes, and what it refers to stays for as long as its
connections may take to be drained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from penstock.envoy.resources import LISTENER, EnvoyResource, Snapshot
from penstock.runtime.configuration import Configuration

Serves = Callable[[str, int], bool]
"""Whether a region's fleet has taken over what moved to it with the publication of a number, or is
not meant to."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a fleet keeps, and until when."""

    resources: tuple[EnvoyResource, ...]
    takers: Mapping[str, str]
    """Listener → the region whose fleet takes it over."""
    number: int
    """Of the publication that moved something last."""

    def without_listeners(self) -> tuple[EnvoyResource, ...]:
        return tuple(r for r in self.resources if r.type_url != LISTENER)


class Handover:
    """Remembers what each fleet runs, and what it still has to keep."""

    def __init__(self, drain_seconds: float) -> None:
        """Connections of a listener that was taken away may last for `drain_seconds`."""
        self._drain_seconds = drain_seconds
        self._running: Mapping[str, Configuration] = {}
        self._kept: dict[str, _Kept] = {}
        self._draining: dict[str, tuple[tuple[EnvoyResource, ...], float]] = {}
        """What connections still refer to, and until when."""

    def take(self, number: int, wanted: Mapping[str, Configuration]) -> Mapping[str, Configuration]:
        """What fleets shall run now that `wanted` is published as `number`."""
        if wanted.keys() != self._running.keys() or len(wanted) > 1:
            self._note_moves(number, wanted)
        self._running = self._with_kept(wanted)
        return self._running

    @property
    def arriving(self) -> Mapping[str, frozenset[str]]:
        """Region → listeners that another fleet keeps until this one serves them."""
        moved = [pair for kept in self._kept.values() for pair in kept.takers.items()]
        return {
            region: frozenset(name for name, taker in moved if taker == region)
            for region in {taker for _, taker in moved}
        }

    @property
    def running(self) -> Mapping[str, Configuration]:
        """What fleets shall run now."""
        return self._running

    def taken_over(self, serves: Serves) -> Mapping[str, int]:
        """Fleets that may give up what they keep, because its takers serve it, with the number of
        the publication that moved something last."""
        return {
            region: kept.number
            for region, kept in self._kept.items()
            if all(serves(taker, kept.number) for taker in sorted({*kept.takers.values()}))
        }

    def release(
        self, wanted: Mapping[str, Configuration], given_up: Mapping[str, int], now: float
    ) -> tuple[str, ...]:
        """Fleets that have to be told anew what they shall run: those that keep no more, which
        `given_up` is about (see `taken_over`), and those that have drained.

        One of them keeps on when more has moved meanwhile; `now` are seconds of a
        monotonic clock.
        """
        drained = [region for region, (_, end) in self._draining.items() if end <= now]
        for region in drained:
            del self._draining[region]
        done = [r for r, kept in sorted(self._kept.items()) if given_up.get(r) == kept.number]
        for region in done:
            kept = self._kept.pop(region)
            if region in wanted:  # Another one drains all that it has, and ends.
                end = now + self._drain_seconds
                self._draining[region] = (kept.without_listeners(), end)
        self._running = self._with_kept(wanted)
        return tuple(r for r in dict.fromkeys((*done, *drained)) if r in self._running)

    def keeps(self, region: str) -> bool:
        """Whether the fleet is still needed for what has moved away."""
        return region in self._kept

    @property
    def is_open(self) -> bool:
        """Whether anything is kept."""
        return bool(self._kept or self._draining)

    def _note_moves(self, number: int, wanted: Mapping[str, Configuration]) -> None:
        takers = {
            name: region
            for region, configuration in wanted.items()
            for name in configuration.snapshot.resources[LISTENER]
        }
        for region, before in self._running.items():
            moved = {
                name: taker
                for name in before.snapshot.resources[LISTENER]
                if (taker := takers.get(name, region)) != region
            }
            if moved.keys() - self._kept_listeners(region):
                kept = _without_other_listeners(before.snapshot, moved)
                self._kept[region] = _Kept(kept, moved, number)

    def _kept_listeners(self, region: str) -> frozenset[str]:
        kept = self._kept.get(region)
        resources = kept.resources if kept else ()
        return frozenset(r.name for r in resources if r.type_url == LISTENER)

    def _with_kept(self, wanted: Mapping[str, Configuration]) -> Mapping[str, Configuration]:
        if not self.is_open:
            return wanted
        running = dict(wanted)
        for region in {*self._kept, *(self._draining.keys() & wanted.keys())}:
            mine, kept = wanted.get(region), self._kept.get(region)
            more = (
                *(kept.resources if kept else ()),
                *(self._draining[region][0] if region in self._draining else ()),
            )
            running[region] = Configuration(
                _both(mine.snapshot.resources if mine else {}, more),
                mine.overlay if mine else None,
            )
        return running


def _without_other_listeners(
    snapshot: Snapshot, moved: Mapping[str, str]
) -> tuple[EnvoyResource, ...]:
    return tuple(
        resource
        for url, table in snapshot.resources.items()
        for name, resource in table.items()
        if url != LISTENER or name in moved
    )


def _both(
    mine: Mapping[str, Mapping[str, EnvoyResource]], kept: tuple[EnvoyResource, ...]
) -> Snapshot:
    whole = {(r.type_url, r.name): r for r in kept}
    own = {(r.type_url, r.name): r for table in mine.values() for r in table.values()}
    return Snapshot.of({**whole, **own}.values())
