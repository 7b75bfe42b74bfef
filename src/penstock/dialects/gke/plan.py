"""One Ingress by itself: hosts and paths in their order, backends, front end settings.

A host's later rule takes the place of an earlier one, and so does a later path of a
host; a rule without ``http`` is not there (ingress-gce, pkg/utils/gceurlmap.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from penstock.dialects.compute.hosts import read_host
from penstock.dialects.gke import codes
from penstock.dialects.gke.annotations import Place, check_annotations
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.failure import SYNC, TRANSLATE, Failure
from penstock.dialects.gke.names import ingress_names
from penstock.dialects.gke.paths import broken_match, path_match, path_order, read_path
from penstock.dialects.gke.settings import IngressSettings, read_settings
from penstock.dialects.kubernetes.rule_names import rule_name
from penstock.dialects.kubernetes.services import PortRef
from penstock.dialects.request_paths import never_requested
from penstock.model import Finding, HostKind, HostPattern, Origin, PathMatch, Setting, Severity
from penstock.objects.compute.wording import is_name
from penstock.objects.ingress import HTTPIngressPath, Ingress, IngressBackend, IngressRule
from penstock.objects.meta import Object


class BackendRef(msgspec.Struct, frozen=True):
    """A backend as an Ingress names it."""

    port: PortRef | None
    """None if it names no Service."""
    origin: Origin


class PathPlan(msgspec.Struct, frozen=True):
    """One path of the URL map."""

    name: str
    match: PathMatch
    backend: BackendRef | None
    """None answers 500: the path could not be translated."""
    origin: Origin


class HostPlan(msgspec.Struct, frozen=True):
    """A host with its paths in order of precedence."""

    host: HostPattern
    paths: tuple[PathPlan, ...]


class IngressPlan(msgspec.Struct, frozen=True):
    """An Ingress as understood."""

    ingress: Object[Ingress]
    of_class: GkeClass
    hosts: tuple[HostPlan, ...]
    """Sorted."""
    default: BackendRef | None
    unserved: tuple[BackendRef, ...]
    """Of rules and paths that later ones took the place of; GKE looks these up as well."""
    secrets: tuple[Setting[str], ...]
    """Of ``spec.tls``, in order, each once."""
    settings: IngressSettings
    failures: tuple[Failure, ...]
    findings: tuple[Finding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts as certificates name them."""
        kinds = (HostKind.EXACT, HostKind.SUFFIX)
        return tuple(str(h.host) for h in self.hosts if h.host.kind in kinds)


class _Rule(NamedTuple):
    number: int
    rule: IngressRule


def read_plan(ingress: Object[Ingress], of_class: GkeClass) -> IngressPlan:
    """Understand one Ingress."""
    return _Reader(ingress, of_class).read()


