"""Names of load balancers as data: what clients of each region are answered, and why."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from penstock.dns import Choice, Knowledge, choose
from penstock.dns.catalogue import Catalogue
from penstock.dns.choose import shares
from penstock.model import DnsPolicyKind, DnsRecord
from penstock.runtime.dns import resolve
from penstock.runtime.revision import Revision
from penstock.status.report import Json

_NO_TRICKLE: Final = 1.0
"""A draw that no share of backups reaches."""


class UnknownNameError(Exception):
    """There is no such name, or the client is no address; the message says which."""


def place(address: tuple[str, int] | None) -> Json | None:
    """Where names are answered; None if nowhere."""
    return None if address is None else {"address": address[0], "port": address[1]}


def served_names(revision: Revision) -> list[str]:
    """All names that have addresses."""
    return sorted({record.name for record in revision.model.dns_records if record.items})


def names(revision: Revision, knowledge: Knowledge) -> list[Json]:
    """Every record with its answers."""
    regions = sorted({place.region for place in revision.model.client_places})
    records = (record for record in revision.model.dns_records if record.items)
    return [_record(record, regions, knowledge) for record in records]


def _record(record: DnsRecord, regions: list[str], knowledge: Knowledge) -> Json:
    return {
        "name": record.name,
        "type": record.type,
        "ttl": record.ttl.value,
        "policy": record.kind.value,
        "object": record.origin.object,
        "answers": list(_answers(record, regions, knowledge)),
    }


def _answers(record: DnsRecord, regions: list[str], knowledge: Knowledge) -> Iterator[Json]:
    health, order = knowledge.health, knowledge.order
    if record.kind is DnsPolicyKind.WEIGHTED:
        for item, share in shares(record, health):
            alone = choose(_only(record, item), "", health, order, 0.0)
            yield _answer(alone, share=round(share, 4))
    elif record.kind is DnsPolicyKind.SIMPLE:
        yield _answer(choose(record, "", health, order, 0.0))
    else:
        for region in regions:
            yield _answer(choose(record, region, health, order, _NO_TRICKLE), region=region)


def _only(record: DnsRecord, item: Any) -> DnsRecord:
    return DnsRecord(record.name, record.type, record.ttl, record.kind, (item,), record.origin)


def _answer(choice: Choice, region: str | None = None, share: float | None = None) -> Json:
    return {
        "region": region,
        "share": share,
        "addresses": list(choice.addresses),
        "why": choice.why,
    }


def resolved(knowledge: Knowledge, name: str, of_type: str, client: str, draw: float) -> Json:
    """What one client is answered.

    Raises:
        UnknownNameError: there is no such name, or `client` is no address.
    """
    wanted = name.lower().removesuffix(".") + "."
    try:
        ipaddress.ip_address(client)
    except ValueError as error:
        raise UnknownNameError(f"{client!r} is no IP address") from error
    record = (knowledge.catalogue.find(wanted) or {}).get(of_type)
    if record is None or not record.items:
        raise UnknownNameError(_unknown(wanted, of_type, knowledge.catalogue))
    where, choice = resolve(knowledge, record, client, draw)
    return {
        "name": wanted,
        "type": of_type,
        "ttl": record.ttl.value,
        "policy": record.kind.value,
        "client": client,
        "region": where.region or None,
        "range": where.range or None,
        "addresses": list(choice.addresses),
        "why": choice.why,
        "object": record.origin.object,
    }


def _unknown(name: str, of_type: str, catalogue: Catalogue) -> str:
    known = sorted({record.name for record in catalogue if record.items})
    if not known:
        host = name.removesuffix(".")
        return (
            f"there is no record of type {of_type} for {name}, nor any Cloud DNS record set; what "
            f"a load balancer does with a request: penstock explain http://{host}/"
        )
    listed = ", ".join(known[:5]) + (" …" if len(known) > 5 else "")
    return f"there is no record of type {of_type} for {name}; names: {listed}"
