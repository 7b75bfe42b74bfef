"""Services of the cloud behind serverless and Private Service Connect groups: where they are."""

from __future__ import annotations

from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.model import Origin
from penstock.objects.compute import managed
from penstock.objects.compute.groups import NetworkEndpointGroup

HTTPS_PORT: Final = 443


class Managed(NamedTuple):
    """Where a service is."""

    address: str
    """IPv4, IPv6 or a DNS name."""
    port: int
    protocol: str | None
    """What it speaks, as backend services write it, if that is written."""
    origin: Origin


def find_service(
    name: str, region: str, group: NetworkEndpointGroup, config: Config
) -> Managed | None:
    """Where the service behind the group `name` is, if a PenstockConfig says it."""
    service = managed.find_service(name, region, group, (s for s, _ in config.services))
    if service is None:
        return None
    producer = group.psc_data.producer_port if group.psc_data else None
    port = service.port or producer or HTTPS_PORT
    origin = next(origin for known, origin in config.services if known is service)
    return Managed(service.address, port, service.protocol, origin)
