"""Which address of the proxy-only subnet connections to endpoints can come from here.

A manifest may say an address that another machine has.  Only this machine knows
that, so the runtime takes such addresses out before the model is compiled.
"""

from __future__ import annotations

import msgspec

from penstock.model import (
    BackendService,
    BackendServiceName,
    Finding,
    Model,
    Severity,
    code,
)
from penstock.runtime.addresses import not_own

SOURCE_SUBSTITUTED = code(
    "runtime/source-substituted",
    Severity.INFO,
    "Connections to backends come from another address than the manifests say",
)


class ProxySources:
    """Keeps the services it changed, so that unchanged ones stay the same values."""

    def __init__(self) -> None:
        self._changed: dict[BackendServiceName, tuple[BackendService, BackendService]] = {}

    def usable(self, model: Model) -> tuple[Model, list[Finding]]:
        """The model without sources that are not of this machine, and a finding for each."""
        services = model.backend_services.values()
        wanted = {service.source.value for service in services if service.source}
        reasons = {source: why for source in sorted(wanted) if (why := not_own(source))}
        if not reasons:
            self._changed = {}
            return model, []
        changed = {
            service.name: self._without(service)
            for service in services
            if service.source and service.source.value in reasons
        }
        self._changed = changed
        kept = {**model.backend_services, **{name: new for name, (_, new) in changed.items()}}
        placed = msgspec.structs.replace(model, backend_services=kept)
        return placed, _findings(model, reasons)

    def _without(self, service: BackendService) -> tuple[BackendService, BackendService]:
        known = self._changed.get(service.name)
        if known is not None and known[0] is service:
            return known
        return service, msgspec.structs.replace(service, source=None)


def _findings(model: Model, reasons: dict[str, str]) -> list[Finding]:
    findings: dict[str, Finding] = {}
    for service in model.backend_services.values():
        source = service.source
        if source and source.value in reasons and source.value not in findings:
            findings[source.value] = SOURCE_SUBSTITUTED.at(
                source.origin,
                f"Connections to backends do not come from {source.value}: "
                f"{reasons[source.value]}. They come from an address of this machine.",
            )
    return list(findings.values())
