"""From EndpointSlices (or Endpoints) to a network endpoint group.

Endpoints objects are read only for Services without any EndpointSlice, because
a cluster mirrors one into the other.  Rules: Kubernetes' EndpointSlice API
(ready None is true; ports are matched by the Service port's name; consumers
remove duplicates).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from penstock.dialects.kubernetes import codes
from penstock.model import (
    Endpoint,
    Finding,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
    Severity,
)
from penstock.objects.endpoints import (
    EndpointAddress,
    Endpoints,
    EndpointSlice,
    ObjectReference,
    SliceEndpoint,
)
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import Replacement, Table, World, replacements

ServiceKey = tuple[str, str]
"""Namespace and name."""
Sources = tuple[Object[Any], ...]
"""The EndpointSlices of a Service, or its Endpoints object."""


class EndpointIndex:
    """Which objects list a Service's endpoints, in one world after the other."""

    def __init__(self) -> None:
        self._slice_table: Table = {}
        self._endpoints_table: Table = {}
        self._slices: dict[ServiceKey, tuple[Object[Any], ...]] = {}

    def update(self, world: World) -> Collection[ServiceKey] | None:
        """Look at the next world; the Services whose endpoints may have changed, None for all."""
        before, self._slice_table = self._slice_table, world.table(EndpointSlice)
        known, self._endpoints_table = self._endpoints_table, world.table(Endpoints)
        if known is self._endpoints_table:
            if before is self._slice_table:
                return ()
            replaced = replacements(before.values(), self._slice_table.values())
            if replaced is not None and all(_owner(a) == _owner(b) for a, b in replaced):
                return self._replace(replaced)
        slices: dict[ServiceKey, list[Object[Any]]] = {}
        for item in self._slice_table.values():
            if owner := _owner(item):
                slices.setdefault(owner, []).append(item)
        self._slices = {key: tuple(found) for key, found in slices.items()}
        return None

    def _replace(self, replaced: Iterable[Replacement]) -> Collection[ServiceKey]:
        touched = set()
        for old, new in replaced:
            if owner := _owner(new):
                touched.add(owner)
                ours = self._slices[owner]
                self._slices[owner] = tuple([new if item is old else item for item in ours])
        return touched

    def sources(self, service: Object[Service]) -> Sources:
        """The objects, in order of their names."""
        found: Sources = self._slices.get(service.key, ())
        if found:
            return found
        endpoints = self._endpoints_table.get(service.key)
        return (endpoints,) if endpoints else ()


def _owner(piece: Object[Any]) -> ServiceKey | None:
    """The Service that an EndpointSlice belongs to."""
    name = piece.labels.get(EndpointSlice.SERVICE_LABEL)
    return (piece.namespace, name) if name else None


class NegReading(NamedTuple):
    """A group and what is to be said about its endpoints."""

    neg: NetworkEndpointGroup
    findings: tuple[Finding, ...]


def external_neg(name: NegName, service: Object[Service], port: ServicePort) -> NegReading:
    """The group of an ExternalName Service: one DNS name."""
    host = (service.resource.spec.external_name or "").lower().rstrip(".")
    endpoint = Endpoint(host, port.port)
    origin = service.origin("spec", "externalName")
    return NegReading(NetworkEndpointGroup(name, NegKind.FQDN_PORT, (endpoint,), origin), ())


def read_neg(
    name: NegName, service: Object[Service], port: ServicePort, sources: Sources, local: bool
) -> NegReading:
    """The group of one port of a Service, with findings about it."""
    found: dict[tuple[str, int], Endpoint] = {}
    findings: list[Finding] = []
    publish = bool(service.resource.spec.publish_not_ready_addresses)
    for endpoint, origin in _entries(port, sources):
        reason = _refuse(endpoint.address, local)
        if reason:
            findings.append(_refused(endpoint.address, reason, origin))
            continue
        if publish and not endpoint.ready:
            endpoint = msgspec.structs.replace(endpoint, ready=True)
        key = (endpoint.address, endpoint.port)
        found[key] = min(endpoint, found.get(key, endpoint), key=_precedence)
    endpoints = tuple(sorted(found.values()))
    findings.extend(_remark(service, port, sources, endpoints))
    neg = NetworkEndpointGroup(name, NegKind.IP_PORT, endpoints, service.origin())
    return NegReading(neg, tuple(findings))


def _precedence(endpoint: Endpoint) -> tuple[bool, bool, bool, str, Endpoint]:
    """Of two pods at one address the one that serves comes first, then the lower name, as GKE has
    it (ingress-gce, pkg/neg/syncers)."""
    return (
        not endpoint.ready,
        not endpoint.serving,
        endpoint.terminating,
        endpoint.target,
        endpoint,
    )


def _entries(port: ServicePort, sources: Sources) -> Iterator[tuple[Endpoint, Origin]]:
    for source in sources:
        if isinstance(source.resource, EndpointSlice):
            yield from _slice_entries(port, source)
        else:
            yield from _endpoints_entries(port, source)


