"""What a route says whose backend cannot be had; the dialects have the reasons."""

from __future__ import annotations

from penstock.dialects.kubernetes.services import PortRef
from penstock.model import Origin, Unserved


def no_port(backend: Origin) -> Unserved:
    """Of a backend that names no port of a Service, so that nothing else can be wrong with it."""
    return Unserved("", "the backend names no port of a Service", backend)


def no_backend(port: PortRef, reason: str, origin: Origin) -> Unserved:
    """Of a Service's port; `reason` is short enough for a table, `origin` where it is written."""
    return Unserved(f"{port.namespace}/{port.service}:{port.port}", reason, origin)
