"""A running pod: its listening sockets, and the connections that came through them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable, Mapping

from penstock.standin.front import FrontConnection
from penstock.standin.hosted import HostedPod, HostedPort
from penstock.standin.raw import TcpEcho, UdpEcho
from penstock.standin.spec import BindError, PodPort, PodSpec, PodState
from penstock.standin.tls import server_context

BACKLOG = 1024
DRAIN_SECONDS = 10.0
"""How long a removed pod lets requests end before it cuts them."""
_WORDS = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not bind ports below 1024",
    errno.EADDRNOTAVAIL: "the address is not one of this machine's",
    errno.EMFILE: "too many open files; raise `ulimit -n`",
}

_PortKey = tuple[str, int, str]
"""What makes two ports need the same socket: address, number, family."""


class Pod:
    """Opens and closes listeners to match spec and state; unchanged ones stay open."""

    def __init__(self, spec: PodSpec) -> None:
        self.hosted = HostedPod(spec, PodState())
        self._listeners: dict[_PortKey, Callable[[], None]] = {}
        self._leaving: dict[_PortKey, asyncio.TimerHandle] = {}
        """Listeners that nothing wants any more, and when they close."""

    @property
    def spec(self) -> PodSpec:
        """What the pod is to be."""
        return self.hosted.spec

    @property
    def state(self) -> PodState:
        """How it behaves at present."""
        return self.hosted.state

    async def reconcile(self, spec: PodSpec, linger: float = 0.0) -> list[BindError]:
        """Become `spec`; returns the ports that cannot be listened on.

        Listeners that are not in `spec` accept for `linger` more seconds.
        """
        self.hosted.spec = spec
        if self.state.stopped:
            return []
        self.hosted.is_closed = False
        wanted = {_key(spec, port): port for port in spec.ports}
        self._release(wanted, linger)
        errors = []
        for key, port in wanted.items():
            if key in self._listeners:
                continue
            try:
                self._listeners[key] = await _listen(self.hosted, spec.address, port)
            except OSError as error:
                errors.append(_bind_error(spec, port, error))
        return errors

    def _release(self, wanted: Mapping[_PortKey, PodPort], linger: float) -> None:
        """Close what is not wanted: now if its place is needed, else when `linger` is over."""
        places = {_place(key) for key in wanted}
        loop = asyncio.get_running_loop()
        for key in list(self._listeners):
            timer = self._leaving.pop(key, None)
            if key in wanted or _place(key) in places or linger <= 0:
                if timer:
                    timer.cancel()
                if key not in wanted:
                    self._listeners.pop(key)()
            else:
                self._leaving[key] = timer or loop.call_later(linger, self._left, key)

    def _left(self, key: _PortKey) -> None:
        del self._leaving[key]
        self._listeners.pop(key)()

    def close_listeners(self) -> None:
        """Accept no more connections."""
        self.hosted.is_closed = True
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()
        for close in self._listeners.values():
            close()
        self._listeners.clear()

    def drain(self) -> None:
        """Accept no more, and let connections end within `DRAIN_SECONDS`."""
        self.close_listeners()
        for connection in tuple(self.hosted.connections):
            connection.drain()
        if self.hosted.connections:
            asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.cut)

    def cut(self) -> None:
        """Close every connection at once."""
        for connection in tuple(self.hosted.connections):
            connection.abort()


def _key(spec: PodSpec, port: PodPort) -> _PortKey:
    return (spec.address, port.port, port.protocol.family)


def _place(key: _PortKey) -> tuple[str, int, bool]:
    """What two listeners cannot share."""
    address, port, family = key
    return (address, port, family == "udp")


async def _listen(pod: HostedPod, address: str, port: PodPort) -> Callable[[], None]:
    """Open a port; returns what closes it."""
    loop = asyncio.get_running_loop()
    hosted = HostedPort(pod, port.port, port.transport)
    sock = _bind(address, port)
    family = port.protocol.family
    with contextlib.ExitStack() as on_error:
        on_error.callback(sock.close)
        if family == "udp":
            transport, _ = await loop.create_datagram_endpoint(lambda: UdpEcho(hosted), sock=sock)
            on_error.pop_all()
            return transport.close
        kind = TcpEcho if family == "tcp" else FrontConnection
        context = server_context() if family == "tls" else None
        server = await loop.create_server(
            lambda: kind(hosted), sock=sock, ssl=context, backlog=BACKLOG
        )
        on_error.pop_all()
        return server.close


def _bind(address: str, port: PodPort) -> socket.socket:
    """A bound socket.

    No SO_REUSEPORT: two processes that stand in for one address must not share it silently.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    is_udp = port.transport == "udp"
    sock = socket.socket(family, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
    try:
        if not is_udp:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port.port))
        sock.setblocking(False)
        if not is_udp:
            sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _bind_error(spec: PodSpec, port: PodPort, error: OSError) -> BindError:
    number = error.errno or 0
    words = _WORDS.get(number) or (os.strerror(number) if number else str(error))
    return BindError(spec.namespace, spec.name, spec.address, port.port, words)
