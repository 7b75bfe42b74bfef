"""Health checks of load balancers that find a stand-in healthy though it is not ready.

A cluster's readiness and a load balancer's health check are two things: whoever makes a
pod unready to see it left out has to be told where only the health check decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from penstock.model import Endpoint, HealthCheck, HealthCheckKind, Model
from penstock.standin.echo import answers_by_readiness
from penstock.standin.spec import PodStatus

_CONNECTING: Final = (HealthCheckKind.TCP, HealthCheckKind.SSL)


def unmoved(pod: PodStatus, model: Model) -> dict[str, str | None]:
    """The health checks that pass: by name the path that each asks, None if it only connects."""
    if pod.state.stopped or (pod.state.ready and pod.state.flap is None):
        return {}
    return {
        check.name: check.path.value if check.kind.value.has_path else None
        for check, endpoint in _checks(pod, model)
        if _passes(pod, check, endpoint)
    }


def _checks(pod: PodStatus, model: Model) -> Iterator[tuple[HealthCheck, Endpoint]]:
    for service in model.backend_services.values():
        check = model.health_checks.get(service.health_check) if service.health_check else None
        if check is None:
            continue
        for name in service.negs:
            neg = model.negs.get(name)
            for endpoint in neg.endpoints if neg and not neg.by_readiness else ():
                if endpoint.address == pod.spec.address:
                    yield check, endpoint


def _passes(pod: PodStatus, check: HealthCheck, endpoint: Endpoint) -> bool:
    """Whether the stand-in answers the check although it is not ready."""
    port = check.port.value if check.port else endpoint.port
    if port not in {known.port for known in pod.spec.ports}:
        return False
    if check.kind.value in _CONNECTING:
        return not check.response
    if not check.kind.value.has_path:
        return False  # gRPC's answer is the readiness.
    if answers_by_readiness(pod.spec, check.path.value.partition("?")[0]):
        return False
    status = pod.state.status or 200
    return any(low <= status <= high for low, high in check.statuses)
