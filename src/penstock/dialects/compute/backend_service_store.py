"""The backend services of one world, each read with all that it refers to.

`backend_services` says what one means; here its references are followed: to groups,
a health check, a service load balancing policy, and how its endpoints are to be
trusted.  What does not lead to anything is a finding, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TypeVar

from penstock.dialects.compute.backend_services import (
    BackendReading,
    Trusting,
    read_backend_service,
)
from penstock.dialects.compute.backends import NumberedFacts
from penstock.dialects.compute.groups import GroupFacts, GroupUse
from penstock.dialects.compute.guards import named_policy
from penstock.dialects.compute.health_checks import HealthCheckReading, read_health_check
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import Found, Resolver, noted
from penstock.dialects.memo import Memo
from penstock.model import (
    BackendServiceName,
    Finding,
    HealthCheck,
    HealthCheckName,
    Origin,
    Setting,
)
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck as ComputeHealthCheck
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.compute.tls import BackendAuthenticationConfig, TrustConfig
from penstock.objects.meta import Object

R = TypeVar("R", bound=ComputeResource)
AnyGroup = NetworkEndpointGroup | InstanceGroup


class BackendServiceStore:
    """Readings by place, once `read_all` was called."""

    def __init__(
        self,
        resolver: Resolver,
        facts: Mapping[tuple[str, Located], GroupFacts],
        memo: Memo,
        findings: list[Finding],
    ) -> None:
        """`facts` are those of every group, by kind and place."""
        self._resolver = resolver
        self._facts = facts
        self._memo = memo
        self._findings = findings
        self._readings: dict[Located, BackendReading] = {}

    def __getitem__(self, at: Located) -> BackendReading:
        return self._readings[at]

    def read_all(self, sources: Mapping[Located, Setting[str] | None]) -> None:
        """Read them; `sources` says where connections to the endpoints of each come from."""
        for at, obj in self._resolver.index.all(BackendService):
            reading = self._read(at, obj, sources.get(at))
            self._readings[at] = reading
            self._findings.extend(reading.findings)

    def uses(self, names: Container[BackendServiceName]) -> tuple[GroupUse, ...]:
        """Which groups some backend services use, and how, in order."""
        mine = (r for r in self._readings.values() if r.service.name in names)
        uses = {use.name: use for reading in mine for use in reading.groups}
        return tuple(uses[name] for name in sorted(uses))

    def health_checks(
        self, names: Container[BackendServiceName]
    ) -> dict[HealthCheckName, HealthCheck]:
        """The health checks that some backend services use, in order."""
        mine = (r.health for r in self._readings.values() if r.service.name in names)
        checks = {health.check.name: health.check for health in mine if health}
        return {name: checks[name] for name in sorted(checks)}

    def _read(
        self, at: Located, obj: Object[BackendService], source: Setting[str] | None
    ) -> BackendReading:
        groups = self._groups(at, obj)
        trusting = self._trusting(at, obj)
        policy = self._lb_policy(at, obj)
        health = self._health_check(at, obj)
        guard = named_policy(at, obj, self._resolver.index.config)
        inputs = (obj, source, policy, health, guard, *trusting, *(f for _, f in groups))
        key = ("service", at, tuple(i for i, _ in groups))
        return self._memo.get(
            key,
            inputs,
            lambda: read_backend_service(at, obj, groups, trusting, source, policy, health, guard),
        )

    def _groups(self, at: Located, obj: Object[BackendService]) -> list[NumberedFacts]:
        kinds: list[type[AnyGroup]] = [NetworkEndpointGroup, InstanceGroup]
        groups: list[NumberedFacts] = []
        for i, backend in enumerate(obj.resource.backends or ()):
            if backend.group:
                origin = obj.origin("backends", i, "group")
                found = self._follow(backend.group, kinds, at, origin)
                if found is not None:
                    groups.append((i, self._facts[found.object.kind, found.at]))
        return groups

    def _lb_policy(
        self, at: Located, obj: Object[BackendService]
    ) -> Object[ServiceLbPolicy] | None:
        written = obj.resource.service_lb_policy
        if not written:
            return None
        origin = obj.origin("serviceLbPolicy")
        found = self._follow(written, [ServiceLbPolicy], at, origin)
        return found.object if found else None

    def _health_check(self, at: Located, obj: Object[BackendService]) -> HealthCheckReading | None:
        written = obj.resource.health_checks
        if not written:
            return None
        origin = obj.origin("healthChecks", 0)
        found = self._follow(written[0], [ComputeHealthCheck], at, origin)
        if found is None:
            return None
        where, check = found
        key = ("health check", where)
        return self._memo.get(key, (check,), lambda: read_health_check(where, check))

    def _trusting(self, at: Located, obj: Object[BackendService]) -> Trusting:
        settings = obj.resource.tls_settings
        if settings is None or not settings.authentication_config:
            return Trusting()
        named = settings.authentication_config
        origin = obj.origin("tlsSettings", "authenticationConfig")
        found = self._follow(named, [BackendAuthenticationConfig], at, origin)
        if found is None:
            return Trusting()
        written = found.object.resource.trust_config
        if not written:
            return Trusting(found.object)
        where = found.object.origin("trustConfig")
        trust = self._follow(written, [TrustConfig], found.at, where)
        return Trusting(found.object, trust.object if trust else None)

    def _follow(
        self, text: str, kinds: Sequence[type[R]], source: Located, origin: Origin
    ) -> Found[R] | None:
        return noted(self._resolver.follow(text, kinds, source, origin), self._findings)
