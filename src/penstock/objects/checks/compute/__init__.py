"""What the Compute API asks of values beyond their types, one file a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from penstock.objects.checks.compute import common
from penstock.objects.checks.compute.backend_service import check_backend_service
from penstock.objects.checks.compute.certificates import (
    check_server_tls_policy,
    check_ssl_certificate,
    check_ssl_policy,
    check_trust_config,
)
from penstock.objects.checks.compute.fields import check_fields
from penstock.objects.checks.compute.front import check_forwarding_rule, check_target_proxy
from penstock.objects.checks.compute.groups import check_endpoint_group, check_instance_group
from penstock.objects.checks.compute.health_check import check_health_check
from penstock.objects.checks.compute.network import check_address, check_subnetwork
from penstock.objects.checks.compute.security_policy import check_compute_security_policy
from penstock.objects.checks.compute.service_lb_policy import check_service_lb_policy
from penstock.objects.checks.compute.url_map import check_url_map
from penstock.objects.compute.base import ComputeResource, short_name
from penstock.objects.problem import Problem

_BY_KIND: dict[str, Callable[[Any], Iterator[Problem]]] = {
    "compute#forwardingRule": check_forwarding_rule,
    "compute#targetHttpProxy": check_target_proxy,
    "compute#targetHttpsProxy": check_target_proxy,
    "compute#sslCertificate": check_ssl_certificate,
    "compute#sslPolicy": check_ssl_policy,
    "compute#serverTlsPolicy": check_server_tls_policy,
    "compute#trustConfig": check_trust_config,
    "compute#urlMap": check_url_map,
    "compute#backendService": check_backend_service,
    "compute#serviceLbPolicy": check_service_lb_policy,
    "compute#healthCheck": check_health_check,
    "compute#networkEndpointGroup": check_endpoint_group,
    "compute#instanceGroup": check_instance_group,
    "compute#securityPolicy": check_compute_security_policy,
    "compute#address": check_address,
    "compute#subnetwork": check_subnetwork,
}


def check_compute(resource: ComputeResource) -> Iterator[Problem]:
    """Every problem of a Compute resource's values."""
    yield from common.name(("name",), short_name(resource.name))
    yield from check_fields(resource)
    of_kind = _BY_KIND.get(resource.KIND)
    if of_kind is not None:
        yield from of_kind(resource)
