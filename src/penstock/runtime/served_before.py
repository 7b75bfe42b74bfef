"""Where the proxies of an earlier control plane send requests, while this one starts.

Health is not remembered, but those proxies know what they were told.  An endpoint that
they use goes on until its first probe has an answer, however long that takes: a new
control plane must not cut anybody off.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from penstock.envoy.admin import AdminClient, AdminError, EndpointStatus
from penstock.runtime.nodes import recorded
from penstock.runtime.state import StateDir

ServedBefore = Mapping[str, Set[tuple[str, int]]]
"""Backend service → addresses and ports of endpoints that get requests."""


async def served_before(state: StateDir) -> ServedBefore:
    """What all proxies of the state directory say that run; nothing where none does."""
    found: dict[str, set[tuple[str, int]]] = {}
    for paths in recorded(state):
        try:
            clusters = await AdminClient(paths.admin_socket).clusters()
        except AdminError:
            continue
        for name, cluster in clusters.items():
            used = (_place(each.address) for each in cluster.endpoints if _is_used(each))
            found.setdefault(name, set()).update(used)
    return found


def _place(text: str) -> tuple[str, int]:
    """An IP address and a port as Envoy writes them; port 0 is no port."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


def _is_used(endpoint: EndpointStatus) -> bool:
    """Whether a control plane has said that it is healthy; what a proxy itself has seen since
    is for the proxy."""
    return not any(flag.startswith("eds_status_") for flag in endpoint.health_flags)
