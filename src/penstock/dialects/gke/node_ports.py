"""What a BackendConfig asks of a backend whose nodes are asked, and not its pods.

GKE takes it as it is; it means something else than where pods are in groups (ingress-gce,
pkg/translator: a health check's port is then the nodes').
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from penstock.dialects.gke import codes
from penstock.model import Affinity, Finding, HealthCheck, Setting
from penstock.objects.meta import Object
from penstock.objects.service import Service

_ALLOCATED: Final = range(30000, 32768)
"""What a cluster chooses NodePorts from that a manifest leaves open."""


def said_of_nodes(
    service: Object[Service], check: HealthCheck, affinity: Setting[Affinity] | None
) -> Iterator[Finding]:
    """Findings on a Service that is asked at its NodePorts."""
    if affinity is not None:
        message = (
            f"{service.ref} is asked at the nodes' NodePort: sessions stay at a node, which gives "
            "each connection to any pod"
        )
        hint = "add cloud.google.com/neg: '{\"ingress\": true}' to the Service"
        yield codes.AFFINITY_OF_NODES.at(affinity.origin, message, hint)
    if check.port is None:
        return
    probed = check.port.value
    ports = service.resource.spec.ports or ()
    known = sorted({port.node_port for port in ports if port.node_port})
    may_be = any(not port.node_port for port in ports) and probed in _ALLOCATED
    if probed in known or may_be:
        return
    message = (
        f"GKE probes port {probed} of the nodes, not of the pods of {service.ref}, and no NodePort "
        "of the Service is that"
    )
    hint = f"write {' or '.join(map(str, known))}" if known else "leave it out"
    yield codes.HEALTH_CHECK_PORT.at(check.port.origin, message, hint)
