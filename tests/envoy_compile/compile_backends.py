"""Tiny servers to stand behind a proxy: an HTTP echo and a WebSocket echo."""

import asyncio
import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config
from websockets.sync.server import serve


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = {
            "backend": self.server.label,
            "path": self.path,
            "client": self.client_address[0],
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextlib.contextmanager
def http_echo(label, address, context=None):
    """An HTTP/1.1 server that tells what it got; yields its port."""
    server = _Server((address, 0), _Echo)
    server.label = label
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def http2_echo(label, address, certificate=None):
    """A server that says which HTTP version it was asked in; with TLS if it has a PEM file."""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        answer = json.dumps({"backend": label, "version": scope["http_version"]}).encode()
        status = 200 if scope["http_version"] == "2" else 505
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    async def run():
        stop.append((asyncio.get_running_loop(), asyncio.Event()))
        await serve_asgi(app, config, shutdown_trigger=stop[0][1].wait)

    config, stop = Config(), []
    listening = socket.create_server((address, 0))
    config.bind = [f"fd://{listening.fileno()}"]
    config.graceful_timeout = 0.1
    if certificate:
        config.certfile = config.keyfile = str(certificate)
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        loop, event = stop[0]
        loop.call_soon_threadsafe(event.set)
        thread.join()
        listening.detach()


@contextlib.contextmanager
def websocket_echo(address):
    """A WebSocket server that sends back what it gets; yields its port."""

    def echo(connection):
        for message in connection:
            connection.send(message)

    with serve(echo, address, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()
