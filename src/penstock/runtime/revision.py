"""A revision: one generation of compiled configuration with all that led to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.balancing.balancer import Shares
from penstock.envoy.compile import Owners, SocketAddress
from penstock.envoy.resources import Snapshot
from penstock.explain import TestOutcome
from penstock.model import (
    Finding,
    ForwardingRule,
    ForwardingRuleName,
    GroupShare,
    HealthView,
    LoadBalancer,
    Model,
    UrlMapName,
)
from penstock.objects.endpoints import EndpointSlice
from penstock.objects.meta import Object
from penstock.objects.world import Table, World, replacements
from penstock.runtime.configuration import Configuration
from penstock.runtime.nodes import HOME
from penstock.standin.endpoints import MANAGED_BY_LABEL, MANAGER


@dataclass(frozen=True, slots=True)
class Revision:
    """Immutable; two revisions with equal `id` configure proxies equally."""

    world: World
    model: Model
    bindings: Mapping[ForwardingRuleName, SocketAddress]
    """Where each forwarding rule listens; those that found no place are missing."""
    snapshot: Snapshot
    """Of the home fleet."""
    findings: tuple[Finding, ...]
    """From every stage; sorted, without repeats."""
    owners: Owners
    """From a resource's name to whoever wrote what it is made of."""
    stages: Mapping[str, float] = field(default_factory=dict)
    """Seconds each stage took to build this revision."""
    url_map_tests: Mapping[UrlMapName, tuple[TestOutcome, ...]] = field(default_factory=dict)
    """Of URL maps that carry tests."""
    configurations: Mapping[str, Configuration] = field(default_factory=dict)
    """By region; home's is under `HOME`."""
    shares: Mapping[str, Shares] = field(default_factory=dict)
    """By region, of backend services whose requests are shared out by capacity, health or
    region."""
    health: HealthView = field(default_factory=dict)
    """What probing had found out."""

    @property
    def id(self) -> str:
        """Content hash of all resources of all fleets."""
        others = sorted((r, c.revision) for r, c in self.configurations.items() if r != HOME)
        if not others:
            return self.snapshot.revision
        text = "\n".join([self.snapshot.revision, *(f"{region}\0{id_}" for region, id_ in others)])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def id_in(self, region: str) -> str | None:
        """Content hash of what a region's fleet shall run; None if there shall be none."""
        mine = self.configurations.get(region)
        return mine.revision if mine else self.snapshot.revision if region == HOME else None

    def listeners(self, lb: LoadBalancer) -> list[tuple[ForwardingRule, str, str, int]]:
        """The load balancer's live front ends: (rule, protocol, address, port)."""
        proxies = {proxy.name: proxy for proxy in lb.target_proxies}
        return [
            (rule, proxies[rule.target_proxy].protocol.value, bound.address, bound.port)
            for rule in lb.forwarding_rules
            if (bound := self.bindings.get(rule.name)) is not None
        ]


def sort_findings(*groups: Sequence[Finding]) -> tuple[Finding, ...]:
    """All findings once, errors first, then by place."""
    unique = dict.fromkeys(finding for group in groups for finding in group)
    return tuple(sorted(unique, key=lambda finding: finding.sort_key))


def changed_objects(old: World, new: World) -> list[str]:
    """What differs between two worlds: ``+`` added, ``-`` removed, ``~`` changed objects."""
    changes = [change for tables in new.changed_tables(old) for change in _changes(*tables)]
    return sorted(changes, key=lambda change: (change[1:], change[0]))


def changed_shares(old: Revision, new: Revision) -> list[str]:
    """Backend services whose requests are shared out otherwise, as `changed_objects` has it."""
    changed = {
        name
        for region, services in new.shares.items()
        for name, shares in services.items()
        if _split(shares) != _split(old.shares.get(region, {}).get(name, ()))
    }
    return [f"~shares of {name}" for name in sorted(changed)]


def _split(shares: Sequence[GroupShare]) -> list[tuple[str, float, int]]:
    return [(share.neg, round(share.share, 3), share.healthy) for share in shares]


def _changes(old: Table, new: Table) -> Iterator[str]:
    replaced = replacements(old.values(), new.values())
    if replaced is not None:
        yield from (f"~{_shown(obj)}" for before, obj in replaced if _differ(before, obj))
        return
    for key, obj in new.items():
        before = old.get(key)
        if before is None:
            yield f"+{_shown(obj)}"
        elif before is not obj and _differ(before, obj):
            yield f"~{_shown(obj)}"
    yield from (f"-{_shown(obj)}" for key, obj in old.items() if key not in new)


def _shown(obj: Object[Any]) -> str:
    """The object, or for what stand-ins brought about the Service whose endpoints changed."""
    if obj.labels.get(MANAGED_BY_LABEL) == MANAGER:
        return f"endpoints of Service {obj.namespace}/{obj.labels[EndpointSlice.SERVICE_LABEL]}"
    return obj.ref


def _differ(old: Object[Any], new: Object[Any]) -> bool:
    return old.resource is not new.resource and old.resource != new.resource
