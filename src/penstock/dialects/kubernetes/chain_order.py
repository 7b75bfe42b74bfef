"""The order of a certificate chain: the key's own certificate, then each one's issuer.

TLS wants it so (https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2), and Envoy takes the
first certificate for the key's.
"""

from __future__ import annotations

import itertools
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from penstock.dialects.kubernetes import codes
from penstock.model import Finding, Origin

X509_ERRORS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate that is not as it should be may raise."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def leaf_first(
    chain: list[x509.Certificate], key: PrivateKey, origin: Origin, findings: list[Finding]
) -> list[x509.Certificate] | None:
    """The chain with the key's own certificate in front; None if the key is of none of them."""
    wanted = _spki(key)
    try:
        place = next((i for i, c in enumerate(chain) if _spki(c) == wanted), None)
    except X509_ERRORS:
        return None
    if place is None:
        return None
    if place == 0:
        return chain
    message = (
        f"the key's certificate is number {place + 1} of {len(chain)}; it is moved to the front"
    )
    hint = "order the chain: leaf first, then each issuer"
    findings.append(codes.CERT_CHAIN.at(origin, message, hint))
    rest = chain[:place] + chain[place + 1 :]
    return [chain[place], *_climb(chain[place], rest)]


def _spki(holder: x509.Certificate | PrivateKey) -> bytes:
    return holder.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _climb(leaf: x509.Certificate, rest: list[x509.Certificate]) -> list[x509.Certificate]:
    """Issuers in order, then whatever belongs to none."""
    ordered: list[x509.Certificate] = []
    wanted = leaf.issuer
    while (found := next((c for c in rest if c.subject == wanted), None)) is not None:
        ordered.append(found)
        rest = [c for c in rest if c is not found]
        wanted = found.issuer
    return ordered + rest


def check_links(chain: list[x509.Certificate], origin: Origin, findings: list[Finding]) -> None:
    """Say where a certificate is not the issuer of the one before it."""
    for place, (child, parent) in enumerate(itertools.pairwise(chain), start=1):
        if _issued_by(child, parent):
            continue
        message = f"certificate {place + 1} of the chain did not issue certificate {place}"
        hint = "order the chain: leaf first, then each issuer; leave out what does not belong"
        findings.append(codes.CERT_CHAIN.at(origin, message, hint))
        return


def _issued_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, *X509_ERRORS):
        return False
    return True
