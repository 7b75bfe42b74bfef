"""Balancing modes and target capacities: what each group of a backend service can take.

A group whose backend says nothing of capacity has no limit.  What the API refuses is a
finding in its words, and the limit that it is about does not hold.

https://docs.cloud.google.com/load-balancing/docs/backend-service#balancing-mode
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.groups import INSTANCES, GroupUse
from penstock.dialects.compute.references import resource_field
from penstock.model import BalancingMode, Capacity, Finding, MetricLimit, Origin, Setting, Severity
from penstock.objects.compute.backend_service import Backend, BackendService
from penstock.objects.meta import Object

_WITH_MODES: Final = frozenset({"GCE_VM_IP_PORT", "NON_GCP_PRIVATE_IP_PORT", INSTANCES})
"""Types of groups that have a balancing mode at all."""
_UNUSUAL_MODES: Final = frozenset({BalancingMode.CONNECTION})
"""Modes that the API has for TCP and SSL only."""


class _Targets(NamedTuple):
    """The fields of one unit: for the whole group, for one endpoint, for one machine."""

    total: str
    per_endpoint: str
    per_instance: str

    def per_one(self, use: GroupUse) -> str:
        """The field for one of the group's members."""
        return self.per_instance if use.facts.type == INSTANCES else self.per_endpoint


_RATE: Final = _Targets("maxRate", "maxRatePerEndpoint", "maxRatePerInstance")
_CONNECTIONS: Final = _Targets(
    "maxConnections", "maxConnectionsPerEndpoint", "maxConnectionsPerInstance"
)
_IN_FLIGHT: Final = _Targets(
    "maxInFlightRequests", "maxInFlightRequestsPerEndpoint", "maxInFlightRequestsPerInstance"
)
_TARGETS: Final = {
    BalancingMode.RATE: _RATE,
    BalancingMode.CONNECTION: _CONNECTIONS,
    BalancingMode.IN_FLIGHT: _IN_FLIGHT,
    BalancingMode.UTILIZATION: _RATE,
}
"""By which fields a mode is limited; of UTILIZATION they are one limit more."""


def read_capacity(
    service: Object[BackendService], index: int, use: GroupUse, findings: list[Finding]
) -> Capacity | None:
    """What the group of one backend can take; None if its author says nothing of it."""
    backend = (service.resource.backends or ())[index]
    return _Reader(service, backend, service.origin("backends", index), use, findings).read()


