"""What a Service port's appProtocol says about how to speak to its endpoints.

Kubernetes defines the ``kubernetes.io/`` names; the bare ones are IANA service
names, and those that people use for gRPC.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from penstock.model import BackendProtocol
from penstock.objects.suggest import nearest

APP_PROTOCOLS: Final = MappingProxyType(
    {
        "http": BackendProtocol.HTTP,
        "https": BackendProtocol.HTTPS,
        "grpc": BackendProtocol.H2C,
        "kubernetes.io/h2c": BackendProtocol.H2C,
        "kubernetes.io/ws": BackendProtocol.HTTP,
        "kubernetes.io/wss": BackendProtocol.HTTPS,
    }
)


def read_app_protocol(text: str | None) -> BackendProtocol | None:
    """The protocol, HTTP if nothing is written, None if the name is not known."""
    return APP_PROTOCOLS.get(text) if text else BackendProtocol.HTTP


def suggest_app_protocol(text: str) -> str:
    """The known appProtocol most like `text`, or an empty string."""
    bare = {name.rpartition("/")[2]: name for name in APP_PROTOCOLS}
    found = nearest(text.lower().rpartition("/")[2], bare)
    return bare[found] if found else ""
