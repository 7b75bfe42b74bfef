"""``circuitBreakers``: what one proxy may have in flight to a backend service."""

from __future__ import annotations

from penstock.dialects.compute import defaults
from penstock.model import CircuitBreakers, Setting
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.meta import Object


def read_breakers(obj: Object[BackendService]) -> CircuitBreakers | None:
    """The limits that are written; without any, the plane's own hold, for retries too."""
    written = obj.resource.circuit_breakers
    if written is None:
        return None

    def limit(field: str, value: int | None) -> Setting[int] | None:
        return None if value is None else Setting(value, obj.origin("circuitBreakers", field))

    return CircuitBreakers(
        max_connections=limit("maxConnections", written.max_connections),
        max_pending_requests=limit("maxPendingRequests", written.max_pending_requests),
        max_requests=limit("maxRequests", written.max_requests),
        max_requests_per_connection=limit(
            "maxRequestsPerConnection", written.max_requests_per_connection
        ),
        max_retries=limit("maxRetries", written.max_retries) or defaults.MAX_RETRIES,
    )
