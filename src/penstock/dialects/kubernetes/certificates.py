"""Certificates out of Secrets, checked when read.

Envoy refuses a whole listener update for one bad certificate, so everything it
would refuse is found here: RSA keys under 2048 bits, curves other than P-256,
P-384 and P-521, a key of another certificate, PEM that does not parse.  Nothing
of a key ever reaches a message.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
import warnings
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.services import Problem
from penstock.model import Certificate, CertificateName, Finding, Origin, PrivateBytes
from penstock.objects.core import Secret
from penstock.objects.meta import Object

CERT_KEY: Final = "tls.crt"
PRIVATE_KEY: Final = "tls.key"
TLS_TYPE: Final = "kubernetes.io/tls"

_KEY_BLOCK: Final = re.compile(
    rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL
)
_X509_ERRORS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class CertificateReading(NamedTuple):
    """What a Secret holds; `certificate` is None if it cannot be served."""

    certificate: Certificate | None
    findings: tuple[Finding, ...]
    not_before: datetime | None = None
    not_after: datetime | None = None

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


class _BadSecretError(Exception):
    """Carries the finding that ends a reading; never leaves this module."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def read_certificate(secret: Object[Secret]) -> CertificateReading:
    """Read and check a TLS Secret."""
    findings: list[Finding] = []
    if secret.resource.type != TLS_TYPE:
        message = f"the Secret is of type {secret.resource.type}, not {TLS_TYPE}"
        hint = f"set type: {TLS_TYPE}"
        findings.append(codes.CERT_TYPE.at(secret.origin("type"), message, hint))
    try:
        with warnings.catch_warnings():
            # What cryptography will refuse some day (odd serial numbers) it reads today.
            warnings.simplefilter("ignore")
            return _read(secret, findings)
    except _BadSecretError as bad:
        return CertificateReading(None, (*findings, bad.finding))


def written_chain(secret: Object[Secret]) -> bytes:
    """What the Secret's ``tls.crt`` says, as it is written; empty if that cannot be read."""
    try:
        return _field(secret, CERT_KEY)[0]
    except _BadSecretError:
        return b""


def read_pem(
    name: CertificateName, chain: tuple[bytes, Origin], key: tuple[bytes, Origin]
) -> CertificateReading:
    """Read and check a chain and its key, each with the field it is written in."""
    findings: list[Finding] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read_pem(name, chain, key, findings)
    except _BadSecretError as bad:
        return CertificateReading(None, (*findings, bad.finding))


def _read(secret: Object[Secret], findings: list[Finding]) -> CertificateReading:
    name = CertificateName(f"{secret.namespace}/{secret.name}")
    return _read_pem(name, _field(secret, CERT_KEY), _field(secret, PRIVATE_KEY), findings)


def _read_pem(
    name: CertificateName,
    chain_field: tuple[bytes, Origin],
    key_field: tuple[bytes, Origin],
    findings: list[Finding],
) -> CertificateReading:
    (chain_pem, chain_origin), (key_pem, key_origin) = chain_field, key_field
    chain = _load_chain(chain_pem, chain_origin)
    key_text, key = _load_key(key_pem, key_origin)
    chain = _leaf_first(chain, key, chain_origin, key_origin, findings)
    try:
        certificate = _certificate(name, chain, key_text, key, chain_origin)
        _check_links(chain, chain_origin, findings)
        begin, end = chain[0].not_valid_before_utc, chain[0].not_valid_after_utc
    except _X509_ERRORS as error:
        message = f"the certificate cannot be read: {type(error).__name__}"
        raise _bad(codes.CERT_UNPARSABLE.at(chain_origin, message)) from None
    return CertificateReading(certificate, tuple(findings), begin, end)


def _label(origin: Origin) -> str:
    """What the author calls the field: ``tls.key``, ``privateKey``."""
    return str(origin.path[-1])


def _bad(finding: Finding) -> _BadSecretError:
    return _BadSecretError(finding)


def _field(secret: Object[Secret], name: str) -> tuple[bytes, Origin]:
    plain = (secret.resource.string_data or {}).get(name)
    if plain:
        return plain.encode(), secret.origin("stringData", name)
    coded = (secret.resource.data or {}).get(name)
    origin = secret.origin("data", name)
    if not coded:
        held = {*(secret.resource.data or {}), *(secret.resource.string_data or {})}
        message = f"{name} of the Secret is empty" if name in held else f"the Secret has no {name}"
        hint = f"it has {', '.join(sorted(held))}" if held else "it has no data"
        raise _bad(codes.CERT_DATA.at(secret.origin("data"), message, hint))
    try:
        return base64.b64decode("".join(coded.split()), validate=True), origin
    except (binascii.Error, ValueError):
        message = f"{name} is not base64"
        hint = "encode it, or write it as plain text under stringData"
        raise _bad(codes.CERT_UNPARSABLE.at(origin, message, hint)) from None


