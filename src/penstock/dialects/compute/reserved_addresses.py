"""Addresses that somebody reserved: address resources, and those of a PenstockConfig."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute.index import Index
from penstock.model import Origin
from penstock.objects.compute.base import ANY_PROJECT, GLOBAL
from penstock.objects.compute.network import Address as AddressResource

SHARED: Final = "SHARED_LOADBALANCER_VIP"
"""The purpose with which several forwarding rules may have one address."""


class Reserved(NamedTuple):
    """An address that somebody reserved."""

    name: str
    address: str | None
    is_shared: bool
    subnetwork: str | None
    origin: Origin


class ReservedAddresses:
    """Those of one world."""

    def __init__(self, index: Index) -> None:
        self._by_place = dict(reserved_addresses(index))

    def __iter__(self) -> Iterator[Reserved]:
        return iter(self._by_place.values())

    def named(self, project: str, location: str, name: str) -> Reserved | None:
        """The one of that name, which is another in every project and region."""
        return self._by_place.get((project, location, name))

    def names(self, project: str, location: str) -> list[str]:
        """What the ones of a project and region are called."""
        wanted = (project, location)
        return [name for owner, place, name in self._by_place if (owner, place) == wanted]

    def of(self, project: str, address: str) -> Reserved | None:
        """The reservation of an address in a project, if there is one."""
        mine = (r for (owner, _, _), r in self._by_place.items() if owner == project)
        return next((reserved for reserved in mine if reserved.address == address), None)


def reserved_addresses(index: Index) -> list[tuple[tuple[str, str, str], Reserved]]:
    """Every reserved address by project, location and name."""
    listed: list[tuple[tuple[str, str, str], Reserved]] = []
    config = index.config
    for address, origin in config.addresses:
        project = config.named(address.project or ANY_PROJECT)
        key = (project, address.region or GLOBAL, address.name)
        where = origin.child("address")
        is_shared = address.purpose == SHARED
        listed.append((key, Reserved(address.name, address.address, is_shared, None, where)))
    for at, obj in index.all(AddressResource):
        resource = obj.resource
        is_shared = resource.purpose == SHARED
        where = obj.origin("address") if resource.address else obj.origin()
        reserved = Reserved(at.name, resource.address, is_shared, resource.subnetwork, where)
        listed.append(((at.project, at.location, at.name), reserved))
    return listed
