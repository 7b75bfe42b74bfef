"""Health checks for tests, with everything usual."""

from __future__ import annotations

from typing import Any

from penstock.model import HealthCheck, HealthCheckKind, HealthCheckName, Origin, Setting

ORIGIN = Origin.default("test")


def check(kind: str = "HTTP", name: str = "c", **changes: Any) -> HealthCheck:
    """A health check; numbers and texts are made settings where the model has them."""
    settings: dict[str, Any] = {
        "interval": 5.0, "timeout": 5.0, "healthy_threshold": 2, "unhealthy_threshold": 2,
    }  # fmt: skip
    plain = {}
    for key, value in changes.items():
        if key in (*settings, "port", "host", "path"):
            settings[key] = value
        else:
            plain[key] = value
    wrapped = {key: Setting(value, ORIGIN) for key, value in settings.items()}
    return HealthCheck(
        name=HealthCheckName(name),
        kind=Setting(HealthCheckKind(kind), ORIGIN),
        origin=ORIGIN,
        **wrapped,
        **plain,
    )
