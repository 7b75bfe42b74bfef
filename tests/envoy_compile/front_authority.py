"""A small authority: roots, issuers below them, and leaves with all kinds of names."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Issued:
    """A certificate with its key, and its issuers' chain."""

    def __init__(self, certificate, key, chain=()):
        self.certificate, self.key, self.chain = certificate, key, chain

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def fingerprint(self):
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def write(self, folder, *, with_chain=False):
        """A PEM file with key, certificate and, if asked, the issuers."""
        name = self.certificate.subject.rfc4514_string().replace("=", "-")
        path = folder / f"{name}{'-chain' if with_chain else ''}.pem"
        issuers = b"".join(issuer.pem for issuer in self.chain) if with_chain else b""
        path.write_bytes(self.key_pem + self.pem + issuers)
        return path


def authority(name, issuer=None):
    return _issue(name, issuer, is_authority=True, names=(), days=1)


def leaf(name, issuer=None, *names, days=1):
    """Without an issuer it is self-signed; names with ``://`` are URIs."""
    return _issue(name, issuer, is_authority=False, names=names, days=days)


def _issue(name, issuer, *, is_authority, names, days):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    if names:
        general = [
            x509.UniformResourceIdentifier(n) if "://" in n else x509.DNSName(n) for n in names
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    if not is_authority:
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    made = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    chain = (issuer, *issuer.chain) if issuer and issuer.chain else (issuer,) if issuer else ()
    return Issued(made, key, chain)
