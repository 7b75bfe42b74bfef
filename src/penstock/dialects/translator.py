"""All dialects over one world: their partial models become the model."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from penstock.dialects.compute import ComputeDialect
from penstock.dialects.gke import GkeDialect
from penstock.dialects.ingress import IngressDialect
from penstock.dialects.kubernetes.certificate_front import merged
from penstock.dialects.options import TranslateOptions
from penstock.model import CertificateRequest, Finding, Model
from penstock.objects.world import World

K = TypeVar("K", bound=str)
V = TypeVar("V")


class Translator:
    """Translates worlds one after another.

    What was made from the same objects (by identity) is the same object in the
    next model, so a source should hand over unchanged objects as they were.
    """

    def __init__(self, options: TranslateOptions) -> None:
        self._options = options
        self._gke = GkeDialect(options)
        self._dialects = (IngressDialect(options), self._gke, ComputeDialect(options))

    def translate(self, world: World, now: datetime | None = None) -> Model:
        """The model of a world; `now` stands in for the options' clock."""
        moment = now or self._options.now
        with _garbage_later():
            whole = self._gke.extend(world)
            return merge([dialect.translate(whole, moment) for dialect in self._dialects])


@contextmanager
def _garbage_later() -> Iterator[None]:
    """Hold the cycle collector: a first translation makes ten thousands of objects that stay,
    and walking them over and over would take as long as making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def translate(world: World, options: TranslateOptions) -> Model:
    """The model of a world, without memory of earlier ones."""
    return Translator(options).translate(world)


def merge(models: Iterable[Model]) -> Model:
    """One model of several.

    Names never clash, because each dialect has its own; but two may miss one certificate.
    """
    parts = list(models)
    return Model(
        load_balancers=_union(m.load_balancers for m in parts),
        url_maps=_union(m.url_maps for m in parts),
        backend_services=_union(m.backend_services for m in parts),
        negs=_union(m.negs for m in parts),
        certificates=_union(m.certificates for m in parts),
        certificate_requests=_union([merged(_requests(parts))]),
        findings=_findings(parts),
        health_checks=_union(m.health_checks for m in parts),
        region_order=_union(m.region_order for m in parts),
        dns_records=tuple(record for m in parts for record in m.dns_records),
        dns_zones=tuple(zone for m in parts for zone in m.dns_zones),
        client_places=tuple(place for m in parts for place in m.client_places),
        object_statuses=tuple(status for m in parts for status in m.object_statuses),
    )


def _union(tables: Iterable[Mapping[K, V]]) -> dict[K, V]:
    merged: dict[K, V] = {}
    for table in tables:
        merged.update(table)
    return dict(sorted(merged.items()))


def _requests(parts: Iterable[Model]) -> Iterator[CertificateRequest]:
    for part in parts:
        yield from part.certificate_requests.values()


def _findings(parts: Iterable[Model]) -> tuple[Finding, ...]:
    found = dict.fromkeys(finding for part in parts for finding in part.findings)
    return tuple(sorted(found, key=lambda finding: finding.sort_key))
