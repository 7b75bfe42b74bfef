"""The dialect as a whole: from forwarding rules to load balancers.

Two stages, as in every dialect.  Routing depends on all resources but the endpoints
of groups; it is skipped as a whole while none of them changed.  Endpoints change all
the time; they only make endpoint groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config, read_config
from penstock.dialects.compute.dns import DnsReading, read_dns
from penstock.dialects.compute.groups import (
    GroupFacts,
    GroupObject,
    GroupReading,
    GroupUse,
    facts_of,
    read_group,
)
from penstock.dialects.compute.index import KINDS, Index, Located
from penstock.dialects.compute.routing import Routing, RoutingBuilder
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import Model, NegName
from penstock.objects.certificate_files import CertificateFiles
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.security_policy import SecurityPolicy
from penstock.objects.core import Secret
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.dns.record_set import ResourceRecordSet
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.world import World

_GROUPS: Final = (NetworkEndpointGroup, InstanceGroup)
_OTHERS: Final = tuple(kind for kind in KINDS if kind not in _GROUPS)


class _Groups(NamedTuple):
    objects: Mapping[tuple[str, Located], GroupObject]
    facts: Mapping[tuple[str, Located], GroupFacts]


class ComputeDialect:
    """Translates worlds one after another, remembering what did not change."""

    def __init__(self, options: TranslateOptions) -> None:
        self._options = options
        self._whole = Memo()
        self._parts = Memo()
        self._negs = Memo()
        self._places = Memo()
        self._facts: Mapping[tuple[str, Located], GroupFacts] = {}

    def translate(self, world: World, now: datetime) -> Model:
        """This dialect's part of the model of one world; findings are not sorted yet."""
        config = self._whole.get(
            "config",
            (world.table(PenstockConfig), world.table(SecurityPolicy)),
            lambda: read_config(world.all(PenstockConfig), world.all(SecurityPolicy)),
        )
        groups = self._whole.get(
            "groups",
            (config, *(world.table(kind) for kind in _GROUPS)),
            lambda: self._read_groups(world, config),
        )
        kept = (world.table(Secret), world.table(CertificateFiles))
        inputs = (config, *kept, *(world.table(kind) for kind in _OTHERS))
        routing = self._whole.get(
            "routing", (groups.facts, *inputs), lambda: self._route(world, config, groups)
        )
        named = (world.table(ResourceRecordSet), world.table(ManagedZone))
        dns = self._whole.get(
            "dns", (routing, config, *named), lambda: read_dns(world, config, routing)
        )
        negs = self._read_negs(routing, groups, config)
        self._whole.turn()
        self._negs.turn()
        return _model(config, routing, dns, negs, now)

    def _route(self, world: World, config: Config, groups: _Groups) -> Routing:
        builder = RoutingBuilder(world, config, groups.facts, self._options, self._parts)
        routing = builder.build()
        self._parts.turn()
        return routing

    def _read_groups(self, world: World, config: Config) -> _Groups:
        index = Index(world, config, _GROUPS)
        objects: dict[tuple[str, Located], GroupObject] = {}
        for at, neg in index.all(NetworkEndpointGroup):
            objects[NetworkEndpointGroup.KIND, at] = neg
        for at, group in index.all(InstanceGroup):
            objects[InstanceGroup.KIND, at] = group
        facts = {key: self._facts_of(key, obj, config) for key, obj in objects.items()}
        self._places.turn()
        kept = self._facts
        if facts.keys() != kept.keys() or any(f is not kept[key] for key, f in facts.items()):
            self._facts = facts
        return _Groups(objects, self._facts)

    def _facts_of(self, key: tuple[str, Located], obj: GroupObject, config: Config) -> GroupFacts:
        """The facts of before, if they are the same, written in the same place."""

        def fresh() -> GroupFacts:
            facts, known = facts_of(key[1], obj, config), self._facts.get(key)
            if known is None or known != facts or known.text is not facts.text:
                return facts
            return known

        return self._places.get(key, (obj, config), fresh)

    def _read_negs(
        self, routing: Routing, groups: _Groups, config: Config
    ) -> dict[NegName, GroupReading]:
        negs: dict[NegName, GroupReading] = {}
        for use in routing.uses:
            obj = groups.objects[use.kind, use.facts.at]
            negs[use.name] = self._negs.get(
                use.name, (obj, use.facts, config), _reader(use, obj, config)
            )
        return negs


def _reader(use: GroupUse, obj: GroupObject, config: Config) -> Callable[[], GroupReading]:
    return lambda: read_group(use, obj, config)


def _model(
    config: Config,
    routing: Routing,
    dns: DnsReading,
    negs: Mapping[NegName, GroupReading],
    now: datetime,
) -> Model:
    findings = [
        *config.findings,
        *routing.findings,
        *dns.findings,
        *(f for reading in routing.certificates.values() for f in reading.at(now)),
        *(f for reading in negs.values() for f in reading.findings),
    ]
    return Model(
        load_balancers=routing.load_balancers,
        url_maps=routing.url_maps,
        backend_services=routing.backend_services,
        negs={name: reading.neg for name, reading in negs.items()},
        certificates={
            name: reading.certificate
            for name, reading in routing.certificates.items()
            if reading.certificate is not None
        },
        certificate_requests=routing.requests,
        region_order=routing.region_order,
        findings=tuple(findings),
        health_checks=routing.health_checks,
        dns_records=dns.records,
        dns_zones=dns.zones,
        client_places=dns.places,
    )
