"""Certificate → Secret, for SDS."""

from __future__ import annotations

from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2

from penstock.envoy.compile.messages import checked, serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.resources import SECRET, EnvoyResource
from penstock.model import Certificate


def compile_secret(certificate: Certificate) -> Piece:
    """The certificate chain and its key, under the certificate's name."""
    secret, refusals = checked(
        lambda: secret_pb2.Secret(
            name=certificate.name,
            tls_certificate=common_pb2.TlsCertificate(
                certificate_chain=base_pb2.DataSource(inline_bytes=certificate.chain),
                private_key=base_pb2.DataSource(inline_bytes=bytes(certificate.key)),
            ),
        )
    )
    if secret is None:
        finding = refused(certificate.origin, refusals, "the certificate is left out")
        return Piece(None, (finding,))
    return Piece(EnvoyResource(SECRET, certificate.name, serialize(secret)))
