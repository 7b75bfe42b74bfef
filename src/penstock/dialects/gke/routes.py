"""The URL map of an Ingress, and which backends it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.backends import Backends
from penstock.dialects.gke.failure import TRANSLATE, Failure, place_order
from penstock.dialects.gke.plan import BackendRef, HostPlan, IngressPlan, PathPlan
from penstock.dialects.gke.targets import Target
from penstock.dialects.gke.unserved import broken, forbidden, unavailable
from penstock.dialects.kubernetes.services import PortRef
from penstock.model import (
    Action,
    Finding,
    Forward,
    ForwardedFor,
    HostRule,
    RouteMatch,
    RouteRule,
    UrlMap,
    UrlMapName,
    WeightedBackend,
)

_SYSTEM = PortRef(defaults.SYSTEM_NAMESPACE, defaults.SYSTEM_SERVICE, defaults.SYSTEM_PORT)
_NO_DEFAULT = "what no path takes is answered with 404"


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

    def kept(self, zones: tuple[str, ...]) -> Resolved:
        """As it stays live among these zones, whatever is written now."""
        targets = {port: target.kept(zones) for port, target in self.targets.items()}
        default = self.default.kept(zones) if self.default else None
        return self._replace(targets=targets, default=default)


def resolve(plan: IngressPlan, backends: Backends) -> Resolved:
    """Look up every backend that an Ingress names."""
    targets: dict[PortRef, Target] = {}
    failed: dict[PortRef, Failure] = {}
    failures: list[Failure] = []
    findings: list[Finding] = []
    served = set(_refs(plan))
    for port, refs in _by_port(plan).items():
        found = backends.resolve(port, plan.of_class)
        number = len(served.intersection(refs))
        first = min((ref.origin.path for ref in refs), key=place_order)
        if isinstance(found, Failure):
            failed[port] = found
            failures.append(found._replace(place=first))
            findings.append(found.finding(refs[0].origin.child("service"), _consequence(number)))
            findings += found.aside
            continue
        failures += (failure._replace(place=first) for failure in found.failures)
        if number:
            targets[port] = found
    default = _default(plan, targets, backends)
    if isinstance(default, Failure):
        failures.append(default)
        findings += (default.finding(plan.ingress.origin("spec"), _NO_DEFAULT), *default.aside)
        default = None
    said = tuple(dict.fromkeys(findings))
    return Resolved(targets, tuple(failures), failed, said, default)


def _by_port(plan: IngressPlan) -> dict[PortRef, list[BackendRef]]:
    """All that the Ingress names, served or not, each place once."""
    found: dict[PortRef, list[BackendRef]] = {}
    for ref in dict.fromkeys((*_refs(plan), *plan.unserved)):
        if ref.port is not None:
            found.setdefault(ref.port, []).append(ref)
    return found


def _consequence(paths: int) -> str:
    """What becomes of requests for a backend that fails, by the number of paths that name it."""
    if not paths:
        return "no request gets there, because a later rule or path takes its place"
    more = paths - 1
    others = f" and {more} more path{'s' * (more > 1)} to the same backend" if more else ""
    return f"requests for it{others} are answered with 503"


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
