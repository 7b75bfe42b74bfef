"""TLS of stand-ins: one self-signed certificate a process, made when first needed."""

from __future__ import annotations

import asyncio
import functools
import ssl
import tempfile
import weakref
from pathlib import Path

from penstock.standin.request import Tls

_server_names: weakref.WeakKeyDictionary[ssl.SSLObject, str] = weakref.WeakKeyDictionary()


@functools.cache
def server_context() -> ssl.SSLContext:
    """The context all TLS ports share: TLS 1.2 and later, ALPN ``h2`` and ``http/1.1``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.sni_callback = _remember
    chain, key = _self_signed()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stand-in.pem"
        path.touch(mode=0o600)
        path.write_bytes(key + chain)
        context.load_cert_chain(path)
    return context


def _remember(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    if name:
        _server_names[connection] = name


def negotiated(transport: asyncio.BaseTransport) -> Tls | None:
    """What was negotiated on a transport; None if it is in clear."""
    connection: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if connection is None:
        return None
    cipher = connection.cipher()
    return Tls(
        version=connection.version() or "",
        server_name=_server_names.get(connection, ""),
        protocol=connection.selected_alpn_protocol() or "",
        cipher_suite=cipher[0] if cipher else "",
    )


def _self_signed() -> tuple[bytes, bytes]:
    """Certificate and key (PEM), valid for ten years.

    `cryptography` is imported here because most stand-ins never need it.
    """
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in.penstock.internal")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("stand-in.penstock.internal")]), False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
