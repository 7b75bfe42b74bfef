"""Groups that stand for a service of the cloud, and which entry of a PenstockConfig means it.

Such a group has no endpoints; it names a Cloud Run service, a service attachment or an
API.  An entry of ``spec.services`` means a group by that name or by the group's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from penstock.objects.compute.groups import NetworkEndpointGroup
from penstock.objects.penstock_config import ServiceConfig

SERVERLESS: Final = "SERVERLESS"
PSC: Final = "PRIVATE_SERVICE_CONNECT"
OF_SERVICES: Final = frozenset({SERVERLESS, PSC})
"""Types of groups that stand for a service."""


def product_of(group: NetworkEndpointGroup) -> str:
    """The field that says which product a serverless group is of; empty if none does."""
    written = (
        ("cloudRun", group.cloud_run),
        ("appEngine", group.app_engine),
        ("cloudFunction", group.cloud_function),
    )
    return next((name for name, value in written if value is not None), "")


def find_service(
    name: str, region: str, group: NetworkEndpointGroup, services: Iterable[ServiceConfig]
) -> ServiceConfig | None:
    """The entry that means the group `name`; one of its region before one of any region."""
    names, tag = set(names_of(name, group)), group.cloud_run.tag if group.cloud_run else None
    mine = [
        service
        for service in services
        if service.name in names and service.tag == tag and service.region in (None, region)
    ]
    near = (service for service in mine if service.region == region)
    return next(near, mine[0] if mine else None)


def names_of(name: str, group: NetworkEndpointGroup) -> Iterator[str]:
    """What entries may call the group `name`."""
    yield name
    if group.cloud_run and group.cloud_run.service:
        yield group.cloud_run.service
    target = (group.psc_target_service or "").rstrip("/")
    if target:
        yield from (target, target.rpartition("/")[2])
