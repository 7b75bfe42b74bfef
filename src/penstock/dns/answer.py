"""From one query's bytes to its answer's.

Authoritative only (RFC 1034, RFC 2308, RFC 6891, RFC 7871, RFC 8482): nothing is asked
of others, zone transfers are refused, and whatever is no query is answered with a bare
header or not at all.  Answers are hardly longer than queries, so that nobody gains by
forging senders' addresses.
"""

from __future__ import annotations

import ipaddress
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig

from penstock.dns.catalogue import Catalogue
from penstock.dns.choose import Order, TargetHealth, TargetState, choose
from penstock.dns.places import Place, Places
from penstock.model import DnsRecord, DnsTarget, DnsZone

_log = logging.getLogger(__name__)

LARGEST_UDP: Final = 1232
"""Bytes that pass every path without fragments (DNS flag day 2020)."""
_SMALLEST_UDP: Final = 512
_HEADER: Final = 12
_QR: Final = 0x80
_SOA_TTL: Final = 21600
_NEGATIVE_TTL: Final = 300
_SERVER: Final = "ns-gcp-private.googledomains.com."
_SOA: Final = "cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
"""What private zones of Cloud DNS have: refresh, retry, expire and negative TTL in seconds."""
_TRANSFERS: Final = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)


class _Nothing:
    def state(self, target: DnsTarget) -> TargetState:
        return TargetState(target.address, True, "not checked")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What answers are made from; replaced as a whole."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    places: Places = field(default_factory=lambda: Places(()))
    health: TargetHealth = field(default_factory=_Nothing)
    order: Order = field(default_factory=dict)


class Answerer:
    """Answers queries from the latest knowledge; `counts` by response code."""

    def __init__(self, draw: Callable[[], float]) -> None:
        """`draw` gives numbers from [0, 1)."""
        self._draw = draw
        self.knowledge: Knowledge | None = None
        """None: nothing is known yet."""
        self.counts: Counter[str] = Counter()

    def answer(self, wire: bytes, client: str, *, udp: bool) -> bytes | None:
        """The answer's bytes; None where there is nobody to answer."""
        if len(wire) < _HEADER or wire[2] & _QR:
            self.counts["dropped"] += 1
            return None
        opcode = (wire[2] >> 3) & 0xF
        if opcode != 0:
            return self._bare(wire, dns.rcode.NOTIMP)
        try:
            query = dns.message.from_wire(wire)
        except dns.message.UnknownTSIGKey:
            return self._bare(wire, dns.rcode.NOTAUTH)
        except Exception:  # Whatever a stranger's bytes make a parser say: they are no query.
            return self._bare(wire, dns.rcode.FORMERR)
        try:
            return self._respond(query, client, udp=udp)
        except Exception:
            # A defect of ours must not silence the responder.
            _log.exception("event=dns-answer-failed")
            return self._bare(wire, dns.rcode.SERVFAIL)

    def _bare(self, wire: bytes, code: dns.rcode.Rcode) -> bytes:
        """A header without anything: identifier, opcode and "recursion desired" are the query's."""
        self.counts[dns.rcode.to_text(code)] += 1
        return wire[:2] + bytes((_QR | wire[2] & 0x79, int(code))) + bytes(8)

    def _respond(self, query: dns.message.Message, client: str, *, udp: bool) -> bytes:
        response = dns.message.make_response(query, our_payload=LARGEST_UDP)
        code = self._fill(response, query, client)
        response.set_rcode(code)
        self.counts[dns.rcode.to_text(code)] += 1
        size = 65535
        if udp:
            asked = query.payload if query.edns >= 0 else _SMALLEST_UDP
            size = min(max(asked, _SMALLEST_UDP), LARGEST_UDP)
        return response.to_wire(max_size=size, prefer_truncation=True)

    def _fill(
        self, response: dns.message.Message, query: dns.message.Message, client: str
    ) -> dns.rcode.Rcode:
        if query.edns > 0:
            response.use_edns(0, payload=LARGEST_UDP)
            return dns.rcode.BADVERS
        if len(query.question) != 1:
            return dns.rcode.FORMERR
        question = query.question[0]
        if question.rdclass not in (dns.rdataclass.IN, dns.rdataclass.ANY):
            return dns.rcode.REFUSED
        if question.rdtype in _TRANSFERS:
            return dns.rcode.REFUSED
        if self.knowledge is None:
            return dns.rcode.SERVFAIL
        return _Answering(self.knowledge, query, response, client, self._draw).fill(question)


