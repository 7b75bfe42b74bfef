"""Client certificates (mutual TLS): whom a target proxy lets in.

Envoy takes every certificate of its bundle for an anchor (it verifies partial
chains), so a further issuer is put into it only if an anchor's chain leads to
it, and an allowed leaf stands in it for itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2
from google.protobuf.wrappers_pb2 import BoolValue

from penstock.envoy.compile.codes import ALLOWLIST_IGNORED
from penstock.envoy.compile.pem import load_certificates
from penstock.model import ClientTls, ClientValidation, Finding, Setting

_NOBODYS: Final = "0" * 64
"""The fingerprint of no certificate."""


def require_clients(context: Any, client_tls: ClientTls) -> None:
    """Have a DownstreamTlsContext ask clients for certificates.

    Sessions are not resumed: Envoy forgets with whom it began one, and would call the
    certificate of a resumed one invalid (`client_cert_chain_verified`).

    Raises:
        ValueError: the anchors are no certificates.
    """
    rejects = client_tls.mode is ClientValidation.REJECT_INVALID
    context.require_client_certificate.CopyFrom(BoolValue(value=rejects))
    context.disable_stateless_session_resumption = True
    context.disable_stateful_session_resumption = True
    validation = context.common_tls_context.validation_context
    validation.CopyFrom(_validation(client_tls))
    if not rejects:
        verification = common_pb2.CertificateValidationContext.TrustChainVerification
        validation.trust_chain_verification = verification.ACCEPT_UNTRUSTED


def ignored(client_tls: Setting[ClientTls] | None) -> Iterator[Finding]:
    """Fingerprints that let nobody in."""
    if client_tls is None or client_tls.value.mode is not ClientValidation.REJECT_INVALID:
        return
    lost = _lost_fingerprints(client_tls.value)
    if lost:
        yield ALLOWLIST_IGNORED.at(
            client_tls.origin,
            f"{len(lost)} of the allowed client certificates are known by fingerprint only; "
            "clients that present them need a trusted issuer, too.",
            "Give the certificates themselves.",
        )


def _validation(client_tls: ClientTls) -> Any:
    trusted = _bundle(client_tls)
    if trusted:
        return common_pb2.CertificateValidationContext(
            trusted_ca=base_pb2.DataSource(inline_bytes=trusted)
        )
    rejects = client_tls.mode is ClientValidation.REJECT_INVALID
    if rejects and not client_tls.allowlist:
        raise ValueError("there is no trust anchor for client certificates")
    # Without anything to compare with, Envoy would not even ask for a certificate.
    return common_pb2.CertificateValidationContext(
        verify_certificate_hash=client_tls.allowlist or (_NOBODYS,)
    )


@functools.lru_cache(maxsize=256)
def _bundle(client_tls: ClientTls) -> bytes:
    anchors = load_certificates(client_tls.trust_anchors)
    issuers = _led_to(anchors, load_certificates(client_tls.intermediates))
    leaves = load_certificates(client_tls.allowlisted)
    unique = dict.fromkeys((*anchors, *issuers, *leaves))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in unique)


def _lost_fingerprints(client_tls: ClientTls) -> set[str]:
    try:
        trusted = _bundle(client_tls)
    except ValueError:  # The listener is refused for it.
        return set()
    if not trusted:
        return set()
    known = {_fingerprint(leaf) for leaf in load_certificates(client_tls.allowlisted)}
    return set(client_tls.allowlist) - known


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _led_to(
    anchors: Sequence[x509.Certificate], issuers: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """The issuers that anchors certify, directly or by way of others."""
    known, left = list(anchors), list(issuers)
    while found := [issuer for issuer in left if _is_issued(issuer, known)]:
        known += found
        left = [issuer for issuer in left if issuer not in found]
    return known[len(anchors) :]


def _is_issued(certificate: x509.Certificate, by: Sequence[x509.Certificate]) -> bool:
    return any(_issued(certificate, issuer) for issuer in by)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
