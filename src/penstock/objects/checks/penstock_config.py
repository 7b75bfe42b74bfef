"""PenstockConfig: names, ranges, addresses, and that nothing is said twice."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import one_of
from penstock.objects.checks.security_policies import check_security_policy
from penstock.objects.naming import bad_dns_1035, bad_label, bad_subdomain, is_ip, lower_hint
from penstock.objects.penstock_config import (
    ADDRESS_PURPOSES,
    GKE_CLASSES,
    GRANT_ROLES,
    SERVICE_PROTOCOLS,
    SUBNET_PURPOSES,
    CertificateConfig,
    PenstockConfig,
    PenstockConfigSpec,
    ProjectConfig,
    ServiceConfig,
    SubnetConfig,
)
from penstock.objects.problem import Problem

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def check_penstock_config(config: PenstockConfig) -> Iterator[Problem]:
    """Problems of a PenstockConfig."""
    spec = config.spec
    for field, value in (("region", spec.region), ("zone", spec.zone)):
        yield from _name(("spec", field), value)
    yield from _project(("spec", "project"), spec.project)
    if spec.via is not None and (not spec.via or not spec.via.isprintable() or " " in spec.via):
        message = (
            f"`via: {spec.via[:80]}` is not allowed: it is one word (RFC 9110, section 7.6.3)."
        )
        yield Problem(codes.INVALID_VALUE, ("spec", "via"), message)
    yield from _places(spec)
    yield from _subnets(spec.subnets)
    yield from _machines(spec)
    yield from _certificates(spec.certificates)
    for index, client in enumerate(spec.clients):
        for place, text in enumerate(client.ranges):
            yield from _range(("spec", "clients", index, "ranges", place), text)
    for index, policy in enumerate(spec.security_policies):
        yield from check_security_policy(("spec", "securityPolicies", index), policy)
    yield from _twice("securityPolicies", ((p.name,) for p in spec.security_policies))
    for index, name in enumerate(spec.gke_classes or ()):
        yield from one_of(("spec", "gkeClasses", index), name, GKE_CLASSES)


def _places(spec: PenstockConfigSpec) -> Iterator[Problem]:
    for index, project in enumerate(spec.projects):
        path: FieldPath = ("spec", "projects", index)
        yield from _project((*path, "name"), project.name)
        if project.number is not None and not project.number.isdecimal():
            message = f"`number: {project.number[:80]}` is not allowed: it is all digits."
            yield Problem(codes.INVALID_VALUE, (*path, "number"), message)
        yield from _grants(path, project)
    for index, region in enumerate(spec.regions):
        path = ("spec", "regions", index)
        yield from _name((*path, "name"), region.name)
        for place, zone in enumerate(region.zones):
            yield from _name((*path, "zones", place), zone)
        for place, other in enumerate(region.neighbours):
            yield from _name((*path, "neighbours", place), other)
            if other == region.name:
                message = f"The region `{other[:80]}` cannot be its own neighbour."
                yield Problem(codes.INVALID_VALUE, (*path, "neighbours", place), message)
    yield from _twice("projects", ((project.name,) for project in spec.projects))
    yield from _twice("regions", ((region.name,) for region in spec.regions))
    for index, network in enumerate(spec.networks):
        yield from _name(("spec", "networks", index, "name"), network.name)
    yield from _twice("networks", ((net.project or "", net.name) for net in spec.networks))


def _grants(path: FieldPath, project: ProjectConfig) -> Iterator[Problem]:
    for index, grant in enumerate(project.grants):
        where: FieldPath = (*path, "grants", index)
        yield from one_of((*where, "role"), grant.role, GRANT_ROLES)
        for place, name in enumerate(grant.to):
            if not name.isdecimal():
                yield from _project((*where, "to", place), name)


def _subnets(subnets: tuple[SubnetConfig, ...]) -> Iterator[Problem]:
    taken: dict[str, list[tuple[int, _Network]]] = {}
    for index, subnet in enumerate(subnets):
        path: FieldPath = ("spec", "subnets", index)
        yield from _name((*path, "name"), subnet.name)
        yield from one_of((*path, "purpose"), subnet.purpose, SUBNET_PURPOSES)
        problems = list(_range((*path, "range"), subnet.range))
        yield from problems
        if problems:
            continue
        network = ipaddress.ip_network(subnet.range)
        others = taken.setdefault(subnet.network, [])
        yield from _overlap((*path, "range"), network, others)
        others.append((index, network))
    names = ((subnet.project or "", subnet.region, subnet.name) for subnet in subnets)
    yield from _twice("subnets", names)


def _overlap(
    path: FieldPath, network: _Network, others: list[tuple[int, _Network]]
) -> Iterator[Problem]:
    for index, other in others:
        if network.version == other.version and network.overlaps(other):
            message = f"{network} overlaps with {other} of subnets[{index}] in the same network."
            yield Problem(codes.INVALID_ADDRESS, path, message, "Give each its own range.")
            return


def _machines(spec: PenstockConfigSpec) -> Iterator[Problem]:
    for index, machine in enumerate(spec.instances):
        path: FieldPath = ("spec", "instances", index)
        yield from _address((*path, "address"), machine.address)
        yield from _name((*path, "zone"), machine.zone)
    for index, reserved in enumerate(spec.addresses):
        path = ("spec", "addresses", index)
        yield from _name((*path, "name"), reserved.name)
        yield from _address((*path, "address"), reserved.address)
        yield from one_of((*path, "purpose"), reserved.purpose, ADDRESS_PURPOSES)
    for index, service in enumerate(spec.services):
        yield from _service(("spec", "services", index), service)
    places = ((s.region or "", s.tag or "", s.name) for s in spec.services)
    yield from _twice("services", places)
    machines = ((item.project or "", item.zone or "", item.name) for item in spec.instances)
    yield from _twice("instances", machines)
    addresses = ((item.project or "", item.region or "", item.name) for item in spec.addresses)
    yield from _twice("addresses", addresses)


def _service(path: FieldPath, service: ServiceConfig) -> Iterator[Problem]:
    if not is_ip(service.address) and (reason := bad_subdomain(service.address)):
        message = f"`{service.address[:80]}` is neither an IP address nor a DNS name: {reason}."
        yield Problem(codes.INVALID_ADDRESS, (*path, "address"), message)
    if service.port is not None and not 1 <= service.port <= 65535:
        message = f"`port: {service.port}` is not allowed: ports go from 1 to 65535."
        yield Problem(codes.INVALID_VALUE, (*path, "port"), message)
    if service.protocol is not None:
        yield from one_of((*path, "protocol"), service.protocol, SERVICE_PROTOCOLS)
    yield from _name((*path, "region"), service.region)


def _certificates(certificates: tuple[CertificateConfig, ...]) -> Iterator[Problem]:
    for index, certificate in enumerate(certificates):
        yield from _certificate(("spec", "certificates", index), certificate)
    yield from _twice("certificates", ((certificate.name,) for certificate in certificates))


def _certificate(path: FieldPath, certificate: CertificateConfig) -> Iterator[Problem]:
    files = {"certificateFile": certificate.certificate_file, "keyFile": certificate.key_file}
    given = [name for name, value in files.items() if value is not None]
    if certificate.secret is not None and given:
        message = f"The certificate has both a secret and {given[0]}."
        yield Problem(codes.INVALID_VALUE, path, message, "Remove one of them.")
    elif len(given) == 1:
        other = next(name for name in files if name not in given)
        message = f"`{other}` is missing: a certificate from files has certificateFile and keyFile."
        yield Problem(codes.MISSING_FIELD, path, message, absent=(other,))
    elif certificate.secret is None and not given:
        message = "The certificate says neither a secret nor files."
        hint = "Write secret: NAMESPACE/NAME, or certificateFile and keyFile."
        absent = ("secret", "certificateFile", "keyFile")
        yield Problem(codes.MISSING_FIELD, path, message, hint, absent=absent)
    if certificate.secret is not None:
        namespace, slash, name = certificate.secret.partition("/")
        if not slash or bad_label(namespace) or not name or "/" in name:
            message = f"`secret: {certificate.secret[:80]}` is not allowed: it is NAMESPACE/NAME."
            yield Problem(codes.INVALID_VALUE, (*path, "secret"), message)


def _name(path: FieldPath, name: str | None) -> Iterator[Problem]:
    reason = bad_dns_1035(name) if name is not None else None
    if reason:
        message = f"The name `{str(name)[:80]}` is not allowed: {reason}."
        yield Problem(codes.BAD_NAME, path, message, lower_hint(str(name)[:80]))


def _project(path: FieldPath, name: str | None) -> Iterator[Problem]:
    """A project's name; old ones are ``domain.com:name``."""
    yield from _name(path, name.rpartition(":")[2] if name is not None else None)


def _address(path: FieldPath, text: str) -> Iterator[Problem]:
    if not is_ip(text):
        message = f"`{text[:80]}` is not an IP address."
        yield Problem(codes.INVALID_ADDRESS, path, message)


def _range(path: FieldPath, text: str) -> Iterator[Problem]:
    try:
        ipaddress.ip_network(text)
        good = "/" in text
    except ValueError:
        good = False
    if not good:
        message = f"`{text[:80]}` is not a range such as 10.0.0.0/24."
        yield Problem(codes.INVALID_ADDRESS, path, message, _nearest_range(text))


def _nearest_range(text: str) -> str:
    try:
        return f"Write {ipaddress.ip_network(text, strict=False)}"
    except ValueError:
        return ""


def _twice(field: str, names: Iterable[tuple[str, ...]]) -> Iterator[Problem]:
    """Entries with the same name (and project and place) as an earlier one, which counts."""
    seen: dict[tuple[str, ...], int] = {}
    for index, name in enumerate(names):
        first = seen.setdefault(name, index)
        if first != index:
            message = f"`{name[-1][:80]}` is there already, in {field}[{first}]; that one counts."
            yield Problem(
                codes.INVALID_VALUE, ("spec", field, index), message, "Remove one of them."
            )
