"""What a stand-in pod is, and what state it is in: the words both halves share."""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec


class PodKey(NamedTuple):
    """A pod's identity."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class PodProtocol(enum.StrEnum):
    """What a port speaks.

    All in clear but raw ones are served alike (HTTP/1.1, HTTP/2 with prior
    knowledge, gRPC and WebSocket are told apart by what arrives), and so are all
    over TLS (by ALPN): the difference is for people and for conflicts.
    """

    HTTP = "http"
    H2C = "h2c"
    GRPC = "grpc"
    WS = "ws"
    HTTPS = "https"
    HTTP2 = "http2"
    """HTTP/2 over TLS."""
    WSS = "wss"
    TCP = "tcp"
    UDP = "udp"

    @property
    def family(self) -> str:
        """How it is served: ``clear``, ``tls``, ``tcp`` or ``udp``."""
        if self in (PodProtocol.HTTPS, PodProtocol.HTTP2, PodProtocol.WSS):
            return "tls"
        if self in (PodProtocol.TCP, PodProtocol.UDP):
            return self.value
        return "clear"


class PodPort(msgspec.Struct, frozen=True, order=True):
    """One port a pod listens on."""

    port: int
    protocol: PodProtocol = PodProtocol.HTTP
    name: str = ""
    """Of the container's port, or else of the Service's."""
    service: str = ""
    """The Service that leads here, if it is not the pod's first."""
    service_port: int | None = None

    @property
    def transport(self) -> str:
        """``tcp`` or ``udp``."""
        return "udp" if self.protocol is PodProtocol.UDP else "tcp"


class PodSpec(msgspec.Struct, frozen=True):
    """A pod to stand in for."""

    namespace: str
    name: str
    service: str
    """The first Service that selects it; echoed in answers."""
    address: str
    """The loopback address all its ports listen on."""
    ports: tuple[PodPort, ...]
    probe_path: str | None = None
    """Path of the readiness probe, without query."""
    health: tuple[tuple[str, str], ...] = ()
    """Paths that a load balancer's health checks ask, without query, and what has to be in the
    answer; sorted."""

    @property
    def key(self) -> PodKey:
        """The pod's identity."""
        return PodKey(self.namespace, self.name)


class PodState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a pod behaves; changed while it runs."""

    ready: bool = True
    """Whether its readiness probe succeeds; requests are answered either way."""
    stopped: bool = False
    """Nothing listens and no connection lives: connects are refused."""
    delay: float = 0.0
    """Seconds before each answer."""
    status: int | None = None
    """HTTP status of every answer but the probe's; None is 200."""
    flap: float | None = None
    """Seconds after which `ready` turns over, again and again; None is never."""

    @property
    def is_ready(self) -> bool:
        """Whether Kubernetes would list the pod as ready."""
        return self.ready and not self.stopped

    def problem(self) -> str | None:
        """Why this state cannot be, or None if it can."""
        if not 0 <= self.delay <= 3600:
            return f"delay {self.delay:g} s is not between 0 and 3600 s"
        if self.status is not None and not 200 <= self.status <= 599:
            return f"status {self.status} is not between 200 and 599"
        if self.flap is not None and not 0.05 <= self.flap <= 86400:
            return f"flap {self.flap:g} s is not between 0.05 and 86400 s"
        return None


class PodStatus(msgspec.Struct, frozen=True):
    """A running pod, as the process reports it."""

    spec: PodSpec
    state: PodState


class BindError(msgspec.Struct, frozen=True):
    """A port of a pod that cannot be listened on; tried again with every `apply`."""

    namespace: str
    name: str
    address: str
    port: int
    message: str
