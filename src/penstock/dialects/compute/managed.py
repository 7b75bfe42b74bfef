"""Services of the cloud behind serverless and Private Service Connect groups.

Such a group has no endpoints; it names a Cloud Run service, a service attachment or
an API.  A PenstockConfig says where that is (``spec.services``): by that name, or by the
group's own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.model import Origin
from penstock.objects.compute.groups import NetworkEndpointGroup
from penstock.objects.penstock_config import ServiceConfig

HTTPS_PORT: Final = 443


class Managed(NamedTuple):
    """Where a service is."""

    address: str
    """IPv4, IPv6 or a DNS name."""
    port: int
    protocol: str
    """What it speaks, as backend services write it; empty is the backend service's own choice."""
    origin: Origin


def product_of(group: NetworkEndpointGroup) -> str:
    """The field that says which product a serverless group is of; empty if none does."""
    written = (
        ("cloudRun", group.cloud_run),
        ("appEngine", group.app_engine),
        ("cloudFunction", group.cloud_function),
    )
    return next((name for name, value in written if value is not None), "")


def find_service(
    name: str, region: str, group: NetworkEndpointGroup, config: Config
) -> Managed | None:
    """Where the service behind a group is; one of the group's region before one of any."""
    names, tag = set(_names(name, group)), group.cloud_run.tag if group.cloud_run else None
    mine = [
        (service, origin)
        for service, origin in config.services
        if service.name in names and service.tag == tag and service.region in (None, region)
    ]
    near = [item for item in mine if item[0].region == region] or mine
    return _managed(*near[0], group) if near else None


def _managed(service: ServiceConfig, origin: Origin, group: NetworkEndpointGroup) -> Managed:
    producer = group.psc_data.producer_port if group.psc_data else None
    is_run = group.psc_target_service is None
    protocol = service.protocol or ("HTTP" if is_run else "")
    return Managed(service.address, service.port or producer or HTTPS_PORT, protocol, origin)


def _names(name: str, group: NetworkEndpointGroup) -> Iterator[str]:
    yield name
    if group.cloud_run and group.cloud_run.service:
        yield group.cloud_run.service
    target = (group.psc_target_service or "").rstrip("/")
    if target:
        yield from (target, target.rpartition("/")[2])


def is_address(text: str) -> bool:
    """Whether a text is an IP address rather than a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
