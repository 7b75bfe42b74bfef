"""Certificates, SSL policies, and who trusts whom."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
    DESCRIPTIVE,
    HONOURED,
    NOT_INTERNAL,
    NOT_YET,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.tls import (
    AllowlistedCertificate,
    BackendAuthenticationConfig,
    IntermediateCa,
    MtlsPolicy,
    SelfManagedCertificate,
    ServerTlsPolicy,
    SslCertificate,
    SslPolicy,
    TrustAnchor,
    TrustConfig,
    TrustStore,
)

TABLE: Table = {
    SslCertificate: (
        row("certificate", HONOURED, "PEM, the chain"),
        row("expireTime", OUTPUT),
        row("managed", HONOURED, "domains; in local mode a certificate is generated for them"),
        row("privateKey", HONOURED, "PEM; never shown"),
        row("selfManaged", HONOURED),
        row(
            "subjectAlternativeNames",
            HONOURED,
            "the API's output; the names of a certificate that is generated in local mode",
        ),
        row("type", CHECKED, values="MANAGED SELF_MANAGED TYPE_UNSPECIFIED"),
    ),
    SelfManagedCertificate: (
        row("certificate", HONOURED, "PEM, the chain"),
        row("privateKey", HONOURED, "PEM; never shown"),
    ),
    SslPolicy: (
        row("customFeatures", HONOURED, "with profile CUSTOM only"),
        row("enabledFeatures", OUTPUT),
        row("minTlsVersion", HONOURED, values="TLS_1_0 TLS_1_1 TLS_1_2 TLS_1_3"),
        row(
            "postQuantumKeyExchange", HONOURED, "X25519MLKEM768", values="DEFAULT DEFERRED ENABLED"
        ),
        row("profile", HONOURED, values="COMPATIBLE CUSTOM FIPS_202205 MODERN RESTRICTED"),
        row("warnings", OUTPUT),
    ),
    ServerTlsPolicy: (
        row("allowOpen", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("createTime", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("mtlsPolicy", HONOURED),
        row(
            "serverCertificate", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("updateTime", OUTPUT),
    ),
    MtlsPolicy: (
        row(
            "clientValidationCa",
            NOT_INTERNAL,
            "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only",
        ),
        row(
            "clientValidationMode",
            HONOURED,
            "both modes for load balancers",
            values=(
                "ALLOW_INVALID_OR_MISSING_CLIENT_CERT ALLOW_VALIDATION_RELAXATIONS "
                "CLIENT_VALIDATION_MODE_UNSPECIFIED REJECT_INVALID"
            ),
        ),
        row(
            "clientValidationRelaxations",
            NOT_YET,
            "certificates are validated in full",
            values=(
                "ALLOW_EXPIRED_LEAF_CERTIFICATE ALLOW_MISSING_EKU ALLOW_SHA1_HASHING "
                "CLIENT_VALIDATION_RELAXATION_UNSPECIFIED"
            ),
        ),
        row("clientValidationTrustConfig", HONOURED),
    ),
    TrustConfig: (
        row("allowlistedCertificates", HONOURED),
        row("createTime", OUTPUT),
        row("etag", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("spiffeTrustStores", NOT_INTERNAL, "for workload identities only"),
        row("tags", DESCRIPTIVE, "for people and scripts"),
        row("trustStores", HONOURED, "exactly one"),
        row("updateTime", OUTPUT),
    ),
    TrustStore: (
        row("intermediateCas", HONOURED),
        row("trustAnchors", HONOURED),
    ),
    TrustAnchor: (row("pemCertificate", HONOURED),),
    IntermediateCa: (row("pemCertificate", HONOURED),),
    AllowlistedCertificate: (row("pemCertificate", HONOURED),),
    BackendAuthenticationConfig: (
        row(
            "clientCertificate",
            HONOURED,
            "a certificate of Certificate Manager, by a PenstockConfig",
        ),
        row("createTime", OUTPUT),
        row("etag", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("trustConfig", HONOURED),
        row("updateTime", OUTPUT),
        row("wellKnownRoots", HONOURED, values="NONE PUBLIC_ROOTS WELL_KNOWN_ROOTS_UNSPECIFIED"),
    ),
}
