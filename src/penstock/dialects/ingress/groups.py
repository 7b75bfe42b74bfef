"""Endpoint groups of everything that URL maps lead to, each read again only when it changed."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence

from penstock.dialects.ingress.backends import Target
from penstock.dialects.kubernetes.endpoints import (
    EndpointIndex,
    NegReading,
    ServiceKey,
    external_neg,
    read_neg,
)
from penstock.dialects.memo import Memo
from penstock.model import NegName
from penstock.objects.world import World


class EndpointGroups:
    """Reads the groups of one world after the other."""

    def __init__(self, local: bool) -> None:
        self._local = local
        self._index = EndpointIndex()
        self._memo = Memo()
        self._targets: Sequence[Target] = ()
        self._by_service: Mapping[ServiceKey, Sequence[Target]] = {}
        self._readings: dict[NegName, NegReading] = {}

    def read(self, world: World, targets: Sequence[Target]) -> Mapping[NegName, NegReading]:
        """The groups of `targets`, by name.

        Where these are the same as last time, only groups whose objects changed are
        looked at.
        """
        touched = self._index.update(world)
        if touched is None or not self._are_known(targets):
            self._read_all(targets)
        elif touched:
            fresh = [t for service in touched for t in self._by_service.get(service, ())]
            self._readings = {**self._readings, **self._read_each(fresh)}
        return self._readings

    def _are_known(self, targets: Sequence[Target]) -> bool:
        return len(targets) == len(self._targets) and all(map(operator.is_, targets, self._targets))

    def _read_all(self, targets: Sequence[Target]) -> None:
        by_service: dict[ServiceKey, list[Target]] = {}
        for target in targets:
            by_service.setdefault(target.service.key, []).append(target)
        self._targets, self._by_service = targets, by_service
        self._readings = self._read_each(targets)
        self._memo.turn()

    def _read_each(self, targets: Iterable[Target]) -> dict[NegName, NegReading]:
        """One group per name: that of the first target."""
        readings: dict[NegName, NegReading] = {}
        for target in targets:
            if target.neg not in readings:
                readings[target.neg] = self._read(target)
        return readings

    def _read(self, target: Target) -> NegReading:
        name, service, port, local = target.neg, target.service, target.port, self._local
        if target.is_external:
            return self._memo.get(name, (service,), lambda: external_neg(name, service, port))
        sources = self._index.sources(service)
        return self._memo.get(
            name, (service, *sources), lambda: read_neg(name, service, port, sources, local)
        )
