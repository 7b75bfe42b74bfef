"""Clients beyond plain HTTP/1.1: TLS with a chosen name, HTTP/2, WebSocket, gRPC."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import grpc
import h2.connection
import h2.events
from websockets.sync.client import ClientConnection, connect

TIMEOUT = 30.0


def trusting(authority: Path | str, *alpn: str) -> ssl.SSLContext:
    """A client that trusts one authority."""
    context = ssl.create_default_context(cafile=str(authority))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def careless(*alpn: str) -> ssl.SSLContext:
    """A client that checks nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def leaf_names(address: str, port: int, server_name: str | None) -> tuple[str, ...]:
    """The DNS names of the certificate that the server presents for `server_name`."""
    from cryptography import x509

    der = peer_certificate(address, port, server_name)
    leaf = x509.load_der_x509_certificate(der)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(names.get_values_for_type(x509.DNSName))


def peer_certificate(address: str, port: int, server_name: str | None) -> bytes:
    """The leaf in DER."""
    with (
        socket.create_connection((address, port), timeout=TIMEOUT) as raw,
        careless().wrap_socket(raw, server_hostname=server_name) as stream,
    ):
        der = stream.getpeercert(binary_form=True)
        assert der
        return der


def http2_get(
    address: str, port: int, context: ssl.SSLContext, host: str, path: str = "/"
) -> tuple[int, dict[str, str], bytes]:
    """One GET over HTTP/2 negotiated by ALPN."""
    raw = socket.create_connection((address, port), timeout=TIMEOUT)
    with context.wrap_socket(raw, server_hostname=host) as stream:
        assert stream.selected_alpn_protocol() == "h2"
        connection = h2.connection.H2Connection()
        connection.initiate_connection()
        connection.send_headers(
            1,
            [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)],
            end_stream=True,
        )
        stream.sendall(connection.data_to_send())
        headers: dict[str, str] = {}
        body = b""
        while True:
            for event in connection.receive_data(stream.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    headers = {_text(k): _text(v) for k, v in event.headers}
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, h2.events.StreamEnded):
                    return int(headers[":status"]), headers, body
                elif isinstance(event, h2.events.ConnectionTerminated):
                    raise ConnectionError("the server went away")
            stream.sendall(connection.data_to_send())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def websocket(
    address: str,
    port: int,
    host: str,
    path: str = "/",
    context: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> ClientConnection:
    """An open WebSocket."""
    raw = socket.create_connection((address, port), timeout=TIMEOUT)
    scheme = "wss" if context else "ws"
    if context:
        return connect(
            f"{scheme}://{host}{path}", sock=raw, ssl=context, server_hostname=server_name
        )
    return connect(f"{scheme}://{host}{path}", sock=raw, proxy=None)


def grpc_channel(address: str, port: int, host: str, authority: bytes) -> grpc.Channel:
    """A gRPC channel over TLS to `host` at `address`."""
    return grpc.secure_channel(
        f"ipv4:{address}:{port}",
        grpc.ssl_channel_credentials(root_certificates=authority),
        options=[
            ("grpc.ssl_target_name_override", host),
            ("grpc.default_authority", host),
        ],
    )


def unary(channel: grpc.Channel, method: str) -> Callable[[bytes], bytes]:
    """A unary call with raw bytes."""
    return channel.unary_unary(method)  # type: ignore[no-any-return]
