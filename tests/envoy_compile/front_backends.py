"""Servers that answer upgrades with what they are asked for, speak gRPC, or WebSocket over TLS."""

import concurrent.futures
import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from websockets.sync.server import serve


class _Odd(BaseHTTPRequestHandler):
    """``/status/426`` answers 426 whatever was asked, keeping the connection; has a Via."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = int(self.path.rpartition("/")[2]) if "/status/" in self.path else 200
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = json.dumps({"headers": headers, "client": self.client_address[0]})
        body = answer.encode()
        self.send_response(status)
        self.send_header("via", "1.0 fred")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args):
        super().__init__(*args)
        self.connections = 0

    def get_request(self):
        self.connections += 1
        return super().get_request()


@contextlib.contextmanager
def odd_server(address, context=None):
    """Yields the server; it counts the connections it took."""
    server = _Server((address, 0), _Odd)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def websocket_tls_echo(address, pem):
    """A WebSocket server over TLS that sends back what it gets; yields its port."""

    def echo(connection):
        for message in connection:
            connection.send(message)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with serve(echo, address, 0, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


class Grpc(grpc.GenericRpcHandler):
    """Methods of ``test.Echo`` on plain bytes, of all four kinds; tells of deadlines it saw."""

    def __init__(self):
        self.seen = []
        self.begun = threading.Event()
        self.ended = threading.Event()
        """Set when a call that waits for its client's end has seen it."""

    def service(self, details):
        name = details.method.rpartition("/")[2]
        makers = {
            "Unary": grpc.unary_unary_rpc_method_handler,
            "Wait": grpc.unary_unary_rpc_method_handler,
            "Fail": grpc.unary_unary_rpc_method_handler,
            "Down": grpc.unary_stream_rpc_method_handler,
            "Up": grpc.stream_unary_rpc_method_handler,
            "Both": grpc.stream_stream_rpc_method_handler,
        }
        return makers[name](getattr(self, name.lower()))

    def unary(self, request, context):
        self.seen.append((dict(context.invocation_metadata()), context.time_remaining()))
        context.set_trailing_metadata((("x-trailer", "end"),))
        return request

    def wait(self, request, context):
        gone = threading.Event()
        context.add_callback(gone.set)
        self.begun.set()
        gone.wait(60)
        self.ended.set()
        return request

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now")

    def down(self, request, context):
        for number in range(int(request)):
            yield str(number).encode()

    def up(self, requests, context):
        return b",".join(requests)

    def both(self, requests, context):
        for request in requests:
            yield request.upper()


@contextlib.contextmanager
def grpc_server(address, certificate=None):
    """Yields (port, handler); over TLS if it has a certificate."""
    handler = Grpc()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), handlers=(handler,))
    if certificate:
        pair = (bytes(certificate.key), certificate.chain)
        port = server.add_secure_port(f"{address}:0", grpc.ssl_server_credentials((pair,)))
    else:
        port = server.add_insecure_port(f"{address}:0")
    server.start()
    try:
        yield port, handler
    finally:
        server.stop(0).wait()
