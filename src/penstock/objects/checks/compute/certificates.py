"""Certificates, SSL policies, and who trusts whom; keys are never shown."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import one_of
from penstock.objects.compute.tls import ServerTlsPolicy, SslCertificate, SslPolicy, TrustConfig
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_SUITES = """
    TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_128_GCM_SHA256
    TLS_RSA_WITH_AES_256_CBC_SHA TLS_RSA_WITH_AES_256_GCM_SHA384
"""
FEATURES = tuple(_SUITES.split())
"""What ``listAvailableFeatures`` offers for the profile CUSTOM."""


def check_ssl_certificate(certificate: SslCertificate) -> Iterator[Problem]:
    """Problems of a certificate: whether chain and key can be parsed."""
    chain, key = certificate.certificate, certificate.private_key
    if certificate.self_managed is not None:
        chain, key = certificate.self_managed.certificate, certificate.self_managed.private_key
        yield from _pem((), certificate.certificate, certificate.private_key)
        yield from _pem(("selfManaged",), chain, key)
        return
    yield from _pem((), chain, key)
    managed = certificate.type == "MANAGED" or certificate.managed is not None
    if chain is None and not managed:
        yield required((), "certificate", "Write the PEM text as a block: certificate: |")


def _pem(where: FieldPath, chain: str | None, key: str | None) -> Iterator[Problem]:
    if chain is not None:
        yield from _chain((*where, "certificate"), chain)
    if key is None:
        return
    reason = _bad_key(key)
    if reason:
        yield invalid((*where, "privateKey"), "", f"The SSL key could not be parsed: {reason}.")


def _chain(path: FieldPath, pem: str) -> Iterator[Problem]:
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        found = []
    if not found:
        reason = "The SSL certificate could not be parsed."
        yield invalid(path, "(PEM)", reason, "It begins with -----BEGIN CERTIFICATE-----.")


def _bad_key(pem: str) -> str | None:
    try:
        load_pem_private_key(pem.encode(), None)
    except TypeError:
        return "it is encrypted"
    except UnsupportedAlgorithm:
        return "its algorithm is not supported"
    except ValueError:
        return "it is no PEM of a private key"
    return None


def check_ssl_policy(policy: SslPolicy) -> Iterator[Problem]:
    """Problems of an SSL policy: which profile goes with which version and features."""
    profile, version = policy.profile or "COMPATIBLE", policy.min_tls_version or "TLS_1_0"
    features = policy.custom_features or ()
    if version == "TLS_1_3" and profile != "RESTRICTED":
        reason = "The profile must be RESTRICTED if minTlsVersion is TLS_1_3."
        yield invalid(("profile",), profile, reason)
    if profile == "FIPS_202205" and version != "TLS_1_2":
        reason = "The minimum version must be TLS_1_2 if the profile is FIPS_202205."
        yield invalid(("minTlsVersion",), version, reason)
    if profile == "CUSTOM" and not features:
        yield required((), "customFeatures", "The profile CUSTOM needs its features.")
    if profile != "CUSTOM" and features:
        reason = "Must be empty if the profile is not CUSTOM."
        yield invalid(("customFeatures",), ", ".join(features), reason)
    for index, feature in enumerate(features):
        yield from one_of(("customFeatures", index), feature, FEATURES)


def check_server_tls_policy(policy: ServerTlsPolicy) -> Iterator[Problem]:
    """Problems of a policy on clients' certificates."""
    if policy.allow_open:
        yield invalid(("allowOpen",), True, "Must be false for Application Load Balancers.")
    mtls = policy.mtls_policy
    if mtls is None:
        yield required((), "mtlsPolicy")
        return
    mode = mtls.client_validation_mode
    if mode is None or mode == "CLIENT_VALIDATION_MODE_UNSPECIFIED":
        yield required(("mtlsPolicy",), "clientValidationMode")
    if mode == "REJECT_INVALID" and not mtls.client_validation_trust_config:
        hint = "REJECT_INVALID needs a TrustConfig."
        yield required(("mtlsPolicy",), "clientValidationTrustConfig", hint)


def check_trust_config(config: TrustConfig) -> Iterator[Problem]:
    """Problems of a trust config: whether its certificates can be parsed."""
    stores = config.trust_stores or ()
    if len(stores) > 1:
        yield invalid(("trustStores",), "", "Only one trust store is allowed.")
    for number, store in enumerate(stores):
        for index, anchor in enumerate(store.trust_anchors or ()):
            where: FieldPath = ("trustStores", number, "trustAnchors", index)
            yield from _entry(where, anchor.pem_certificate)
        for index, issuer in enumerate(store.intermediate_cas or ()):
            where = ("trustStores", number, "intermediateCas", index)
            yield from _entry(where, issuer.pem_certificate)
    for index, allowed in enumerate(config.allowlisted_certificates or ()):
        yield from _entry(("allowlistedCertificates", index), allowed.pem_certificate)


def _entry(path: FieldPath, pem: str | None) -> Iterator[Problem]:
    if pem is None:
        yield required(path, "pemCertificate")
    else:
        yield from _chain((*path, "pemCertificate"), pem)
