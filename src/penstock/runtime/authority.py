"""The local certificate authority: certificates where the input names ones it lacks.

Only local mode uses it.  Key and certificates stay in the state directory, so
that a client that trusts the authority once goes on trusting it, and a restart
presents the same certificates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from penstock.model import Certificate, CertificateName, CertificateRequest, PrivateBytes
from penstock.objects.naming import is_ip
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)

_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 365
_RENEW_BEFORE = dt.timedelta(days=30)
_FALLBACK_NAME = "penstock.local"


class Authority:
    """Issues certificates for requests and remembers them."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._loaded: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None
        self._issued: dict[tuple[str, tuple[str, ...]], Certificate] = {}
        self._unkept: dict[str, tuple[bytes, int]] = {}
        """Contents and modes of files that could not be written."""

    @property
    def certificate_path(self) -> Path:
        """The authority's certificate, for clients to trust."""
        return self._state.path / "ca" / "ca.crt"

    def fulfil(
        self, requests: Mapping[CertificateName, CertificateRequest]
    ) -> dict[CertificateName, Certificate]:
        """A certificate for every request; the same one for the same request.

        What could not be written before is tried again.
        """
        for name, (pem, mode) in list(self._unkept.items()):
            self._keep(name, pem, mode)
        return {name: self._certificate(request) for name, request in requests.items()}

    def _certificate(self, request: CertificateRequest) -> Certificate:
        key = (request.name, request.dns_names)
        if key not in self._issued:
            self._issued[key] = self._read(request) or self._issue(request)
        return self._issued[key]

    def _read(self, request: CertificateRequest) -> Certificate | None:
        """The certificate of an earlier run, if it fits and is not about to expire."""
        try:
            pem = (self._state.path / _file_name(request)).read_bytes()
            leaf = x509.load_pem_x509_certificate(pem)
            authority, _ = self._authority()
            leaf.verify_directly_issued_by(authority)
        except Exception:
            return None
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if tuple(names.get_values_for_type(x509.DNSName)) != _dns_names(request):
            return None
        if leaf.not_valid_after_utc - _RENEW_BEFORE < dt.datetime.now(dt.UTC):
            return None
        return _model(request, pem, leaf)

    def _issue(self, request: CertificateRequest) -> Certificate:
        authority, authority_key = self._authority()
        key = ec.generate_private_key(ec.SECP256R1())
        names = _dns_names(request)
        leaf = (
            _builder(names[0][:64], authority.subject, key, _LEAF_DAYS)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(authority_key, hashes.SHA256())
        )
        pem = leaf.public_bytes(serialization.Encoding.PEM) + _key_pem(key)
        self._keep(_file_name(request), pem)
        return _model(request, pem, leaf)

    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if self._loaded is None:
            self._loaded = self._load_authority() or self._make_authority()
        return self._loaded

    def _load_authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate_path.read_bytes())
            key = serialization.load_pem_private_key(
                self.certificate_path.with_suffix(".key").read_bytes(), None
            )
        except (OSError, ValueError):
            return None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            return None
        if certificate.public_key() != key.public_key():
            return None
        return certificate, key

    def _make_authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"Penstock local authority ({self._state.path.name})"[:64])
        certificate = (
            _builder(subject, subject, key, _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
            .add_extension(_signing_only(), True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        self._keep("ca/ca.key", _key_pem(key))
        self._keep("ca/ca.crt", pem, mode=0o644)
        return certificate, key

    def _keep(self, name: str, pem: bytes, mode: int = 0o600) -> None:
        """Write a file; as long as that is impossible, the certificate lives with us only."""
        try:
            self._state.write(name, pem, mode)
        except OSError as error:
            if name not in self._unkept:
                _log.error("event=certificate-not-kept file=%s error=%r", name, error.strerror)
            self._unkept[name] = (pem, mode)
        else:
            self._unkept.pop(name, None)


def _builder(
    subject: str | x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject) if isinstance(subject, str) else subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _dns_names(request: CertificateRequest) -> tuple[str, ...]:
    names = tuple(n for n in request.dns_names if n and n.isascii() and not is_ip(n))
    return names or (_FALLBACK_NAME,)


def _file_name(request: CertificateRequest) -> str:
    """For people up to the digest; a certificate may be called by anything that somebody wrote."""
    readable = re.sub(r"[^A-Za-z0-9.-]", "_", request.name)[:80]
    digest = hashlib.blake2b(request.name.encode(), digest_size=6).hexdigest()
    return f"ca/issued/{readable}-{digest}.pem"


def _model(request: CertificateRequest, pem: bytes, leaf: x509.Certificate) -> Certificate:
    cut = pem.index(b"-----BEGIN PRIVATE KEY-----")
    return Certificate(
        name=request.name,
        chain=pem[:cut],
        key=PrivateBytes(pem[cut:]),
        dns_names=_dns_names(request),
        key_type="ecdsa",
        not_after=leaf.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        origin=request.origin,
    )
