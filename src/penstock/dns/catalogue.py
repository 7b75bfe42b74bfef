"""Which names there are: zones, records, and what lies between them (RFC 1034, RFC 4592)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.model import DnsRecord, DnsZone

Records = Mapping[str, DnsRecord]
"""Type → record."""


class Catalogue:
    """The names of one model."""

    def __init__(self, zones: Iterable[DnsZone] = (), records: Iterable[DnsRecord] = ()) -> None:
        self.zones = {zone.name: zone for zone in zones}
        self._names: dict[str, dict[str, DnsRecord]] = {}
        self._existing = set(self.zones)
        for record in records:
            zone = self.zone(record.name)
            if zone is None:
                continue
            self._names.setdefault(record.name, {})[record.type] = record
            for name in around(record.name):
                self._existing.add(name)
                if name == zone.name:
                    break

    def __iter__(self) -> Iterator[DnsRecord]:
        """All records by name and type."""
        for name in sorted(self._names):
            for of_type in sorted(self._names[name]):
                yield self._names[name][of_type]

    def zone(self, name: str) -> DnsZone | None:
        """The zone with the longest name that holds `name` (absolute, lower case)."""
        return next((self.zones[n] for n in around(name) if n in self.zones), None)

    def find(self, name: str) -> Records | None:
        """The records of a name, or of the wildcard that covers it; None: there is no such name."""
        if name in self._existing:
            return self._names.get(name, {})
        encloser = next((above for above in around(name) if above in self._existing), None)
        return self._names.get(f"*.{encloser}") if encloser else None


def around(name: str) -> Iterator[str]:
    """A name and all above it, longest first; the root is left out."""
    while name not in ("", "."):
        yield name
        name = name.partition(".")[2]