class _Answering:
    """One question."""

    def __init__(
        self,
        knowledge: Knowledge,
        query: dns.message.Message,
        response: dns.message.Message,
        client: str,
        draw: Callable[[], float],
    ) -> None:
        self._knows = knowledge
        self._query = query
        self._response = response
        self._client = client
        self._draw = draw

    def fill(self, question: dns.rrset.RRset) -> dns.rcode.Rcode:
        """Fill the answer's sections; its response code."""
        name = question.name.to_text().lower()
        zone = self._knows.catalogue.zone(name)
        if zone is None or not _sees(zone, self._knows.places.of(self._client)):
            return dns.rcode.REFUSED
        self._response.flags |= dns.flags.AA
        records = self._knows.catalogue.find(name)
        self._subnet(zone, used=False)
        if records is None:
            self._no_data(zone)
            return dns.rcode.NXDOMAIN
        self._found(question, zone, records, is_apex=name == zone.name)
        if not self._response.answer:
            self._no_data(zone)
        return dns.rcode.NOERROR

    def _found(
        self,
        question: dns.rrset.RRset,
        zone: DnsZone,
        records: Mapping[str, DnsRecord],
        *,
        is_apex: bool,
    ) -> None:
        wanted = dns.rdatatype.to_text(question.rdtype)
        if wanted == "ANY":
            self._add(question.name, 3600, "HINFO", ['"RFC8482" ""'])
        elif is_apex and wanted == "SOA":
            self._add(question.name, _SOA_TTL, "SOA", [_soa(zone)])
        elif is_apex and wanted == "NS":
            self._add(question.name, _SOA_TTL, "NS", list(zone.name_servers) or [_SERVER])
        elif (record := records.get(wanted)) is not None and record.items:
            self._chosen(question.name, zone, record)

    def _chosen(self, name: dns.name.Name, zone: DnsZone, record: DnsRecord) -> None:
        knows = self._knows
        place = knows.places.of(self._subnet(zone, used=False) or self._client)
        choice = choose(record, place.region, knows.health, knows.order, self._draw())
        if choice.addresses:
            self._add(name, record.ttl.value, record.type, list(choice.addresses))
        if choice.by_place:
            self._subnet(zone, used=True)

    def _subnet(self, zone: DnsZone, *, used: bool) -> str | None:
        """The subnet's address that a query may speak for (RFC 7871), which the answer repeats.

        Cloud DNS takes it in public zones only; here whoever asks from this machine may
        try out every client.
        """
        options = self._query.options
        asked = next((o for o in options if isinstance(o, dns.edns.ECSOption)), None)
        if asked is None:
            return None
        is_honoured = zone.is_public or ipaddress.ip_address(self._client).is_loopback
        is_honoured = is_honoured and asked.srclen > 0
        scope = asked.srclen if used and is_honoured else 0
        said = dns.edns.ECSOption(asked.address, asked.srclen, scope)
        self._response.use_edns(0, payload=LARGEST_UDP, options=[said])
        return asked.address if is_honoured else None

    def _no_data(self, zone: DnsZone) -> None:
        apex = dns.name.from_text(zone.name)
        soa = dns.rrset.from_text(apex, _NEGATIVE_TTL, "IN", "SOA", _soa(zone))
        self._response.authority.append(soa)

    def _add(self, name: dns.name.Name, ttl: int, of_type: str, texts: list[str]) -> None:
        self._response.answer.append(dns.rrset.from_text_list(name, ttl, "IN", of_type, texts))


def _soa(zone: DnsZone) -> str:
    return f"{(*zone.name_servers, _SERVER)[0]} {_SOA}"


def _sees(zone: DnsZone, place: Place) -> bool:
    """Whether a client's network may see a zone; nothing is known of who is in none."""
    if zone.is_elsewhere:
        return False
    return not zone.networks or not place.network or place.network in zone.networks
