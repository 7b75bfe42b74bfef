"""The URL map of an Ingress, and which backends it leads to."""

from __future__ import annotations

from typing import NamedTuple

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.backends import Backends, Target
from penstock.dialects.gke.failure import TRANSLATE, Failure
from penstock.dialects.gke.plan import BackendRef, HostPlan, IngressPlan, PathPlan
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
_NO_DEFAULT = "what no path takes is answered with 404"


class Resolved(NamedTuple):
    """What became of an Ingress's backends."""

    targets: dict[PortRef, Target]
    failures: tuple[Failure, ...]
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
            failures.append(found)
            findings.append(found.finding(ref.origin.child("service"), _CONSEQUENCE))
    default = _default(plan, targets, backends)
    if isinstance(default, Failure):
        failures.append(default)
        findings.append(default.finding(plan.ingress.origin("spec"), _NO_DEFAULT))
        default = None
    return Resolved(targets, tuple(failures), tuple(dict.fromkeys(findings)), default)


def _refs(plan: IngressPlan) -> list[BackendRef]:
    refs = [plan.default] if plan.default else []
    return refs + [p.backend for host in plan.hosts for p in host.paths if p.backend is not None]


def _default(
    plan: IngressPlan, targets: dict[PortRef, Target], backends: Backends
) -> Target | Failure | None:
    """The backend of what no path takes; None if the answer is made here."""
    if plan.default is not None:
        return targets.get(plan.default.port) if plan.default.port else None
    if not backends.has(_SYSTEM):
        return None
    found = backends.resolve(_SYSTEM, plan.of_class)
    if isinstance(found, Target):
        return found
    text = (
        "failed to retrieve the system default backend service "
        f'"{_SYSTEM.namespace}/{_SYSTEM.service}" with port "{_SYSTEM.port}": {found.text}'
    )
    return found._replace(code=codes.DEFAULT_BACKEND, text=text, event=TRANSLATE)


def make_url_map(plan: IngressPlan, name: UrlMapName, resolved: Resolved) -> UrlMap:
    """The URL map: one path matcher for each host, all with the Ingress's default."""
    if plan.default is not None:
        default, origin = _action(resolved.default), plan.default.origin
    elif resolved.default is not None:
        default, origin = _action(resolved.default), resolved.default.backend.origin
    else:
        default, origin = defaults.SYSTEM_ANSWER, defaults.ORIGIN
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
    if path.backend is None:
        action: Action = defaults.BROKEN
    else:
        port = path.backend.port
        action = _action(resolved.targets.get(port) if port else None)
    return RouteRule(path.name, RouteMatch(path.match), action, path.origin)


def _action(target: Target | None) -> Action:
    if target is None:
        return defaults.UNAVAILABLE
    settings = target.settings
    if settings.is_guarded:
        return defaults.FORBIDDEN
    return Forward(
        backends=(WeightedBackend(target.backend.name, headers=settings.headers),),
        timeout=settings.timeout,
        idle_timeout=settings.timeout,
        retry=defaults.RETRY,
        max_duration=settings.timeout,
    )
