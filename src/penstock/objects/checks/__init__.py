"""What Kubernetes asks of objects' values beyond their types, one file a family.

Each check takes a typed object and yields problems; none knows about files.
Checks run on every object that is read, so they must be quick on good ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from penstock.objects.checks.compute import check_compute
from penstock.objects.checks.core import check_secret
from penstock.objects.checks.dns import check_dns
from penstock.objects.checks.endpoints import check_endpoints, check_slice
from penstock.objects.checks.gke import (
    check_backend_config,
    check_frontend_config,
    check_managed_certificate,
)
from penstock.objects.checks.ingress import check_class, check_ingress
from penstock.objects.checks.metadata import check_metadata
from penstock.objects.checks.penstock_config import check_penstock_config
from penstock.objects.checks.service import check_service
from penstock.objects.checks.workloads import check_pod, check_workload
from penstock.objects.compute.base import ComputeResource
from penstock.objects.dns.base import DnsResource
from penstock.objects.meta import Resource
from penstock.objects.problem import Problem

_BY_KIND: dict[str, Callable[[Any], Iterator[Problem]]] = {
    "Ingress": check_ingress,
    "IngressClass": check_class,
    "Service": check_service,
    "EndpointSlice": check_slice,
    "Endpoints": check_endpoints,
    "Secret": check_secret,
    "Pod": check_pod,
    "Deployment": check_workload,
    "ReplicaSet": check_workload,
    "StatefulSet": check_workload,
    "DaemonSet": check_workload,
    "PenstockConfig": check_penstock_config,
    "BackendConfig": check_backend_config,
    "FrontendConfig": check_frontend_config,
    "ManagedCertificate": check_managed_certificate,
}


def check(resource: Resource) -> Iterator[Problem]:
    """Every problem of an object's values."""
    if isinstance(resource, ComputeResource):
        yield from check_compute(resource)
        return
    if isinstance(resource, DnsResource):
        yield from check_dns(resource)
        return
    yield from check_metadata(resource)
    of_kind = _BY_KIND.get(resource.KIND)
    if of_kind is not None:
        yield from of_kind(resource)