def _load_chain(pem: bytes, origin: Origin) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except _X509_ERRORS:
        message = f"{_label(origin)} is not a chain of PEM certificates"
        hint = "it must begin with -----BEGIN CERTIFICATE----- once decoded"
        raise _bad(codes.CERT_UNPARSABLE.at(origin, message, hint)) from None


def _load_key(pem: bytes, origin: Origin) -> tuple[bytes, PrivateKey]:
    block = _KEY_BLOCK.search(pem)
    if block is None:
        message = f"{_label(origin)} has no PEM private key"
        hint = "it must begin with -----BEGIN PRIVATE KEY----- once decoded"
        raise _bad(codes.CERT_UNPARSABLE.at(origin, message, hint))
    text = block.group(0)
    if b"ENCRYPTED" in text:
        message = f"{_label(origin)} is encrypted and nobody can type its password"
        hint = "store the key in clear, as kubectl create secret tls does"
        raise _bad(codes.CERT_ENCRYPTED.at(origin, message, hint))
    try:
        # Proving that an RSA key's primes are primes takes seconds for large keys, and says
        # nothing of use here: whether the key is the certificate's is checked below.
        key = serialization.load_pem_private_key(
            text, password=None, unsafe_skip_rsa_key_validation=True
        )
    except _X509_ERRORS:
        raise _bad(codes.CERT_UNPARSABLE.at(origin, f"{_label(origin)} cannot be read")) from None
    return text + b"\n", _check_key(key, origin)


def _check_key(key: object, origin: Origin) -> PrivateKey:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size >= 2048:
            return key
        message = f"the RSA key has {key.key_size} bits"
        raise _bad(codes.CERT_WEAK.at(origin, message, "use 2048 bits or more, or ECDSA P-256"))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name in _CURVES:
            return key
        kind = f"curve {key.curve.name}"
    else:
        kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_") or "this kind"
    message = f"keys of {kind} cannot be served"
    raise _bad(codes.CERT_KEY_KIND.at(origin, message, "use RSA, or ECDSA P-256"))


def _spki(holder: x509.Certificate | PrivateKey) -> bytes:
    return holder.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _leaf_first(
    chain: list[x509.Certificate],
    key: PrivateKey,
    origin: Origin,
    key_origin: Origin,
    findings: list[Finding],
) -> list[x509.Certificate]:
    """The chain with the key's own certificate in front."""
    wanted = _spki(key)
    try:
        place = next((i for i, c in enumerate(chain) if _spki(c) == wanted), None)
    except _X509_ERRORS:
        place = None
    if place is None:
        message = f"{_label(key_origin)} is not the key of the certificate in {_label(origin)}"
        hint = "store the certificate and the key that were made together"
        raise _bad(codes.CERT_MISMATCH.at(key_origin, message, hint))
    if place == 0:
        return chain
    message = (
        f"the key's certificate is number {place + 1} of {len(chain)}; it is moved to the front"
    )
    hint = "order the chain: leaf first, then each issuer"
    findings.append(codes.CERT_CHAIN.at(origin, message, hint))
    rest = chain[:place] + chain[place + 1 :]
    return [chain[place], *_climb(chain[place], rest)]


def _climb(leaf: x509.Certificate, rest: list[x509.Certificate]) -> list[x509.Certificate]:
    """Issuers in order, then whatever belongs to none."""
    ordered: list[x509.Certificate] = []
    wanted = leaf.issuer
    while (found := next((c for c in rest if c.subject == wanted), None)) is not None:
        ordered.append(found)
        rest = [c for c in rest if c is not found]
        wanted = found.issuer
    return ordered + rest


def _check_links(chain: list[x509.Certificate], origin: Origin, findings: list[Finding]) -> None:
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
    except (InvalidSignature, *_X509_ERRORS):
        return False
    return True


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


def missing_secret(namespace: str, name: str, homes: tuple[str, ...]) -> Problem:
    """Why a Secret was not found; `homes` are the namespaces that have one of that name."""
    message = f"there is no Secret {name} in namespace {namespace}"
    if homes:
        message += f", only in {', '.join(homes)}"
        return Problem(codes.CERT_MISSING, message, "copy it to the Ingress's own namespace")
    hint = f"kubectl create secret tls {name} -n {namespace} --cert=tls.crt --key=tls.key"
    return Problem(codes.CERT_MISSING, message, hint)
