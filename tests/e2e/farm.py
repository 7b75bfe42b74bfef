"""Many endpoints in one thread, and a client that chooses its own address."""

import asyncio
import base64
import collections
import contextlib
import hashlib
import json
import socket
import threading
import types

from e2e.sockets import http_connection

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Farm:
    """HTTP/1.1 endpoints, one an address, all on one port; each says which it is."""

    def __init__(self, addresses, port):
        self.addresses, self.port = addresses, port
        self.status = collections.defaultdict(lambda: 200)
        """Address → what it answers."""
        self.headers = collections.defaultdict(dict)
        self.asked = collections.Counter()
        self.connections = collections.Counter()
        self.held = threading.Event()
        """Requests for ``/hold`` get their answer when it is set."""
        self.waiting = threading.Semaphore(0)
        """Released once for each request that waits."""

    @property
    def endpoints(self):
        return [(address, self.port) for address in self.addresses]

    async def serve(self, reader, writer):
        me = writer.get_extra_info("sockname")[0]
        self.connections[me] += 1
        ended = (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError)
        with contextlib.suppress(*ended):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *rest = head.decode().split("\r\n")
                asked = dict(header.lower().split(": ", 1) for header in rest if header)
                if asked.get("upgrade") == "websocket":
                    key = head[head.lower().index(b"sec-websocket-key: ") + 19 :].split(b"\r\n")[0]
                    writer.write(_upgraded(key, me))
                    break
                await self._answer(me, line.split()[1], writer)
        writer.close()

    async def _answer(self, me, path, writer):
        self.asked[me] += 1
        if path == "/hold":
            self.waiting.release()
            await asyncio.to_thread(self.held.wait, 60)
        body = json.dumps({"backend": me}).encode()
        lines = [f"HTTP/1.1 {self.status[me]} x", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers[me].items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()


def _upgraded(key, me):
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
    lines = ("HTTP/1.1 101 x", "upgrade: websocket", "connection: upgrade")
    text = "\r\n".join([*lines, f"sec-websocket-accept: {accept}", "", f"{me}\n"])
    return text.encode()


@contextlib.contextmanager
def farm(addresses):
    """Endpoints on these addresses."""
    addresses = list(addresses)
    sockets = _bound(addresses)
    made = Farm(addresses, sockets[0].getsockname()[1])
    ready = threading.Event()
    stop = []

    async def run():
        stop.append((asyncio.get_running_loop(), asyncio.Event()))
        servers = [await asyncio.start_server(made.serve, sock=sock) for sock in sockets]
        ready.set()
        await stop[0][1].wait()
        for server in servers:
            server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait(30)
    try:
        yield made
    finally:
        made.held.set()
        loop, event = stop[0]
        loop.call_soon_threadsafe(event.set)
        thread.join()


def _bound(addresses):
    """One socket an address, all with the same port."""
    while True:
        families = [socket.AF_INET6 if ":" in a else socket.AF_INET for a in addresses]
        sockets = [socket.socket(family) for family in families]
        port = 0
        try:
            for sock, address in zip(sockets, addresses, strict=True):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((address, port))
                port = sock.getsockname()[1]
        except OSError:
            for sock in sockets:
                sock.close()
            continue
        for sock in sockets:
            sock.listen(64)
        return sockets


def ask(target, host, path="/", source="127.0.0.1", cookie=None, **headers):
    """One request on a connection of its own."""
    connection = http_connection(target, source, 30)
    if cookie:
        headers["cookie"] = cookie
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"host": host, **headers})
        response = connection.getresponse()
        body = response.read()
    return types.SimpleNamespace(
        status=response.status,
        cookie=response.getheader("set-cookie"),
        flags=response.getheader("x-envoy-overloaded"),
        backend=json.loads(body)["backend"] if body.startswith(b"{") else None,
    )


def upgrade(target, host, cookie=None):
    """Open a WebSocket: the endpoint's name, and the cookie that was set."""
    lines = ["GET / HTTP/1.1", f"host: {host}", "connection: upgrade", "upgrade: websocket"]
    lines += ["sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"cookie: {cookie}"] if cookie else []
    with socket.create_connection(target, timeout=30) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        with client.makefile("r", newline="") as answer:
            head = "".join(iter(answer.readline, "\r\n"))
            name = answer.readline().strip()
    status, *rest = head.splitlines()
    headers = dict(line.split(": ", 1) for line in rest)
    assert status.split()[1] == "101"
    return types.SimpleNamespace(backend=name, cookie=headers.get("set-cookie"))


def pair(set_cookie):
    """``name=value`` of a Set-Cookie header."""
    return set_cookie.split(";")[0]