class _Reader:
    def __init__(self, ingress: Object[Ingress], of_class: GkeClass) -> None:
        self._ingress = ingress
        self._class = of_class
        self._spec = ingress.origin("spec")
        self._failures: list[Failure] = []
        self._findings: list[Finding] = []
        self._unserved: list[BackendRef] = []
        self._is_served = True
        """Whether what is being read gets requests."""

    def read(self) -> IngressPlan:
        spec = self._ingress.resource.spec
        self._check_name()
        self._findings += check_annotations(self._ingress, Place.INGRESS)
        default = None
        if spec.default_backend is not None:
            default = self._backend(spec.default_backend, self._spec.child("defaultBackend"))
        hosts = [self._host(host, rule) for host, rule in sorted(self._rules().items())]
        return IngressPlan(
            ingress=self._ingress,
            of_class=self._class,
            hosts=tuple(hosts),
            default=default,
            unserved=tuple(self._unserved),
            secrets=tuple(self._secrets()),
            settings=read_settings(self._ingress, self._findings),
            failures=tuple(self._failures),
            findings=tuple(self._findings),
        )

    def _check_name(self) -> None:
        """Kubernetes takes dots in an Ingress's name, resources of the cloud have none."""
        names = ingress_names(self._ingress)
        if is_name(names.url_map):
            return
        text = (
            f"invalid loadbalancer name {names.stem}, the resource name must comply with RFC1035 "
            "(https://www.ietf.org/rfc/rfc1035.txt)"
        )
        failure = Failure(codes.INGRESS_NAME, text, "use letters, digits and -", event=SYNC)
        self._failures.append(failure)
        origin = self._ingress.origin("metadata", "name")
        self._findings.append(failure.finding(origin, "it is served here"))

    def _rules(self) -> dict[HostPattern, _Rule]:
        """The rule of each host that counts: the last one."""
        rules: dict[HostPattern, _Rule] = {}
        for index, rule in enumerate(self._ingress.resource.spec.rules or ()):
            host = read_host(rule.host) if rule.host else HostPattern(HostKind.ANY)
            if rule.http is None:
                self._findings.append(self._without_http(index))
            if host is None or rule.http is None:
                continue
            if host in rules:
                self._findings.append(self._replaced(host, rules[host].number, index))
                self._read_unserved(host, rules[host])
            rules[host] = _Rule(index, rule)
        return rules

    def _read_unserved(self, host: HostPattern, rule: _Rule) -> None:
        """What is wrong with a rule that another took the place of counts as well."""
        self._is_served = False
        plan = self._host(host, rule)
        self._is_served = True
        self._unserved += (p.backend for p in plan.paths if p.backend is not None)

    def _consequence(self, status: int) -> str:
        if not self._is_served:
            return "no request gets there, because a later rule takes its place"
        return f"requests for it are answered with {status}"

    def _without_http(self, index: int) -> Finding:
        message = (
            "GKE passes over a rule without http; requests for its host get the default backend"
        )
        hint = "add http.paths, or drop the rule"
        return codes.NO_HTTP.at(self._spec.child("rules", index), message, hint)

    def _replaced(self, host: HostPattern, earlier: int, later: int) -> Finding:
        winner = rule_name(self._spec.child("rules", later))
        message = (
            f"{winner} for the same host {host} takes the place of this rule as a whole; "
            "none of its paths is served"
        )
        hint = "write the paths of one host under one rule"
        return codes.DUPLICATE_HOST.at(self._spec.child("rules", earlier), message, hint)

    def _host(self, host: HostPattern, rule: _Rule) -> HostPlan:
        plans: dict[tuple[str, bool], PathPlan] = {}
        http = rule.rule.http
        for place, item in enumerate(http.paths if http else ()):
            for key, plan in self._paths(rule.number, place, item):
                known = plans.get(key)
                if known is not None and known.backend is not None and plan.backend is not None:
                    self._findings.append(_duplicate(key[0], host, known, plan))
                    self._unserved.append(known.backend)
                plans[key] = plan
        ordered = sorted(
            plans.values(), key=lambda p: path_order(p.match, broken=p.backend is None)
        )
        return HostPlan(host, tuple(ordered))

    def _paths(
        self, index: int, place: int, item: HTTPIngressPath
    ) -> Iterator[tuple[tuple[str, bool], PathPlan]]:
        origin = self._spec.child("rules", index, "http", "paths", place)
        name = f"{self._ingress.namespace}/{self._ingress.name} {rule_name(origin)}"
        reading = read_path(item.path, item.path_type)
        if reading.error:
            event = SYNC if reading.by_api else TRANSLATE
            hint = _path_hint(item)
            failure = Failure(codes.BAD_PATH, reading.error, hint, event=event, place=origin.path)
            self._failures.append(failure)
            self._findings.append(failure.finding(origin.child("path"), self._consequence(500)))
            match = broken_match(item.path)
            yield (match.value, True), PathPlan(name, match, None, origin)
            return
        backend = self._backend(item.backend, origin.child("backend"))
        if part := never_requested(reading.paths[0]):
            self._findings.append(_unreachable(item.path, part, origin.child("path")))
        for path in reading.paths:
            own = name if len(reading.paths) == 1 else f"{name} {path}"
            yield (path, False), PathPlan(own, path_match(path), backend, origin)

    def _backend(self, backend: IngressBackend, origin: Origin) -> BackendRef:
        service = backend.service
        if service is None:
            failure = Failure(codes.BAD_BACKEND, "Ingress Backend is not a service")
            return self._failed(failure, origin)
        port = service.port
        if not port.name and port.number is None:
            name = f"{self._ingress.namespace}/{service.name}"
            failure = Failure(codes.BAD_BACKEND, f'could not find port "" in service "{name}"')
            return self._failed(failure, origin)
        number = None if port.name else port.number
        ref = PortRef(self._ingress.namespace, service.name, port.name, number)
        return BackendRef(ref, origin)

    def _failed(self, failure: Failure, origin: Origin) -> BackendRef:
        self._failures.append(failure._replace(place=origin.path))
        self._findings.append(failure.finding(origin, self._consequence(503)))
        return BackendRef(None, origin)

    def _secrets(self) -> Iterator[Setting[str]]:
        seen: set[str] = set()
        for index, entry in enumerate(self._ingress.resource.spec.tls or ()):
            if entry.secret_name and entry.secret_name not in seen:
                seen.add(entry.secret_name)
                yield Setting(entry.secret_name, self._spec.child("tls", index, "secretName"))


def _unreachable(path: str, part: str, origin: Origin) -> Finding:
    message = (
        f"no request has the path {path[:80]}: the proxy resolves {part} before it looks for a rule"
    )
    return codes.PATH_UNREACHABLE.at(origin, message, "write the path as it is then")


def _path_hint(item: HTTPIngressPath) -> str:
    """What to write in place of a path whose ``*`` is not where one may be."""
    path = item.path
    stem = path.rstrip("*").rstrip("/")
    if not path.endswith("*") or "*" in stem:
        return ""
    if path.endswith("/*"):
        return "leave out the *, or write pathType: ImplementationSpecific"
    if not stem:
        return "pathType: Prefix with path: / covers everything"
    return f"pathType: Prefix with path: {stem} covers {stem} and everything below {stem}/"


def _duplicate(path: str, host: HostPattern, earlier: PathPlan, later: PathPlan) -> Finding:
    assert earlier.backend is not None
    assert later.backend is not None
    same = earlier.backend.port == later.backend.port
    message = (
        f"{path} of host {host} is claimed twice: {later.origin.describe()} comes later and wins "
        f"over {earlier.origin.describe()}"
    )
    hint = "both lead to the same backend; drop one" if same else "keep one of them"
    severity = Severity.INFO if same else Severity.WARNING
    return codes.DUPLICATE_PATH.at(earlier.origin, message, hint, severity)
