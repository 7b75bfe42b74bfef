"""EndpointSlice and Endpoints: addresses and ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import PROTOCOLS, app_protocol, number, one_of
from penstock.objects.endpoints import (
    EndpointAddress,
    EndpointPort,
    Endpoints,
    EndpointSlice,
    SlicePort,
)
from penstock.objects.naming import bad_label, bad_subdomain
from penstock.objects.problem import Problem

_ADDRESS_TYPES = ("IPv4", "IPv6", "FQDN")


def check_slice(endpoint_slice: EndpointSlice) -> Iterator[Problem]:
    """Problems of an EndpointSlice."""
    kind = endpoint_slice.address_type
    yield from one_of(("addressType",), kind, _ADDRESS_TYPES)
    for index, endpoint in enumerate(endpoint_slice.endpoints or ()):
        where: FieldPath = ("endpoints", index)
        path = (*where, "addresses")
        if not endpoint.addresses:
            message = "The endpoint has no address."
            yield Problem(codes.MISSING_FIELD, where, message, absent=("addresses",))
        for number_of, address in enumerate(endpoint.addresses):
            reason = _bad_address(address, kind)
            if reason is not None:
                message = f"`{address[:100]}` is no {kind} address{reason}."
                hint = "Put addresses of another type into an EndpointSlice of their own."
                yield Problem(codes.INVALID_ADDRESS, (*path, number_of), message, hint)
    yield from _ports(endpoint_slice.ports or (), ("ports",))


def _bad_address(address: str, kind: str) -> str | None:
    if kind == "FQDN":
        reason = bad_subdomain(address.removesuffix("."))
        return f": {reason}" if reason else None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if f"IPv{parsed.version}" == kind or kind not in _ADDRESS_TYPES:
        return None
    return f" but an IPv{parsed.version} address"


def check_endpoints(endpoints: Endpoints) -> Iterator[Problem]:
    """Problems of an Endpoints object."""
    for index, subset in enumerate(endpoints.subsets or ()):
        path: FieldPath = ("subsets", index)
        if not subset.addresses and not subset.not_ready_addresses:
            message = "The subset has no addresses."
            yield Problem(
                codes.MISSING_FIELD, path, message, absent=("addresses", "notReadyAddresses")
            )
        yield from _addresses(subset.addresses or (), (*path, "addresses"))
        yield from _addresses(subset.not_ready_addresses or (), (*path, "notReadyAddresses"))
        yield from _ports(subset.ports or (), (*path, "ports"))


def _addresses(addresses: Sequence[EndpointAddress], path: FieldPath) -> Iterator[Problem]:
    for index, address in enumerate(addresses):
        try:
            ipaddress.ip_address(address.ip)
        except ValueError:
            message = f"`{address.ip[:100]}` is no IP address."
            yield Problem(codes.INVALID_ADDRESS, (*path, index, "ip"), message)


def _ports(ports: Sequence[SlicePort | EndpointPort], path: FieldPath) -> Iterator[Problem]:
    names: dict[str, int] = {}
    for index, port in enumerate(ports):
        where = (*path, index)
        yield from number((*where, "port"), port.port)
        yield from one_of((*where, "protocol"), port.protocol, PROTOCOLS)
        yield from app_protocol((*where, "appProtocol"), port.app_protocol)
        name = port.name or ""
        reason = bad_label(name) if name else None
        if reason:
            message = f"The port name `{name[:80]}` is not allowed: {reason}."
            yield Problem(codes.INVALID_PORT, (*where, "name"), message)
        if names.setdefault(name, index) != index:
            called = f"The port name `{name}`" if name else "A port without a name"
            message = f"{called} is already taken by ports[{names[name]}]."
            yield Problem(codes.INVALID_PORT, where, message, "Give each port a name of its own.")
