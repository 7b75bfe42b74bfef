"""Which addresses a client is answered, and why: a pure function of policy, place and health.

By https://docs.cloud.google.com/dns/docs/routing-policies-overview: unhealthy addresses
are left out; an item without a healthy one gives way to the next; where nothing is
healthy everything counts as healthy, for an answer may work and none never does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from penstock.model import DnsItem, DnsPolicyKind, DnsRecord, DnsTarget

Order = Mapping[str, Sequence[str]]
"""Region → all others, the nearest first."""

_VERSIONS: Final = {"A": 4, "AAAA": 6}


class TargetState(NamedTuple):
    """What is known of a target now."""

    address: str | None
    """Where it really listens; None is nowhere."""
    healthy: bool
    reason: str
    """In words."""


class TargetHealth(Protocol):
    """Knows targets' states."""

    def state(self, target: DnsTarget) -> TargetState:
        """The state of one target."""
        ...


class Choice(NamedTuple):
    """What is answered."""

    addresses: tuple[str, ...]
    why: str
    item: DnsItem | None = None
    by_place: bool = False
    """Whether clients of another region may be answered something else."""


class _Option(NamedTuple):
    """An item with the addresses it has now."""

    item: DnsItem
    healthy: tuple[str, ...]
    every: tuple[str, ...]
    troubles: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.item.region or f"weight {self.item.weight:g}"

    @property
    def trouble(self) -> str:
        return "; ".join(dict.fromkeys(self.troubles)) or "it has no addresses"


def choose(
    record: DnsRecord, region: str, health: TargetHealth, order: Order, draw: float
) -> Choice:
    """The answer to a client of `region`; `draw` is from [0, 1) and decides between weights."""
    options = [_option(record, item, health) for item in record.items]
    match record.kind:
        case DnsPolicyKind.SIMPLE:
            return _simple(options)
        case DnsPolicyKind.GEO:
            return _geo(options, region, order, fencing=record.fencing)
        case DnsPolicyKind.WEIGHTED:
            return _weighted(options, draw)
        case DnsPolicyKind.FAILOVER:
            return _failover(record, options, region, order, draw)


def shares(record: DnsRecord, health: TargetHealth) -> list[tuple[DnsItem, float]]:
    """WEIGHTED: which share of the answers each item gets now."""
    options = [_option(record, item, health) for item in record.items]
    among = _candidates(options)
    total = sum(weight for _, weight in among)
    by_item = {id(option.item): weight / total for option, weight in among if total}
    return [(item, by_item.get(id(item), 0.0)) for item in record.items]


def _option(record: DnsRecord, item: DnsItem, health: TargetHealth) -> _Option:
    healthy: list[str] = []
    every: list[str] = []
    troubles: list[str] = []
    version = _VERSIONS.get(record.type)
    for target in item.targets:
        address, is_healthy, reason = health.state(target)
        if address is None:
            troubles.append(f"{target.address}: {reason}")
        elif ipaddress.ip_address(address).version != version:
            troubles.append(f"{target.address} is {address} here, which is no {record.type}")
        else:
            every.append(address)
            if is_healthy:
                healthy.append(address)
            else:
                troubles.append(f"{target.address}: {reason}")
    return _Option(item, _once(healthy), _once(every), tuple(troubles))


def _once(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


def _simple(options: Sequence[_Option]) -> Choice:
    if not options:
        return Choice((), "no addresses are written")
    only = options[0]
    return Choice(only.every, "the only answer" if only.every else only.trouble, only.item)


def nearest(items: Iterable[DnsItem], region: str, order: Order) -> list[DnsItem]:
    """Items by how near they are to a region; those of regions that nobody knows come last."""
    near = {name: rank for rank, name in enumerate((region, *order.get(region, ())))}
    return sorted(items, key=lambda item: (near.get(item.region, len(near)), item.region))


def _geo(options: Sequence[_Option], region: str, order: Order, *, fencing: bool) -> Choice:
    by_item = {id(option.item): option for option in options}
    ranked = [by_item[id(i)] for i in nearest((o.item for o in options), region, order)]
    if not ranked:
        return Choice((), "the policy has no items", by_place=True)
    first = ranked[0]
    if first.healthy:
        place = "its own region" if first.item.region == region else "the nearest"
        return _of(first, first.healthy, place)
    if fencing and first.every:
        return _of(first, first.every, f"fenced, though unhealthy ({first.trouble})")
    found = next((option for option in ranked if option.healthy), None)
    if found is not None and not fencing:
        passed = ranked[: ranked.index(found)]
        why = ", ".join(f"{option.name} is unhealthy ({option.trouble})" for option in passed)
        return _of(found, found.healthy, f"the next nearest: {why}")
    last = next((option for option in ranked if option.every), None)
    if last is None or (fencing and last is not first):
        return Choice((), first.trouble, first.item, by_place=True)
    return _of(last, last.every, f"nothing is healthy, so all count as healthy ({last.trouble})")


def _of(option: _Option, addresses: tuple[str, ...], why: str) -> Choice:
    return Choice(addresses, f"{option.item.region}: {why}", option.item, by_place=True)


def _candidates(options: Sequence[_Option]) -> list[tuple[_Option, float]]:
    """Who takes part in a draw, with weights."""
    among = [option for option in options if option.healthy and option.item.weight > 0]
    among = among or [option for option in options if option.every and option.item.weight > 0]
    if among:
        return [(option, option.item.weight) for option in among]
    # Only items of weight 0 are left: one of them is better than no answer.
    spare = [o for o in options if o.healthy] or [o for o in options if o.every]
    return [(option, 1.0) for option in spare]


def _weighted(options: Sequence[_Option], draw: float) -> Choice:
    among = _candidates(options)
    if not among:
        return Choice((), "; ".join(o.trouble for o in options) or "the policy has no items")
    rest = draw * sum(weight for _, weight in among)
    chosen = among[-1][0]
    for option, weight in among:
        if rest < weight:
            chosen = option
            break
        rest -= weight
    if chosen.healthy:
        out = [option.name for option in options if not option.healthy]
        without = f"; without {', '.join(out)}, which is unhealthy" if out else ""
        return Choice(chosen.healthy, f"drawn by weight{without}", chosen.item)
    why = f"nothing is healthy, so all count as healthy ({chosen.trouble})"
    return Choice(chosen.every, why, chosen.item)


def _failover(
    record: DnsRecord, options: Sequence[_Option], region: str, order: Order, draw: float
) -> Choice:
    primary = next((option for option in options if not option.item.is_backup), None)
    backups = [option for option in options if option.item.is_backup]
    spare = any(option.healthy for option in backups)
    if primary is not None and primary.healthy:
        if spare and draw < record.trickle:
            some = _geo(backups, region, order, fencing=record.fencing)
            return some._replace(why=f"one of {record.trickle:.0%} for the backup, {some.why}")
        by_place = record.trickle > 0
        return Choice(primary.healthy, "the primary is healthy", primary.item, by_place)
    if spare or primary is None or not primary.every:
        trouble = primary.trouble if primary else "there is none"
        backup = _geo(backups, region, order, fencing=record.fencing)
        return backup._replace(why=f"the primary is unhealthy ({trouble}); backup {backup.why}")
    why = f"nothing is healthy, so the primary counts as healthy ({primary.trouble})"
    return Choice(primary.every, why, primary.item)
