"""Backend services: protocol, time limits, TLS, and which groups are behind them.

https://docs.cloud.google.com/load-balancing/docs/backend-service
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.affinity import read_balancing
from penstock.dialects.compute.backends import NumberedFacts, read_backends
from penstock.dialects.compute.breakers import read_breakers
from penstock.dialects.compute.families import listed_family, read_family
from penstock.dialects.compute.groups import GroupFacts, GroupUse
from penstock.dialects.compute.guards import read_guard
from penstock.dialects.compute.health_checks import (
    HealthCheckReading,
    health_findings,
    is_probed,
)
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.lb_policies import read_lb_policy, read_subsetting
from penstock.dialects.compute.logging import read_logging
from penstock.dialects.compute.outliers import read_outliers
from penstock.dialects.compute.references import resource_field
from penstock.dialects.compute.trust import read_trust
from penstock.model import (
    BackendProtocol,
    BackendServiceName,
    BackendTls,
    Finding,
    Origin,
    SecurityPolicy,
    Setting,
    Severity,
)
from penstock.model import BackendService as ModelService
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.managed import OF_SERVICES, SERVERLESS
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.compute.tls import BackendAuthenticationConfig, TrustConfig
from penstock.objects.meta import Object

INTERNAL_MANAGED: Final = "INTERNAL_MANAGED"

_PROTOCOLS: Final = {
    "HTTP": BackendProtocol.HTTP,
    "HTTPS": BackendProtocol.HTTPS,
    "HTTP2": BackendProtocol.HTTP2,
    "GRPC": BackendProtocol.HTTP2,
    "H2C": BackendProtocol.H2C,
}


class BackendReading(NamedTuple):
    """A backend service as read."""

    at: Located
    object: Object[BackendService]
    service: ModelService
    timeout: Setting[float]
    """Seconds from a request's first byte to the response's last."""
    groups: tuple[GroupUse, ...]
    findings: tuple[Finding, ...]
    health: HealthCheckReading | None = None


class Trusting(NamedTuple):
    """What ``tlsSettings.authenticationConfig`` leads to."""

    config: Object[BackendAuthenticationConfig] | None = None
    trust: Object[TrustConfig] | None = None


def service_name(at: Located) -> BackendServiceName:
    """The model's name of a backend service."""
    return BackendServiceName(f"compute/{at}")


def placeholder(at: Located, origin: Origin) -> ModelService:
    """In place of a backend service that is not there: it has no endpoints, so it answers 503."""
    return ModelService(
        name=service_name(at),
        protocol=Setting(BackendProtocol.HTTP, defaults.ORIGIN),
        negs=(),
        connect_timeout=defaults.CONNECT_TIMEOUT,
        retry=defaults.NO_RETRY,
        origin=origin,
        project=at.project,
        region=region_of(at),
    )


def region_of(at: Located) -> str:
    """The region of a regional resource; empty of a global one."""
    return "" if at.location == GLOBAL else at.location


def read_backend_service(
    at: Located,
    obj: Object[BackendService],
    groups: Sequence[NumberedFacts],
    trusting: Trusting,
    source: Setting[str] | None,
    policy: Object[ServiceLbPolicy] | None = None,
    health: HealthCheckReading | None = None,
    guard: Setting[SecurityPolicy] | None = None,
) -> BackendReading:
    """Read a backend service; `groups` are those of its backends that were found, by index."""
    facts = [each for _, each in groups]
    findings = health_findings(obj, health, facts)
    health = health if is_probed(health, facts) else None
    if not obj.resource.backends:
        message = f"{obj.ref} has no backends; requests for it are answered with 503"
        findings.append(codes.NO_BACKENDS.at(obj.origin(), message))
    family = read_family(obj)
    uses, capacities = read_backends(at, obj, groups, listed_family(family), findings)
    protocol = _protocol(obj, uses, findings)
    tls = _tls(obj, trusting, findings)
    if tls is None and protocol.value.is_tls:
        tls = defaults.BACKEND_TLS
    if not _is_sound(obj, tls, findings):
        uses, capacities = (), ()
    locality_policy, affinity = read_balancing(obj, findings)
    service = ModelService(
        name=service_name(at),
        protocol=protocol,
        negs=tuple(dict.fromkeys(use.name for use in uses)),
        connect_timeout=defaults.CONNECT_TIMEOUT,
        retry=defaults.NO_RETRY,
        origin=obj.origin(),
        idle_timeout=defaults.KEEP_ALIVE,
        tls=tls,
        source=source,
        project=at.project,
        region=region_of(at),
        health_check=health.check.name if health else None,
        capacities=capacities,
        lb_policy=read_lb_policy(policy, findings) if policy is not None else None,
        subsetting=read_subsetting(at, obj, findings),
        locality_policy=locality_policy,
        affinity=affinity,
        circuit_breakers=read_breakers(obj),
        outlier_detection=read_outliers(obj),
        draining_timeout=_draining(obj),
        logging=read_logging(obj, findings),
        address_family=family,
        security_policy=read_guard(obj, guard, findings),
    )
    timeout = _timeout(obj, facts)
    return BackendReading(at, obj, service, timeout, uses, tuple(findings), health)


