"""Certificate bindings → filter chains: which certificate a client gets.

One chain per certificate, not per host: browsers reuse an HTTP/2 connection for
every host its certificate covers, so all chains of a listener must route alike.
Certificates come by SDS, so a renewed one touches no listener.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.listener.v3 import listener_components_pb2 as listener_pb2
from envoy.extensions.filters.listener.tls_inspector.v3 import tls_inspector_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2, tls_pb2
from google.protobuf.wrappers_pb2 import BoolValue

from penstock.envoy.compile.client_tls import require_clients
from penstock.envoy.compile.messages import ads, pack, seconds
from penstock.envoy.compile.tls_policy import DEFAULT_POLICY, tls_parameters
from penstock.model import CertificateBinding, CertificateName, TargetProxy

HANDSHAKE_TIMEOUT: Final = 10.0
"""Seconds for the ClientHello to come, and again for the handshake to end."""
ALPN: Final = ("h2", "http/1.1")


def tls_inspector() -> Any:
    """The listener filter that reads the server name out of the ClientHello.

    And its fingerprints, always, so that a header that begins to name them changes no listener.
    """
    inspector = tls_inspector_pb2.TlsInspector(
        enable_ja3_fingerprinting=BoolValue(value=True),
        enable_ja4_fingerprinting=BoolValue(value=True),
    )
    return listener_pb2.ListenerFilter(
        name="envoy.filters.listener.tls_inspector", typed_config=pack(inspector)
    )


def binding_chain(binding: CertificateBinding, proxy: TargetProxy, http: Any) -> Any:
    """The chain for clients that ask for one of the binding's names."""
    chain = default_chain(binding.certificates, proxy, http)
    chain.name = binding.server_names[0]
    chain.filter_chain_match.server_names.extend(binding.server_names)
    return chain


def default_chain(certificates: Sequence[CertificateName], proxy: TargetProxy, http: Any) -> Any:
    """A chain for everybody, with a certificate per key type."""
    return listener_pb2.FilterChain(
        name="default",
        filters=[http],
        transport_socket=base_pb2.TransportSocket(
            name="envoy.transport_sockets.tls", typed_config=pack(_context(certificates, proxy))
        ),
        transport_socket_connect_timeout=seconds(HANDSHAKE_TIMEOUT),
    )


def _context(certificates: Sequence[CertificateName], proxy: TargetProxy) -> Any:
    policy = proxy.ssl_policy.value if proxy.ssl_policy else DEFAULT_POLICY
    context = tls_pb2.DownstreamTlsContext(
        common_tls_context=tls_pb2.CommonTlsContext(
            tls_params=tls_parameters(policy),
            tls_certificate_sds_secret_configs=[
                secret_pb2.SdsSecretConfig(name=name, sds_config=ads()) for name in certificates
            ],
            alpn_protocols=ALPN,
        )
    )
    if len(certificates) > 1:
        # Else clients that ask for a name in none of them get the first, whatever its key type.
        context.full_scan_certs_on_sni_mismatch.CopyFrom(BoolValue(value=True))
    if proxy.client_tls is not None:
        require_clients(context, proxy.client_tls.value)
    return context
