"""What Compute's health checks ask of the stand-ins of machines: ports, paths, texts.

A stand-in has to be healthy until it is told not to be.  So it listens on the port
that a check names, speaks what the check speaks, and answers its path with the text
that the check looks for; its readiness decides between 200 and 503.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import structs

from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.health_check import HealthCheck
from penstock.objects.meta import Object
from penstock.objects.world import World
from penstock.standin.spec import PodPort, PodProtocol

_REFERENCE: Final = re.compile(
    r"(?:(?:regions/(?P<region>[^/]+)|(?P<all>global))/healthChecks/)?(?P<name>[^/]+)$"
)
_PARTS: Final = {
    "HTTP": ("http_health_check", PodProtocol.HTTP, 80),
    "HTTPS": ("https_health_check", PodProtocol.HTTPS, 443),
    "HTTP2": ("http2_health_check", PodProtocol.HTTP2, 443),
    "TCP": ("tcp_health_check", PodProtocol.HTTP, 80),
    "SSL": ("ssl_health_check", PodProtocol.HTTPS, 443),
    "GRPC": ("grpc_health_check", PodProtocol.GRPC, None),
    "GRPC_WITH_TLS": ("grpc_tls_health_check", PodProtocol.HTTP2, None),
}
"""By type: where the resource says it, what a port of its own speaks, its usual number."""


class Demand(NamedTuple):
    """What one health check wants of a machine."""

    check: Object[HealthCheck]
    attribute: str
    """Where the resource says how it probes."""
    port: PodPort | None
    """None if the ports that serve are probed."""
    answer: tuple[str, str] | None
    """A path without query, and what has to be in the answer."""


class Demands:
    """Health checks of a world, by the backend services that name them."""

    def __init__(self, world: World) -> None:
        self._checks = {
            (obj.resource.place.location, obj.name): obj for obj in world.all(HealthCheck)
        }

    def of(self, user: Object[BackendService]) -> Demand | None:
        """What the health check of a backend service wants; None if it has none that is there."""
        for text in user.resource.health_checks or ():
            match = _REFERENCE.search(text)
            if match:
                place = match["region"] or match["all"] or user.resource.place.location
                check = self._checks.get((place, match["name"]))
                return _demand(check) if check is not None else None
        return None


def _demand(check: Object[HealthCheck]) -> Demand | None:
    resource = check.resource
    for kind, (attribute, protocol, usual) in _PARTS.items():
        part = getattr(resource, attribute)
        if part is None or resource.type not in (None, kind):
            continue
        is_serving = part.port_specification == "USE_SERVING_PORT"
        number = None if is_serving else part.port or usual
        port = PodPort(number, protocol, "health-check", check.name) if number else None
        return Demand(check, attribute, port, _answer(part) if "http" in attribute else None)
    return None


def _answer(part: object) -> tuple[str, str]:
    path = getattr(part, "request_path", None) or "/"
    return path.partition("?")[0], getattr(part, "response", None) or ""


class PlannedCheck(NamedTuple):
    """A health check with a port of its own, and the machines that have it."""

    demand: Demand
    workloads: frozenset[str]
    number: int
    """That is bound."""

    def placed(self, numbers: Mapping[tuple[str, int, str], int]) -> PlannedCheck:
        """With the number that is really bound; machines of one check bind the same."""
        known = (numbers.get((ref, self.number, "tcp")) for ref in sorted(self.workloads))
        return self._replace(number=next(filter(None, known), self.number))

    @property
    def replacement(self) -> Object[HealthCheck] | None:
        """The health check with the port that is bound; None if it is the one it says."""
        port = self.demand.port
        if port is None or port.port == self.number:
            return None
        return moved(self.demand, self.number)


def moved(demand: Demand, number: int) -> Object[HealthCheck]:
    """The health check with another port, where that is what stand-ins could bind."""
    resource = demand.check.resource
    part = structs.replace(getattr(resource, demand.attribute), port=number)
    changed = structs.replace(resource, **{demand.attribute: part})
    return Object(changed, demand.check.locator)
