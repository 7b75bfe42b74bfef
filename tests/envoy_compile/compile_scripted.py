"""An endpoint that does what a request's query says, and keeps what it got."""

import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from compile_backends import _Server


class _Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        script = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        got = {"backend": self.server.label, "method": self.command, "path": self.path}
        self.server.got.put(got | {"headers": headers})
        if "hang" in script:
            self.server.end.wait()
        body = json.dumps(got | {"headers": headers}).encode()
        length = int(headers.get("content-length", 0))
        self.rfile.read(length)
        self.send_response(int(script.get("status", ["200"])[0]))
        self.send_header("content-length", str(len(body) + ("partial" in script)))
        self.send_header("x-backend", "shown")
        self.send_header("x-twice", "one")
        self.send_header("x-secret", "hidden")
        self.end_headers()
        self.wfile.write(body)
        if "partial" in script:
            self.wfile.flush()
            self.server.end.wait()
            self.close_connection = True

    def do_POST(self):
        self.do_GET()

    def do_OPTIONS(self):
        self.do_GET()

    def log_message(self, *args):
        pass


class _ScriptedServer(_Server):
    def handle_error(self, request, client_address):
        """The proxy may be gone before an answer is."""


@contextlib.contextmanager
def scripted(label, address):
    """Yields the port, and a queue of what came: backend, method, path, headers.

    ``?status=503`` answers that, ``?hang`` nothing until the end, ``?partial`` all but one byte.
    """
    server = _ScriptedServer((address, 0), _Scripted)
    server.label, server.got, server.end = label, queue.SimpleQueue(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], server.got
    finally:
        server.end.set()
        server.shutdown()
        server.server_close()
        thread.join()
