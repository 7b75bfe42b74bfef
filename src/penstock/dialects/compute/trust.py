"""Trust configurations: roots, further issuers and certificates that are always valid.

https://docs.cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.trustConfigs
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

from penstock.dialects.compute import codes
from penstock.model import Finding, Origin
from penstock.objects.compute.tls import TrustConfig
from penstock.objects.meta import Object


class Trust(NamedTuple):
    """A trust configuration as read."""

    anchors: bytes
    """PEM."""
    intermediates: bytes
    """PEM."""
    allowlist: tuple[str, ...]
    """SHA-256 fingerprints, lower-case hex, sorted."""
    findings: tuple[Finding, ...]


def read_trust(obj: Object[TrustConfig]) -> Trust:
    """Read a trust configuration; what cannot be read is left out with a finding."""
    findings: list[Finding] = []
    anchors: list[x509.Certificate] = []
    intermediates: list[x509.Certificate] = []
    for i, store in enumerate(obj.resource.trust_stores or ()):
        where = obj.origin("trustStores", i)
        roots = [anchor.pem_certificate for anchor in store.trust_anchors or ()]
        anchors += _read(roots, where.child("trustAnchors"), findings)
        issuers = [issuer.pem_certificate for issuer in store.intermediate_cas or ()]
        intermediates += _read(issuers, where.child("intermediateCas"), findings)
    listed = [leaf.pem_certificate for leaf in obj.resource.allowlisted_certificates or ()]
    leaves = _read(listed, obj.origin("allowlistedCertificates"), findings)
    prints = {leaf.fingerprint(hashes.SHA256()).hex() for leaf in leaves}
    return Trust(_pem(anchors), _pem(intermediates), tuple(sorted(prints)), tuple(findings))


def _read(
    texts: Iterable[str | None], origin: Origin, findings: list[Finding]
) -> list[x509.Certificate]:
    certificates: list[x509.Certificate] = []
    for i, text in enumerate(texts):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                certificates += x509.load_pem_x509_certificates((text or "").encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            where = origin.child(i, "pemCertificate")
            message = "the certificate cannot be read; nothing is trusted because of it"
            hint = "it must be PEM and begin with -----BEGIN CERTIFICATE-----"
            findings.append(codes.TRUST.at(where, message, hint))
    return certificates


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)
