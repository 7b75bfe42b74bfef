"""Certificates and their keys out of PEM, checked when read.

Envoy refuses a whole listener update for one bad certificate, so everything it
would refuse is found here: RSA keys under 2048 bits, curves other than P-256,
P-384 and P-521, a key of another certificate, PEM that does not parse.  Nothing
of a key ever reaches a message.
"""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.chain_order import (
    X509_ERRORS,
    PrivateKey,
    check_links,
    leaf_first,
)
from penstock.model import Certificate, CertificateName, Finding, Origin, PrivateBytes

_KEY_BLOCK: Final = re.compile(
    rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL
)
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})

Field = tuple[bytes, Origin]
"""What a field holds, and which one that is."""


class CertificateReading(NamedTuple):
    """A certificate as read; `certificate` is None if it cannot be served."""

    certificate: Certificate | None
    findings: tuple[Finding, ...]
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def key_type(self) -> str:
        """``rsa`` or ``ecdsa``; empty if there is nothing to serve."""
        return self.certificate.key_type if self.certificate else ""

    def at(self, now: datetime) -> tuple[Finding, ...]:
        """All findings, those of the clock included."""
        return (*self.findings, *self._validity(now))

    def _validity(self, now: datetime) -> tuple[Finding, ...]:
        if self.certificate is None or self.not_before is None or self.not_after is None:
            return ()
        origin = self.certificate.origin
        if now > self.not_after:
            message = f"the certificate expired on {_date(self.not_after)}"
            return (codes.CERT_EXPIRED.at(origin, message, "renew it; clients will warn"),)
        if now < self.not_before:
            message = f"the certificate is valid from {_date(self.not_before)} only"
            return (codes.CERT_EARLY.at(origin, message, "check its dates and the clock"),)
        return ()


class _BadPemError(Exception):
    """Carries the finding that ends a reading; never leaves this module."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def read_pem(name: CertificateName, chain: Field, key: Field) -> CertificateReading:
    """Read and check a chain and its key, each with the field it is written in."""
    findings: list[Finding] = []
    try:
        with warnings.catch_warnings():
            # What cryptography will refuse some day (odd serial numbers) it reads today.
            warnings.simplefilter("ignore")
            return _read(name, chain, key, findings)
    except _BadPemError as bad:
        return CertificateReading(None, (*findings, bad.finding))


def _read(
    name: CertificateName,
    chain_field: Field,
    key_field: Field,
    findings: list[Finding],
) -> CertificateReading:
    (chain_pem, chain_origin), (key_pem, key_origin) = chain_field, key_field
    chain = _load_chain(chain_pem, chain_origin)
    key_text, key = _load_key(key_pem, key_origin)
    ordered = leaf_first(chain, key, chain_origin, findings)
    if ordered is None:
        chain_label, key_label = _label(chain_origin), _label(key_origin)
        message = f"{key_label} is not the key of the certificate in {chain_label}"
        hint = "store the certificate and the key that were made together"
        raise _BadPemError(codes.CERT_MISMATCH.at(key_origin, message, hint))
    try:
        certificate = _certificate(name, ordered, key_text, key, chain_origin)
        check_links(ordered, chain_origin, findings)
        begin, end = ordered[0].not_valid_before_utc, ordered[0].not_valid_after_utc
    except X509_ERRORS as error:
        message = f"the certificate cannot be read: {type(error).__name__}"
        raise _BadPemError(codes.CERT_UNPARSABLE.at(chain_origin, message)) from None
    return CertificateReading(certificate, tuple(findings), begin, end)


def _label(origin: Origin) -> str:
    """What the author calls the field: ``tls.key``, ``privateKey``."""
    return str(origin.path[-1])


def _load_chain(pem: bytes, origin: Origin) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except X509_ERRORS:
        message = f"{_label(origin)} is not a chain of PEM certificates"
        hint = "it must begin with -----BEGIN CERTIFICATE----- once decoded"
        raise _BadPemError(codes.CERT_UNPARSABLE.at(origin, message, hint)) from None


def _load_key(pem: bytes, origin: Origin) -> tuple[bytes, PrivateKey]:
    block = _KEY_BLOCK.search(pem)
    if block is None:
        message = f"{_label(origin)} has no PEM private key"
        hint = "it must begin with -----BEGIN PRIVATE KEY----- once decoded"
        raise _BadPemError(codes.CERT_UNPARSABLE.at(origin, message, hint))
    text = block.group(0)
    if b"ENCRYPTED" in text:
        message = f"{_label(origin)} is encrypted and nobody can type its password"
        hint = "store the key in clear, as kubectl create secret tls does"
        raise _BadPemError(codes.CERT_ENCRYPTED.at(origin, message, hint))
    try:
        # Proving that an RSA key's primes are primes takes seconds for large keys, and says
        # nothing of use here: whether the key is the certificate's is checked below.
        key = serialization.load_pem_private_key(
            text, password=None, unsafe_skip_rsa_key_validation=True
        )
    except X509_ERRORS:
        raise _BadPemError(
            codes.CERT_UNPARSABLE.at(origin, f"{_label(origin)} cannot be read")
        ) from None
    return text + b"\n", _check_key(key, origin)


def _check_key(key: object, origin: Origin) -> PrivateKey:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size >= 2048:
            return key
        message = f"the RSA key has {key.key_size} bits"
        raise _BadPemError(
            codes.CERT_WEAK.at(origin, message, "use 2048 bits or more, or ECDSA P-256")
        )
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name in _CURVES:
            return key
        kind = f"curve {key.curve.name}"
    else:
        kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_") or "this kind"
    message = f"keys of {kind} cannot be served"
    raise _BadPemError(codes.CERT_KEY_KIND.at(origin, message, "use RSA, or ECDSA P-256"))


def _certificate(
    name: CertificateName,
    chain: list[x509.Certificate],
    key_text: bytes,
    key: PrivateKey,
    origin: Origin,
) -> Certificate:
    pem = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain)
    return Certificate(
        name=name,
        chain=pem,
        key=PrivateBytes(key_text),
        dns_names=_dns_names(chain[0]),
        key_type="rsa" if isinstance(key, rsa.RSAPrivateKey) else "ecdsa",
        not_after=_date(chain[0].not_valid_after_utc),
        origin=origin,
    )


def _dns_names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(sorted({name.lower() for name in names.get_values_for_type(x509.DNSName)}))


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
