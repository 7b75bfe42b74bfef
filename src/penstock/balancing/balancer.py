"""From a model, health and load to assignments; remembers what did not change."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.model import (
    AssignedEndpoint,
    AssignedGroup,
    Assignment,
    BackendService,
    BackendServiceName,
    Endpoint,
    EndpointStatus,
    HealthCheckName,
    HealthView,
    LoadView,
    Model,
    NegKind,
    NetworkEndpointGroup,
)

Assignments = Mapping[BackendServiceName, Assignment]


class Balancer:
    """Makes the assignments for the proxies of one region."""

    def __init__(self, region: str = "") -> None:
        """`region` is empty where proxies serve whatever there is."""
        self._region = region
        self._last: Assignments = {}

    def assign(self, model: Model, health: HealthView, loads: LoadView) -> Assignments:
        """Of every backend service that needs one."""
        if not model.health_checks:
            self._last = {}
            return self._last
        made = {
            service.name: self._same(_assignment(service, service.health_check, model, health))
            for service in model.backend_services.values()
            if service.health_check is not None
        }
        self._last = made
        return made

    def _same(self, fresh: Assignment) -> Assignment:
        known = self._last.get(fresh.service)
        return known if known == fresh else fresh


def _assignment(
    service: BackendService, check: HealthCheckName, model: Model, health: HealthView
) -> Assignment:
    groups = (_group(model.negs[name], check, health) for name in sorted(service.negs))
    return Assignment(service.name, tuple(groups))


def _group(neg: NetworkEndpointGroup, check: HealthCheckName, health: HealthView) -> AssignedGroup:
    endpoints = {
        AssignedEndpoint(e.address, e.port, _status(e, neg, check, health))
        for e in neg.endpoints
        if e.ready and neg.kind is NegKind.IP_PORT
    }
    return AssignedGroup(neg.name, tuple(sorted(endpoints)), neg.region, neg.zone)


def _status(
    endpoint: Endpoint, neg: NetworkEndpointGroup, check: HealthCheckName, health: HealthView
) -> EndpointStatus:
    if neg.probed_by_proxies:
        return EndpointStatus.UNPROBED
    known = health.get((check, endpoint.address, endpoint.port))
    return EndpointStatus.HEALTHY if known and known.healthy else EndpointStatus.UNHEALTHY
