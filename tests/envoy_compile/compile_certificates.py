"""Throw-away certificates."""

import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from penstock.model import Certificate, CertificateName, Origin, PrivateBytes


@functools.cache
def certificate(name, *dns_names, key_type="ecdsa"):
    """A self-signed certificate whose common name is its own name."""
    if key_type == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in dns_names]), False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(
        name=CertificateName(name),
        chain=made.public_bytes(serialization.Encoding.PEM),
        key=PrivateBytes(pem),
        dns_names=tuple(sorted(dns_names)),
        key_type=key_type,
        not_after=made.not_valid_after_utc.isoformat(),
        origin=Origin(f"Secret {name}"),
    )


def common_name(der):
    """The common name of a certificate's subject."""
    subject = x509.load_der_x509_certificate(der).subject
    return subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
