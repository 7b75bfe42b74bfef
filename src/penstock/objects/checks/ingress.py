"""Ingress and IngressClass: hosts, paths, backends."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import number, port_name
from penstock.objects.ingress import (
    HTTPIngressPath,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressRule,
    IngressServiceBackend,
    IngressTLS,
)
from penstock.objects.naming import bad_dns_1035, bad_host, bad_subdomain, lower_hint
from penstock.objects.problem import Problem
from penstock.objects.suggest import did_you_mean

_PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_FORBIDDEN_IN_PATH = ("//", "/./", "/../", "%2f", "%2F", "%5c", "%5C")
_FORBIDDEN_AT_END = ("/.", "/..")


def check_ingress(ingress: Ingress) -> Iterator[Problem]:
    """Problems of an Ingress's spec."""
    spec = ingress.spec
    if spec.ingress_class_name is not None:
        yield from _class_name(spec.ingress_class_name)
    if spec.default_backend is not None:
        yield from _backend(spec.default_backend, ("spec", "defaultBackend"))
    elif not spec.rules:
        message = "The Ingress has neither rules nor a default backend."
        hint = "Add spec.rules, or spec.defaultBackend."
        yield Problem(
            codes.MISSING_FIELD, ("spec",), message, hint, absent=("rules", "defaultBackend")
        )
    for index, entry in enumerate(spec.tls or ()):
        yield from _tls(entry, ("spec", "tls", index))
    for index, rule in enumerate(spec.rules or ()):
        yield from _rule(rule, ("spec", "rules", index))


def check_class(ingress_class: IngressClass) -> Iterator[Problem]:
    """Problems of an IngressClass's spec."""
    if not ingress_class.spec.controller:
        message = "`controller` is missing: it says who handles Ingresses of this class."
        hint = "For Penstock write controller: penstock.dev/ingress"
        yield Problem(codes.MISSING_FIELD, ("spec",), message, hint, absent=("controller",))


def _class_name(name: str) -> Iterator[Problem]:
    reason = bad_subdomain(name)
    if reason:
        path = ("spec", "ingressClassName")
        message = f"The class name `{name[:80]}` is not allowed: {reason}."
        yield Problem(codes.BAD_NAME, path, message, lower_hint(name))


def _rule(rule: IngressRule, path: FieldPath) -> Iterator[Problem]:
    if rule.host:
        yield from _host(rule.host, (*path, "host"))
    if rule.http is None:
        return
    if not rule.http.paths:
        message = "The rule has an empty list of paths."
        where = (*path, "http")
        yield Problem(codes.MISSING_FIELD, where, message, "Add a path.", absent=("paths",))
    for index, item in enumerate(rule.http.paths):
        where = (*path, "http", "paths", index)
        yield from _path(item, where)
        yield from _backend(item.backend, (*where, "backend"))


def _host(host: str, path: FieldPath) -> Iterator[Problem]:
    bad = bad_host(host)
    if bad:
        reason, hint = bad
        message = f"The host `{host[:100]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_HOST, path, message, hint)


def _path(item: HTTPIngressPath, where: FieldPath) -> Iterator[Problem]:
    if item.path_type not in _PATH_TYPES:
        yield _path_type(item.path_type, where)
        return
    path = item.path
    if not path.startswith("/"):
        if path or item.path_type != "ImplementationSpecific":
            yield _not_absolute(path, where)
        return
    if item.path_type == "ImplementationSpecific":
        return
    for part in _FORBIDDEN_IN_PATH:
        if part in path:
            message = f"The path must not contain `{part}`: clients and proxies rewrite it."
            yield Problem(codes.INVALID_PATH, (*where, "path"), message, _plain_path_hint(part))
            return
    if path.endswith(_FORBIDDEN_AT_END):
        message = "The path must not end with `/.` or `/..`."
        yield Problem(codes.INVALID_PATH, (*where, "path"), message)


def _plain_path_hint(part: str) -> str:
    return "Write a single slash." if part == "//" else "Write the path as it is after decoding."


def _path_type(given: str | None, where: FieldPath) -> Problem:
    listed = "Exact, Prefix or ImplementationSpecific"
    if given is None:
        message = f"`pathType` is missing; it is one of {listed}."
        hint = "Add pathType: Prefix if the path is to cover everything below it."
        return Problem(codes.MISSING_FIELD, where, message, hint, absent=("pathType",))
    message = f"`pathType: {given[:80]}` is not allowed; it is one of {listed}."
    hint = did_you_mean(given, _PATH_TYPES)
    return Problem(codes.INVALID_PATH, (*where, "pathType"), message, hint)


def _not_absolute(path: str, where: FieldPath) -> Problem:
    if not path:
        message = "`path` is missing; with this pathType it must start with a slash."
        hint = "Write path: / for every path."
        return Problem(codes.INVALID_PATH, where, message, hint, absent=("path",))
    message = f"The path `{path[:100]}` must start with a slash."
    hint = f"Write path: /{path[:100]}" if path[0].isalnum() else ""
    return Problem(codes.INVALID_PATH, (*where, "path"), message, hint)


def _backend(backend: IngressBackend, path: FieldPath) -> Iterator[Problem]:
    if backend.service is not None and backend.resource is not None:
        message = "The backend names both a service and a resource."
        yield Problem(codes.INVALID_BACKEND, path, message, "Remove one of them.")
    elif backend.service is not None:
        yield from _service(backend.service, (*path, "service"))
    elif backend.resource is None:
        message = "The backend names neither a service nor a resource."
        hint = "Write service: {name: NAME, port: {number: 80}}."
        absent = ("service", "resource")
        yield Problem(codes.INVALID_BACKEND, path, message, hint, absent=absent)


def _service(service: IngressServiceBackend, path: FieldPath) -> Iterator[Problem]:
    reason = bad_dns_1035(service.name)
    if reason:
        message = f"The Service name `{service.name[:80]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_BACKEND, (*path, "name"), message, lower_hint(service.name))
    port, where = service.port, (*path, "port")
    if port.name and port.number is not None:
        message = "The backend's port has both a name and a number."
        yield Problem(codes.INVALID_BACKEND, where, message, "Remove one of them.")
    elif port.number is not None:
        yield from number((*where, "number"), port.number)
    elif port.name:
        yield from port_name((*where, "name"), port.name)
    else:
        message = "The backend has no port."
        hint = "Write port: {number: 80}, or port: {name: NAME}."
        yield Problem(codes.INVALID_BACKEND, path, message, hint, absent=("port",))


def _tls(entry: IngressTLS, path: FieldPath) -> Iterator[Problem]:
    for index, host in enumerate(entry.hosts or ()):
        yield from _host(host, (*path, "hosts", index))
    reason = bad_subdomain(entry.secret_name) if entry.secret_name else None
    if reason:
        message = f"The Secret name `{entry.secret_name[:80]}` is not allowed: {reason}."
        where = (*path, "secretName")
        yield Problem(codes.BAD_NAME, where, message, lower_hint(entry.secret_name))