class _Reader:
    """Reads one backend."""

    def __init__(
        self,
        service: Object[BackendService],
        backend: Backend,
        origin: Origin,
        use: GroupUse,
        findings: list[Finding],
    ) -> None:
        self._service = service
        self._backend = backend
        self._origin = origin
        self._use = use
        self._findings = findings
        self._limits = {name: value for name, value in _limits(backend) if value is not None}

    def read(self) -> Capacity | None:
        backend = self._backend
        scaler, preferred = self._scaler(), self._preferred()
        metrics = backend.custom_metrics or ()
        if self._use.facts.type not in _WITH_MODES:
            self._check_without_modes()
            return None
        written = backend.balancing_mode
        is_limited = bool(written or self._limits or metrics)
        if not is_limited and scaler is None and preferred is None:
            return None
        mode = self._mode() if is_limited else None
        targets = _TARGETS.get(mode.value) if mode else None
        self._check_others(mode, targets)
        return Capacity(
            neg=self._use.name,
            mode=mode or Setting(BalancingMode.RATE, defaults.ORIGIN),
            origin=self._origin,
            max_total=self._total(targets),
            max_per_endpoint=self._target(targets.per_one(self._use)) if targets else None,
            max_utilization=self._utilization(mode),
            metrics=self._metrics(mode),
            scaler=scaler,
            preferred=preferred,
        )

    def _mode(self) -> Setting[BalancingMode] | None:
        """The mode, or None if the group cannot have it."""
        written = self._backend.balancing_mode
        origin = self._origin.child("balancingMode") if written else self._origin
        mode = BalancingMode(written or BalancingMode.UTILIZATION)
        if mode is BalancingMode.UTILIZATION and self._use.facts.type != INSTANCES:
            self._refuse(
                "balancingMode",
                mode,
                "UTILIZATION balancing mode is not supported for network endpoint groups",
                "write balancingMode: RATE with maxRatePerEndpoint; until then there is no limit",
            )
            return None
        if mode in _UNUSUAL_MODES:
            protocol = self._service.resource.protocol or "HTTP"
            self._refuse(
                "balancingMode",
                mode,
                f"{mode} balancing mode is not supported for protocol {protocol}",
                "Penstock counts connections all the same; RATE counts requests",
                Severity.WARNING,
            )
        self._check_target(mode)
        return Setting(mode, origin)

    def _check_target(self, mode: BalancingMode) -> None:
        """Whether the mode has exactly one target; UTILIZATION needs none."""
        targets = _TARGETS.get(mode)
        if mode is BalancingMode.CUSTOM_METRICS:
            if not any(not metric.dry_run for metric in self._backend.custom_metrics or ()):
                reason = "customMetrics should be set with CUSTOM_METRICS mode"
                self._refuse("balancingMode", mode, reason, "until then there is no limit")
            return
        if targets is None:
            return
        names = (targets.total, targets.per_one(self._use))
        given = [name for name in names if name in self._limits]
        if len(given) == 2:
            reason = f"At most one of {names[0]} or {names[1]} can be set with {mode} mode"
            self._refuse(given[1], self._limits[given[1]], reason, f"{given[0]} holds, too")
        elif not given and mode is not BalancingMode.UTILIZATION:
            reason = f"Either {names[0]} or {names[1]} should be set with {mode} mode"
            self._refuse("balancingMode", mode, reason, "until then there is no limit")

    def _check_others(self, mode: Setting[BalancingMode] | None, targets: _Targets | None) -> None:
        """Limits that the mode does not know."""
        if mode is None:
            return
        mine = {targets.total, targets.per_one(self._use)} if targets else set()
        if mode.value is BalancingMode.UTILIZATION:
            mine.add("maxUtilization")
        for name, value in self._limits.items():
            if name in mine:
                continue
            if targets and name in targets:
                what = (
                    "instance groups"
                    if self._use.facts.type == INSTANCES
                    else "network endpoint groups"
                )
                reason = f"It is not supported for {what}"
            else:
                reason = f"It cannot be set with {mode.value} mode"
            # This one combination the API takes, and ignores it.
            is_taken = (mode.value, name) == (BalancingMode.RATE, "maxUtilization")
            severity = Severity.INFO if is_taken else Severity.WARNING
            self._refuse(name, value, reason, "it has no effect", severity)
        if self._backend.custom_metrics and mode.value is not BalancingMode.CUSTOM_METRICS:
            reason = f"It cannot be set with {mode.value} mode"
            self._refuse("customMetrics", "", reason, "it has no effect", Severity.WARNING)

    def _check_without_modes(self) -> None:
        """Serverless, internet and Private Service Connect groups have no capacity.

        ``describe`` prints UTILIZATION and 1.0 nevertheless.
        """
        backend, family = self._backend, self._use.facts.family
        limits = [*self._limits, *(["customMetrics"] if backend.custom_metrics else [])]
        if backend.balancing_mode not in (None, BalancingMode.UTILIZATION) or limits:
            value = backend.balancing_mode or ""
            reason = f"Balancing mode is not supported for {_API_NAMES.get(family, family)}"
            self._refuse("balancingMode", value, reason, "it has no effect")
        if backend.capacity_scaler not in (None, 1.0):
            reason = f"It is not supported for {_API_NAMES.get(family, family)}"
            self._refuse("capacityScaler", backend.capacity_scaler, reason, "it has no effect")

    def _total(self, targets: _Targets | None) -> Setting[float] | None:
        if targets is None:
            return None
        is_regional = self._use.facts.type == INSTANCES and not self._use.facts.spot.zone
        if is_regional and targets.total in self._limits:
            reason = "It is not supported for regional managed instance groups"
            hint = f"write {targets.per_instance}; until then there is no limit"
            self._refuse(targets.total, self._limits[targets.total], reason, hint)
            return None
        return self._target(targets.total)

    def _target(self, name: str) -> Setting[float] | None:
        value = self._limits.get(name)
        return None if value is None else Setting(float(value), self._origin.child(name))

    def _utilization(self, mode: Setting[BalancingMode] | None) -> Setting[float] | None:
        if mode is None or mode.value is not BalancingMode.UTILIZATION:
            return None
        return self._target("maxUtilization") or defaults.MAX_UTILIZATION

    def _metrics(self, mode: Setting[BalancingMode] | None) -> tuple[MetricLimit, ...]:
        if mode is None or mode.value is not BalancingMode.CUSTOM_METRICS:
            return ()
        return tuple(
            MetricLimit(
                metric.name,
                defaults.MAX_UTILIZATION.value
                if metric.max_utilization is None
                else metric.max_utilization,
                dry_run=bool(metric.dry_run),
            )
            for metric in self._backend.custom_metrics or ()
            if metric.name
        )

    def _scaler(self) -> Setting[float] | None:
        value = self._backend.capacity_scaler
        return None if value is None else Setting(value, self._origin.child("capacityScaler"))

    def _preferred(self) -> Setting[bool] | None:
        written = self._backend.preference
        if written in (None, "PREFERENCE_UNSPECIFIED"):
            return None
        return Setting(written == "PREFERRED", self._origin.child("preference"))

    def _refuse(
        self, name: str, value: object, reason: str, hint: str, severity: Severity | None = None
    ) -> None:
        origin = self._origin.child(name)
        message = f"Invalid value for field '{resource_field(origin)}': '{value}'. {reason}"
        self._findings.append(codes.BALANCING_MODE.at(origin, message, hint, severity))


_API_NAMES: Final = {
    "serverless groups": "Serverless network endpoint groups",
    "internet groups": "Internet network endpoint groups",
    "Private Service Connect groups": "Private Service Connect network endpoint groups",
}


def _what(use: GroupUse) -> str:
    return "instance groups" if use.facts.type == INSTANCES else "network endpoint groups"


def _limits(backend: Backend) -> Iterator[tuple[str, float | None]]:
    yield "maxRate", backend.max_rate
    yield "maxRatePerEndpoint", backend.max_rate_per_endpoint
    yield "maxRatePerInstance", backend.max_rate_per_instance
    yield "maxConnections", backend.max_connections
    yield "maxConnectionsPerEndpoint", backend.max_connections_per_endpoint
    yield "maxConnectionsPerInstance", backend.max_connections_per_instance
    yield "maxInFlightRequests", backend.max_in_flight_requests
    yield "maxInFlightRequestsPerEndpoint", backend.max_in_flight_requests_per_endpoint
    yield "maxInFlightRequestsPerInstance", backend.max_in_flight_requests_per_instance
    yield "maxUtilization", backend.max_utilization
