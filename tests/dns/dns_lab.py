"""Records, zones and targets' states, short to write."""

from __future__ import annotations

from collections.abc import Mapping

import dns.message
import dns.rcode

from penstock.dns import Answerer, Catalogue, Knowledge, Places, TargetState
from penstock.model import (
    ClientPlace,
    DnsItem,
    DnsPolicyKind,
    DnsRecord,
    DnsTarget,
    DnsZone,
    ForwardingRuleName,
    Origin,
    Setting,
)

ORIGIN = Origin("resourceRecordSet A api.example.internal.")
ORDER = {
    "us": ("us-west", "eu", "asia"),
    "us-west": ("us", "asia", "eu"),
    "eu": ("us", "us-west", "asia"),
    "asia": ("us-west", "us", "eu"),
}


def item(*addresses: str, region: str = "", weight: float = 1.0, backup: bool = False) -> DnsItem:
    """An item of load balancers; an address with ``!`` before it is not health-checked."""
    targets = tuple(
        DnsTarget(text.removeprefix("!"), None if text[0] == "!" else ForwardingRuleName(text))
        for text in addresses
    )
    return DnsItem(targets, region, weight, backup)


def record(
    kind: DnsPolicyKind,
    *items: DnsItem,
    name: str = "api.example.internal.",
    of_type: str = "A",
    fencing: bool = False,
    trickle: float = 0.0,
) -> DnsRecord:
    ttl = Setting(30, ORIGIN)
    return DnsRecord(name, of_type, ttl, kind, items, ORIGIN, fencing, trickle)


def simple(name: str, *addresses: str, of_type: str = "A") -> DnsRecord:
    only = item(*(f"!{address}" for address in addresses))
    return record(DnsPolicyKind.SIMPLE, only, name=name, of_type=of_type)


def other(name: str, of_type: str) -> DnsRecord:
    """A record of a type that is not answered."""
    return record(DnsPolicyKind.SIMPLE, name=name, of_type=of_type)


class States:
    """Healthy where it listens, unless something else is said."""

    def __init__(
        self, *ill: str, moved: Mapping[str, str] | None = None, gone: tuple[str, ...] = ()
    ) -> None:
        self.ill, self.moved, self.gone = ill, moved or {}, gone

    def state(self, target: DnsTarget) -> TargetState:
        address = self.moved.get(target.address, target.address)
        if target.address in self.gone:
            return TargetState(None, False, "gone")
        return TargetState(address, target.address not in self.ill, "ill")


def zone(name: str = "example.internal.", **more: object) -> DnsZone:
    return DnsZone(name, Origin("managedZone z"), **more)  # type: ignore[arg-type]


def place(text: str, region: str, network: str = "") -> ClientPlace:
    return ClientPlace(text, region, ORIGIN, network)


PLACES = (
    place("0.0.0.0/0", "us"),
    place("::/0", "us"),
    place("127.0.2.0/24", "eu", "shop/vpc"),
    place("127.0.3.0/24", "asia", "shop/other"),
    place("fd00:2::/64", "eu"),
)


def answerer(
    *records: DnsRecord,
    zones: tuple[DnsZone, ...] = (zone(),),
    health: States | None = None,
    draw: float = 0.0,
) -> Answerer:
    made = Answerer(lambda: draw)
    catalogue = Catalogue(zones, records)
    made.knowledge = Knowledge(catalogue, Places(PLACES), health or States(), ORDER)
    return made


def ask(
    answering: Answerer,
    name: str,
    of_type: str = "A",
    client: str = "127.0.0.1",
    udp: bool = True,
    **options: object,
) -> dns.message.Message:
    query = dns.message.make_query(name, of_type, **options)  # type: ignore[arg-type]
    wire = answering.answer(query.to_wire(), client, udp=udp)
    assert wire is not None
    response = dns.message.from_wire(wire)
    assert response.id == query.id
    return response


def addresses(response: dns.message.Message) -> list[str]:
    return sorted(rdata.to_text() for rrset in response.answer for rdata in rrset)


def code(response: dns.message.Message) -> str:
    return dns.rcode.to_text(response.rcode())