def _slice_entries(
    port: ServicePort, source: Object[EndpointSlice]
) -> Iterator[tuple[Endpoint, Origin]]:
    numbers = [
        p.port
        for p in source.resource.ports or ()
        if p.port and (p.name or "") == port.name and (p.protocol or "TCP") == "TCP"
    ]
    for i, item in enumerate(source.resource.endpoints or ()):
        for j, address in enumerate(item.addresses):
            for number in numbers:
                origin = source.origin("endpoints", i, "addresses", j)
                yield _from_slice(item, address, number, source.namespace), origin


def _from_slice(item: SliceEndpoint, address: str, number: int, namespace: str) -> Endpoint:
    conditions = item.conditions
    terminating = bool(conditions.terminating)
    ready = conditions.ready is not False
    return Endpoint(
        address=_canonical(address),
        port=number,
        ready=ready and not terminating,
        serving=ready if conditions.serving is None else conditions.serving,
        terminating=terminating,
        target=_target(item.target_ref, namespace),
        node=item.node_name or "",
        zone=item.zone or "",
    )


def _endpoints_entries(
    port: ServicePort, source: Object[Endpoints]
) -> Iterator[tuple[Endpoint, Origin]]:
    for i, subset in enumerate(source.resource.subsets or ()):
        numbers = [
            p.port for p in subset.ports or () if p.name == port.name and p.protocol == "TCP"
        ]
        lists: tuple[tuple[str, bool, Iterable[EndpointAddress]], ...] = (
            ("addresses", True, subset.addresses or ()),
            ("notReadyAddresses", False, subset.not_ready_addresses or ()),
        )
        for field, ready, addresses in lists:
            for j, item in enumerate(addresses):
                origin = source.origin("subsets", i, field, j, "ip")
                for number in numbers:
                    yield _from_subset(item, number, ready, source.namespace), origin


def _from_subset(item: EndpointAddress, number: int, ready: bool, namespace: str) -> Endpoint:
    return Endpoint(
        address=_canonical(item.ip),
        port=number,
        ready=ready,
        serving=ready,
        target=_target(item.target_ref, namespace),
        node=item.node_name or "",
    )


def _target(ref: ObjectReference | None, namespace: str) -> str:
    if ref is None or ref.kind not in ("", "Pod") or not ref.name:
        return ""
    return f"{ref.namespace or namespace}/{ref.name}"


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def _refuse(address: str, local: bool) -> str:
    """Why an address must not be an endpoint, or an empty string.

    Link-local addresses lead to clouds' metadata servers, loopback to the
    proxy's own machine (which is where local mode's stand-ins are).
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "it is not an IP address"
    ip = getattr(parsed, "ipv4_mapped", None) or parsed
    if ip.is_link_local:
        return "it is link-local"
    if ip.is_unspecified or str(ip).startswith("0."):
        return "it means no address"
    if ip.is_multicast or str(ip) == "255.255.255.255":
        return "it is not the address of one host"
    if ip.is_loopback and not local:
        return "it is the proxy's own machine"
    return ""


def _refused(address: str, reason: str, origin: Origin) -> Finding:
    message = f"endpoint {address!r} is left out: {reason}"
    return codes.ENDPOINT_REFUSED.at(origin, message, "list the addresses of pods or hosts")


def _remark(
    service: Object[Service], port: ServicePort, sources: Sources, endpoints: tuple[Endpoint, ...]
) -> Iterator[Finding]:
    shown = port.name or str(port.port)
    if endpoints:
        if not any(endpoint.ready for endpoint in endpoints):
            message = f"none of the {len(endpoints)} endpoints of port {shown} is ready"
            yield codes.NOT_READY.at(service.origin(), message, "look at the pods' readiness")
        return
    if not sources and service.resource.spec.selector:
        # A cluster lists endpoints, even none; so this input is manifests only.
        message = f"port {shown} has no endpoints: the input has no EndpointSlice for it"
        hint = "stand-ins take the pods' place in local mode"
        yield codes.NO_ENDPOINTS.at(service.origin(), message, hint, severity=Severity.INFO)
        return
    message = f"port {shown} has no endpoints; its routes answer 503"
    if any(_has_endpoints(source) for source in sources):
        hint = f"the EndpointSlices have endpoints, but no TCP port named {port.name!r}"
    elif service.resource.spec.selector:
        hint = "no pod matches the Service's selector, or none runs"
    else:
        hint = f"add an EndpointSlice labelled {EndpointSlice.SERVICE_LABEL}: {service.name}"
    yield codes.NO_ENDPOINTS.at(service.origin(), message, hint)


def _has_endpoints(source: Object[Any]) -> bool:
    resource = source.resource
    listed = resource.endpoints if isinstance(resource, EndpointSlice) else resource.subsets
    return bool(listed)
