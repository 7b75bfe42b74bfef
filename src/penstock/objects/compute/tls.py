"""Certificates, SSL policies, and who trusts whom."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.objects.compute.base import ComputeFields, ComputeResource


class SelfManagedCertificate(ComputeFields, frozen=True):
    """Chain and key of a self-managed certificate."""

    certificate: str | None = None
    private_key: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class SslCertificate(ComputeResource, frozen=True):
    """A certificate chain; its key is never shown."""

    KIND: ClassVar[str] = "compute#sslCertificate"

    certificate: str | None = None
    expire_time: str | None = None
    managed: Any = None
    private_key: str | None = None
    self_managed: SelfManagedCertificate | None = None
    subject_alternative_names: tuple[str, ...] | None = None
    type: str | None = None

    def __repr__(self) -> str:
        return f"SslCertificate({self.name})"


class SslPolicy(ComputeResource, frozen=True):
    """Which TLS versions and ciphers clients may use."""

    KIND: ClassVar[str] = "compute#sslPolicy"

    custom_features: tuple[str, ...] | None = None
    enabled_features: tuple[str, ...] | None = None
    min_tls_version: str | None = None
    post_quantum_key_exchange: str | None = None
    profile: str | None = None
    warnings: tuple[dict[str, Any], ...] | None = None


class MtlsPolicy(ComputeFields, frozen=True):
    """How clients' certificates are validated."""

    client_validation_ca: tuple[Any, ...] | None = None
    client_validation_mode: str | None = None
    client_validation_relaxations: tuple[str, ...] | None = None
    client_validation_trust_config: str | None = None


class ServerTlsPolicy(ComputeResource, frozen=True):
    """What a target proxy asks of clients' certificates."""

    KIND: ClassVar[str] = "compute#serverTlsPolicy"

    allow_open: bool | None = None
    create_time: str | None = None
    labels: dict[str, str] | None = None
    mtls_policy: MtlsPolicy | None = None
    server_certificate: Any = None
    update_time: str | None = None


class AllowlistedCertificate(ComputeFields, frozen=True):
    """A certificate that is always valid."""

    pem_certificate: str | None = None


class IntermediateCa(ComputeFields, frozen=True):
    """A further issuer."""

    pem_certificate: str | None = None


class TrustAnchor(ComputeFields, frozen=True):
    """A root."""

    pem_certificate: str | None = None


class TrustStore(ComputeFields, frozen=True):
    """Roots and further issuers."""

    intermediate_cas: tuple[IntermediateCa, ...] | None = None
    trust_anchors: tuple[TrustAnchor, ...] | None = None


class TrustConfig(ComputeResource, frozen=True):
    """Whom to trust."""

    KIND: ClassVar[str] = "compute#trustConfig"

    allowlisted_certificates: tuple[AllowlistedCertificate, ...] | None = None
    create_time: str | None = None
    etag: str | None = None
    labels: dict[str, str] | None = None
    spiffe_trust_stores: dict[str, Any] | None = None
    tags: dict[str, str] | None = None
    trust_stores: tuple[TrustStore, ...] | None = None
    update_time: str | None = None


class BackendAuthenticationConfig(ComputeResource, frozen=True):
    """Whom a load balancer trusts, and as whom it shows itself, to endpoints."""

    KIND: ClassVar[str] = "compute#backendAuthenticationConfig"

    client_certificate: str | None = None
    create_time: str | None = None
    etag: str | None = None
    labels: dict[str, str] | None = None
    trust_config: str | None = None
    update_time: str | None = None
    well_known_roots: str | None = None
