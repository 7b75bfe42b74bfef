"""Where load balancers' health checks ask that no Service port leads to: BackendConfigs of GKE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.objects.gke import BackendConfig
from penstock.objects.gke.annotations import app_protocol, backend_config
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import World
from penstock.standin.spec import PodPort, PodProtocol

_PROTOCOLS = {
    "HTTP": PodProtocol.HTTP,
    "HTTPS": PodProtocol.HTTPS,
    "HTTP2": PodProtocol.HTTP2,
}


class Asked(NamedTuple):
    """What a health check asks pods for."""

    port: PodPort | None
    """None is the port that serves."""
    path: str | None


def asked(world: World, service: Object[Service]) -> Iterator[Asked]:
    """What health checks ask the pods of a Service for."""
    for port in service.resource.spec.ports or ():
        name = backend_config(service.annotations, port.name, port.port)
        config = world.get(BackendConfig, service.namespace, name) if name else None
        check = config.resource.spec.health_check if config else None
        if check is None:
            continue
        word = check.type or app_protocol(service.annotations, port.name) or "HTTP"
        protocol = _PROTOCOLS.get(word, PodProtocol.HTTP)
        path = check.request_path.partition("?")[0] if check.request_path else None
        yield Asked(PodPort(check.port, protocol) if check.port else None, path)
