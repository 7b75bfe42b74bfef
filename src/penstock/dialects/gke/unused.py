"""Objects of GKE's kinds that nothing names, and that therefore change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from penstock.dialects.gke import codes
from penstock.dialects.gke.annotations import MANAGED
from penstock.dialects.memo import Memo
from penstock.model import Finding
from penstock.objects.gke import BackendConfig, FrontendConfig, ManagedCertificate
from penstock.objects.gke.annotations import (
    BACKEND_CONFIG,
    CONFIG_NAMES,
    FRONTEND_CONFIG,
    first_of,
    json_fields,
)
from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import Key, World

_KINDS: Final = (BackendConfig, FrontendConfig, ManagedCertificate)
_NAMED_BY: Final = (Service, Ingress)


class UnusedReader:
    """Reads one world after the other; what did not change is not read again."""

    def __init__(self) -> None:
        self._whole = Memo()
        self._names = Memo()

    def read(self, world: World) -> tuple[Finding, ...]:
        """What is to be said; whether what names an object is served counts for nothing."""
        tables = tuple(world.table(kind) for kind in (*_KINDS, *_NAMED_BY))
        found = self._whole.get("unused", tables, lambda: self._unused(world))
        self._whole.turn()
        return found

    def _unused(self, world: World) -> tuple[Finding, ...]:
        if not any(world.table(kind) for kind in _KINDS):
            return ()
        ingresses = world.all(Ingress)
        configs = {key for service in world.all(Service) for key in self._configs(service)}
        self._names.turn()
        fronts = {(i.namespace, i.annotations.get(FRONTEND_CONFIG, "")) for i in ingresses}
        managed = {
            (ingress.namespace, name.strip())
            for ingress in ingresses
            for name in ingress.annotations.get(MANAGED, "").split(",")
        }
        choice = f'{BACKEND_CONFIG}: \'{{{{"default": "{{0}}"}}}}\''
        return (
            *_said(world.all(BackendConfig), configs, "Service", choice),
            *_said(world.all(FrontendConfig), fronts, "Ingress", f"{FRONTEND_CONFIG}: {{0}}"),
            *_said(world.all(ManagedCertificate), managed, "Ingress", f"{MANAGED}: {{0}}"),
        )

    def _configs(self, service: Object[Service]) -> tuple[Key, ...]:
        return self._names.get(service.key, (service,), lambda: tuple(_configs(service)))


def _configs(service: Object[Service]) -> Iterator[Key]:
    name = first_of(service.annotations, CONFIG_NAMES)
    value = (json_fields(service.annotations[name]) if name else None) or {}
    ports = value.get("ports")
    named = [value.get("default"), *(ports.values() if isinstance(ports, dict) else ())]
    yield from ((service.namespace, word) for word in named if isinstance(word, str))


def _said(
    objects: Iterable[Object[Any]], named: set[Key], by: str, annotation: str
) -> Iterator[Finding]:
    for obj in objects:
        if obj.key not in named:
            message = f"no {by} of namespace {obj.namespace} names this {obj.kind}; it does nothing"
            hint = f"annotate the {by}: {annotation.format(obj.name)}"
            yield codes.UNUSED.at(obj.origin(), message, hint)
