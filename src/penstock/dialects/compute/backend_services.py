"""Backend services: protocol, time limits, TLS, and which groups are behind them.

https://docs.cloud.google.com/load-balancing/docs/backend-service
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.groups import (
    INSTANCES,
    SERVED,
    SERVERLESS,
    GroupFacts,
    GroupUse,
    named_port,
)
from penstock.dialects.compute.health_checks import (
    HealthCheckReading,
    health_findings,
    is_probed,
)
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import resource_field
from penstock.dialects.compute.trust import read_trust
from penstock.model import (
    BackendProtocol,
    BackendServiceName,
    BackendTls,
    Finding,
    Origin,
    Setting,
    Severity,
)
from penstock.model import BackendService as ModelService
from penstock.objects.compute.backend_service import BackendService
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
    )


def read_backend_service(
    at: Located,
    obj: Object[BackendService],
    groups: Sequence[tuple[int, GroupFacts]],
    trusting: Trusting,
    source: Setting[str] | None,
    health: HealthCheckReading | None = None,
) -> BackendReading:
    """Read a backend service; `groups` are those of its backends that were found, by index."""
    facts = [each for _, each in groups]
    findings = health_findings(obj, health, facts)
    health = health if is_probed(health, facts) else None
    if not obj.resource.backends:
        message = f"{obj.ref} has no backends; requests for it are answered with 503"
        findings.append(codes.NO_BACKENDS.at(obj.origin(), message))
    uses = tuple(_uses(obj, groups, findings))
    protocol = _protocol(obj, findings)
    tls = _tls(obj, trusting, findings)
    if tls is None and protocol.value.is_tls:
        tls = defaults.BACKEND_TLS
    if not _is_sound(obj, tls, findings):
        uses = ()
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
        health_check=health.check.name if health else None,
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


def _protocol(obj: Object[BackendService], findings: list[Finding]) -> Setting[BackendProtocol]:
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


def _uses(
    obj: Object[BackendService],
    groups: Sequence[tuple[int, GroupFacts]],
    findings: list[Finding],
) -> list[GroupUse]:
    uses: list[GroupUse] = []
    family = groups[0][1].family if groups else ""
    for i, facts in groups:
        origin = obj.origin("backends", i, "group")
        if facts.family != family:
            findings.append(_mixed(obj, origin, facts, groups[0][1]))
        elif facts.type == INSTANCES:
            port = named_port(facts, obj.resource.port_name)
            if port is None:
                findings.append(_no_port(obj, facts))
            else:
                uses.append(GroupUse(facts, port))
        elif facts.type in SERVED:
            uses.append(GroupUse(facts, None))
        else:
            message = (
                f"endpoints of {facts.family} ({facts.at.name}) are not supported yet; "
                "requests for them are answered with 503"
            )
            findings.append(codes.GROUP_KIND.at(origin, message))
    return uses


def _mixed(
    obj: Object[BackendService], origin: Origin, facts: GroupFacts, first: GroupFacts
) -> Finding:
    index = origin.path[1]
    assert isinstance(index, int)
    text = (obj.resource.backends or ())[index].group
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{text}'. "
        f"All backends of a backend service have to be of one kind: {facts.at.name} belongs to "
        f"{facts.family}, {first.at.name} to {first.family}; it is left out"
    )
    return codes.MIXED_GROUPS.at(origin, message)


def _no_port(obj: Object[BackendService], facts: GroupFacts) -> Finding:
    names = ", ".join(sorted({name for name, _ in facts.ports})) or "none"
    message = (
        f"the instance group {facts.at.name} has no port named {obj.resource.port_name}; "
        "the group is left out of the backend service"
    )
    return codes.NAMED_PORT.at(obj.origin("portName"), message, f"its named ports: {names}")


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
