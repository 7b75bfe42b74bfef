"""A pod as its connections see it: spec, state, and who wants to hear of changes.

The pod's listeners (`pod`) own one and hand it to every connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from penstock.standin.spec import PodPort, PodSpec, PodState


class Connection(Protocol):
    """A live connection or UDP listener, from the pod's side."""

    def drain(self) -> None:
        """Let what is under way end, then close."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class HostedPod:
    """What connections read; `state` changes under them."""

    __slots__ = ("connections", "is_closed", "on_state", "spec", "state")

    def __init__(self, spec: PodSpec, state: PodState) -> None:
        self.spec = spec
        self.state = state
        self.connections: set[Connection] = set()
        self.is_closed = False
        """No listener is open; what still arrives is cut."""
        self.on_state: set[Callable[[], None]] = set()

    def change(self, state: PodState) -> None:
        """Set the state and tell who listens (gRPC health watches)."""
        self.state = state
        for callback in tuple(self.on_state):
            callback()


class HostedPort:
    """One port of a hosted pod: what a connection is made with."""

    __slots__ = ("number", "pod", "transport")

    def __init__(self, pod: HostedPod, number: int, transport: str) -> None:
        self.pod = pod
        self.number = number
        self.transport = transport

    @property
    def service(self) -> str:
        """The Service that leads to this port."""
        return (self.spec and self.spec.service) or self.pod.spec.service

    @property
    def spec(self) -> PodPort | None:
        """The port as the pod's present spec has it."""
        for port in self.pod.spec.ports:
            if (port.port, port.transport) == (self.number, self.transport):
                return port
        return None