def _is_sound(
    obj: Object[BackendService], tls: Setting[BackendTls] | None, findings: list[Finding]
) -> bool:
    """Whether nobody is trusted whom the author did not name: without roots all would be."""
    settings = obj.resource.tls_settings
    if tls is None or settings is None or not settings.authentication_config:
        return True
    if tls.value.trust_anchors:
        return True
    message = (
        f"no root of {settings.authentication_config} can be used; requests for {obj.ref} are "
        "answered with 503 rather than sent to endpoints that nobody vouches for"
    )
    origin = obj.origin("tlsSettings", "authenticationConfig")
    findings.append(codes.BACKEND_TRUST.at(origin, message, severity=Severity.ERROR))
    return False


def _protocol(
    obj: Object[BackendService], uses: Sequence[GroupUse], findings: list[Finding]
) -> Setting[BackendProtocol]:
    if uses and uses[0].facts.type in OF_SERVICES:
        service = uses[0].facts.service
        if service is not None and service.protocol:
            return Setting(_PROTOCOLS[service.protocol], service.origin)
        if uses[0].facts.type == SERVERLESS:  # what Google's own network speaks there, whatever
            return Setting(BackendProtocol.HTTP, defaults.ORIGIN)  # the backend service says
    written = obj.resource.protocol
    if written is None:
        return Setting(BackendProtocol.HTTP, defaults.ORIGIN)
    origin = obj.origin("protocol")
    known = _PROTOCOLS.get(written)
    if known is None:
        message = (
            f"Invalid value for field '{resource_field(origin)}': '{written}'. "
            "It is not a protocol of an Application Load Balancer; HTTP is spoken instead"
        )
        findings.append(codes.PROTOCOL.at(origin, message, f"use one of {', '.join(_PROTOCOLS)}"))
    return Setting(known or BackendProtocol.HTTP, origin)


def _timeout(obj: Object[BackendService], groups: Sequence[GroupFacts]) -> Setting[float]:
    if any(facts.type == SERVERLESS for facts in groups):
        return defaults.SERVERLESS_TIMEOUT
    written = obj.resource.timeout_sec
    if written is None:
        return defaults.TIMEOUT
    return Setting(float(written), obj.origin("timeoutSec"))


def _draining(obj: Object[BackendService]) -> Setting[float] | None:
    draining = obj.resource.connection_draining
    if draining is None or draining.draining_timeout_sec is None:
        return None
    origin = obj.origin("connectionDraining", "drainingTimeoutSec")
    return Setting(float(draining.draining_timeout_sec), origin)


def _tls(
    obj: Object[BackendService], trusting: Trusting, findings: list[Finding]
) -> Setting[BackendTls] | None:
    settings = obj.resource.tls_settings
    if settings is None:
        return None
    origin = obj.origin("tlsSettings")
    names = [n.dns_name or n.uniform_resource_identifier for n in settings.subject_alt_names or ()]
    config = trusting.config
    if config is not None and config.resource.client_certificate:
        message = "endpoints are shown no certificate; clientCertificate has no effect"
        findings.append(codes.BACKEND_TRUST.at(config.origin("clientCertificate"), message))
    return Setting(
        BackendTls(
            server_name=settings.sni or "",
            subject_alt_names=tuple(name for name in names if name),
            trust_anchors=_anchors(trusting, findings),
            minimum=defaults.BACKEND_TLS.value.minimum,
        ),
        origin,
    )


def _anchors(trusting: Trusting, findings: list[Finding]) -> bytes:
    config = trusting.config
    if config is not None and config.resource.well_known_roots == "PUBLIC_ROOTS":
        message = "public roots are not trusted by Penstock; only those of trustConfig count"
        hint = "name the roots in a trustConfig"
        findings.append(codes.BACKEND_TRUST.at(config.origin("wellKnownRoots"), message, hint))
    if trusting.trust is None:
        return b""
    return read_trust(trusting.trust).anchors
