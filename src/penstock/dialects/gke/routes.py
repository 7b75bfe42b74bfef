"""The URL map of an Ingress, and which backends it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from penstock.dialects.gke import defaults
from penstock.dialects.gke.backends import Backends, Target
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.plan import BackendRef, HostPlan, IngressPlan, PathPlan
from penstock.dialects.gke.unserved import broken, forbidden, unavailable
from penstock.dialects.kubernetes.services import PortRef
from penstock.model import (
    Action,
    Finding,
    Forward,
    ForwardedFor,
    HostRule,
    Origin,
    RouteMatch,
    RouteRule,
    UrlMap,
    UrlMapName,
    WeightedBackend,
)

_SYSTEM = PortRef(defaults.SYSTEM_NAMESPACE, defaults.SYSTEM_SERVICE, defaults.SYSTEM_PORT)
_CONSEQUENCE = "requests for it are answered with 503"


class Resolved(NamedTuple):
    """What became of an Ingress's backends."""

    targets: dict[PortRef, Target]
    failures: tuple[Failure, ...]
    failed: Mapping[PortRef, Failure]
    findings: tuple[Finding, ...]
    default: Target | None
    """Of the Ingress, else of the system, if there is one."""

    @property
    def used(self) -> tuple[Target, ...]:
        """Everything that the URL map leads to."""
        return (*self.targets.values(), *([self.default] if self.default else ()))


def resolve(plan: IngressPlan, backends: Backends) -> Resolved:
    """Look up every backend that an Ingress names."""
    targets: dict[PortRef, Target] = {}
    failed: dict[PortRef, Failure] = {}
    failures: list[Failure] = []
    findings: list[Finding] = []
    seen: set[tuple[PortRef, Origin]] = set()
    for ref in _refs(plan):
        if ref.port is None or (ref.port, ref.origin) in seen:
            continue
        seen.add((ref.port, ref.origin))
        found = backends.resolve(ref.port, plan.of_class)
        if isinstance(found, Target):
            targets[ref.port] = found
        else:
            failed[ref.port] = found
            failures.append(found)
            findings.append(found.finding(ref.origin.child("service"), _CONSEQUENCE))
    default = _default(plan, targets, backends)
    return Resolved(targets, tuple(failures), failed, tuple(dict.fromkeys(findings)), default)


def _refs(plan: IngressPlan) -> list[BackendRef]:
    refs = [plan.default] if plan.default else []
    return refs + [p.backend for host in plan.hosts for p in host.paths if p.backend is not None]


def _default(
    plan: IngressPlan, targets: dict[PortRef, Target], backends: Backends
) -> Target | None:
    if plan.default is not None:
        return targets.get(plan.default.port) if plan.default.port else None
    if not backends.has(_SYSTEM):
        return None
    found = backends.resolve(_SYSTEM, plan.of_class)
    return found if isinstance(found, Target) else None


def make_url_map(plan: IngressPlan, name: UrlMapName, resolved: Resolved) -> UrlMap:
    """The URL map: one path matcher for each host, all with the Ingress's default."""
    default: Action = defaults.SYSTEM_ANSWER
    origin = defaults.ORIGIN
    if plan.default is not None:
        default, origin = _led(plan.default, resolved), plan.default.origin
    elif resolved.default is not None:
        default, origin = _to(resolved.default), resolved.default.backend.origin
    return UrlMap(
        name=name,
        host_rules=tuple(_host(host, resolved) for host in plan.hosts),
        default_action=default,
        default_origin=origin,
        forwarded_for=ForwardedFor.CLIENT_AND_VIP,
    )


def _host(host: HostPlan, resolved: Resolved) -> HostRule:
    return HostRule(host.host, tuple(_route(path, resolved) for path in host.paths))


def _route(path: PathPlan, resolved: Resolved) -> RouteRule:
    ref = path.backend
    action = broken(path.origin) if ref is None else _led(ref, resolved)
    return RouteRule(path.name, RouteMatch(path.match), action, path.origin)


def _led(ref: BackendRef, resolved: Resolved) -> Action:
    """What requests for a backend get."""
    target = resolved.targets.get(ref.port) if ref.port else None
    if target is None:
        return unavailable(ref, resolved.failed.get(ref.port) if ref.port else None)
    return _to(target)


def _to(target: Target) -> Action:
    settings = target.settings
    if settings.is_guarded:
        return forbidden(target)
    return Forward(
        backends=(WeightedBackend(target.backend.name, headers=settings.headers),),
        timeout=settings.timeout,
        idle_timeout=settings.timeout,
        retry=defaults.RETRY,
        max_duration=settings.timeout,
    )
