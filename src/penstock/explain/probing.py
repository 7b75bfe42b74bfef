"""How the endpoints of a backend service are probed, and who said so."""

from __future__ import annotations

from penstock.explain.result import Count, Probing, seconds, source, text
from penstock.explain.result import Text as ShownText
from penstock.model import BackendService, HealthCheck, Model


def probing_of(service: BackendService, model: Model) -> Probing | None:
    """The health check of a backend service; None if nobody probes it."""
    if service.health_check is None:
        return None
    check = model.health_checks[service.health_check]
    return Probing(
        name=check.name,
        type=ShownText(check.kind.value.value, source(check.kind.origin)),
        port=_port(check),
        path=text(check.path) if check.kind.value.has_path else None,
        host=text(check.host),
        interval=seconds(check.interval),
        timeout=seconds(check.timeout),
        healthy_threshold=Count(
            check.healthy_threshold.value, source(check.healthy_threshold.origin)
        ),
        unhealthy_threshold=Count(
            check.unhealthy_threshold.value, source(check.unhealthy_threshold.origin)
        ),
        origin=source(check.origin),
        description=check.description,
    )


def _port(check: HealthCheck) -> Count:
    """Where none is said, whoever made the check has it ask the port that serves."""
    if check.port is None:
        return Count(None, source(check.origin))
    return Count(check.port.value, source(check.port.origin))
