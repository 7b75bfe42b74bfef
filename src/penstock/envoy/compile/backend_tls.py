"""TLS towards endpoints: which versions, which server name, and what a certificate has to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2

from penstock.envoy.compile.codes import NAME_UNCHECKED
from penstock.envoy.compile.messages import pack
from penstock.envoy.compile.pem import load_certificates
from penstock.envoy.compile.tls_policy import old_suites
from penstock.envoy.compile.tls_suites import VERSIONS
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendTls,
    Finding,
    TlsVersion,
)

_UNCHECKED: Final = BackendTls()


def tls_socket(protocol: BackendProtocol, tls: BackendTls | None) -> Any:
    """TLS for a cluster.

    Without anchors nothing is verified, because endpoints' certificates are usually
    self-signed; the server name is the request's host unless another is given.

    Raises:
        ValueError: the anchors are no certificates.
    """
    tls = tls or _UNCHECKED
    context = tls_pb2.UpstreamTlsContext(
        sni=tls.server_name,
        common_tls_context=tls_pb2.CommonTlsContext(
            tls_params=common_pb2.TlsParameters(
                tls_minimum_protocol_version=VERSIONS[tls.minimum],
                tls_maximum_protocol_version=VERSIONS[TlsVersion.TLS_1_3],
                cipher_suites=old_suites(tls.minimum),
            ),
            alpn_protocols=["h2" if protocol.is_http2 else "http/1.1"],
        ),
    )
    if tls.trust_anchors:
        context.common_tls_context.validation_context.CopyFrom(_validation(tls))
    return base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))


def unchecked_names(service: BackendService) -> Iterator[Finding]:
    """Names that a certificate should have, where any issuer may have given them."""
    if service.tls is None or not service.protocol.value.is_tls:
        return
    tls = service.tls.value
    if tls.subject_alt_names and not tls.trust_anchors:
        yield NAME_UNCHECKED.at(
            service.tls.origin,
            f"The certificates of {service.name} are not checked for {_listed(tls)}: "
            "whoever answers could have made one with any name.",
            "Say which issuers are trusted.",
        )


def _listed(tls: BackendTls) -> str:
    return ", ".join(tls.subject_alt_names)


def _validation(tls: BackendTls) -> Any:
    load_certificates(tls.trust_anchors)  # Only to find out whether Envoy could.
    names = tls.subject_alt_names or ((tls.server_name,) if tls.server_name else ())
    return common_pb2.CertificateValidationContext(
        trusted_ca=base_pb2.DataSource(inline_bytes=tls.trust_anchors),
        match_typed_subject_alt_names=[_matcher(name) for name in names],
    )


def _matcher(name: str) -> Any:
    """A certificate's ``*.example.com`` matches a DNS name of one label more; URIs are exact."""
    kinds = common_pb2.SubjectAltNameMatcher.SanType
    matcher = common_pb2.SubjectAltNameMatcher(san_type=kinds.URI if "://" in name else kinds.DNS)
    matcher.matcher.exact = name
    return matcher
