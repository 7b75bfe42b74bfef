"""Health of endpoints in `penstock status`: what the proxy says, and what probes found out."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.envoy.admin import ClusterStatus
from penstock.model import BackendService, HealthView, Model
from penstock.status.report import NOT_PROBED, Json
from penstock.status.words import host_part

Flags = Mapping[str, tuple[str, ...]]
"""``host:port`` → why the proxy does not use the endpoint."""
_FAILED, _TIMED_OUT = "failed_active_health_check", "active_hc_timeout"


def add_health(
    backend: Json,
    service: BackendService,
    model: Model,
    seen: ClusterStatus | None,
    view: HealthView,
) -> None:
    """Say of each endpoint of a backend service how it is."""
    flags = {e.address: e.health_flags for e in seen.endpoints} if seen else {}
    by_proxies = _probed_by_proxies(service, model)
    for endpoint in backend["endpoints"]:
        endpoint["health"] = _words(endpoint, flags)
        place = (endpoint["address"], endpoint["port"])
        if service.health_check is None or not endpoint["ready"]:
            continue
        if place in by_proxies:
            _add_proxys_probe(endpoint, flags)
        elif (known := view.get((service.health_check, *place))) is not None:
            endpoint["probe"] = {
                "healthy": known.healthy,
                "reason": known.reason,
                "since": known.since,
            }
            if not known.healthy:
                endpoint["health"] = "unhealthy"
        else:
            endpoint["health"] = NOT_PROBED


def _probed_by_proxies(service: BackendService, model: Model) -> set[tuple[str, int]]:
    return {
        (endpoint.address, endpoint.port)
        for name in service.negs
        if model.negs[name].probed_by_proxies
        for endpoint in model.negs[name].endpoints
    }


def _add_proxys_probe(endpoint: Json, flags: Flags) -> None:
    """The proxy says whether its probes fail, but neither why nor since when."""
    found = flags.get(_address(endpoint))
    if found is None:
        return
    is_bad = _FAILED in found
    words = "the proxy's probe " + ("timed out" if _TIMED_OUT in found else "failed")
    reason = words if is_bad else "probed by the proxy"
    endpoint["probe"] = {"healthy": not is_bad, "reason": reason, "since": None}
    if is_bad:
        endpoint["health"] = "unhealthy"


def _words(endpoint: Json, flags: Flags) -> str:
    """``healthy``, ``not ready`` (so the proxy does not have it), or the proxy's reasons."""
    if not endpoint["ready"]:
        return "not ready"
    found = flags.get(_address(endpoint))
    if found is None:
        return "not yet known to the proxy"
    return ", ".join(each.removeprefix("eds_status_") for each in found) or "healthy"


def _address(endpoint: Json) -> str:
    return f"{host_part(endpoint['address'])}:{endpoint['port']}"
