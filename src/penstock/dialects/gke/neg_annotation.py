"""Which network endpoint groups a Service asks for: the annotation ``cloud.google.com/neg``.

Texts: ingress-gce, pkg/negannotation and pkg/neg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Final

import msgspec

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import annotation_origin
from penstock.dialects.gke.failure import PROCESS, Failure
from penstock.dialects.gke.json_keys import unknown_keys
from penstock.dialects.kubernetes.services import port_hint
from penstock.model import Finding, Origin
from penstock.objects.compute.wording import NAME_REGEX, is_name
from penstock.objects.gke.annotations import NEG, is_text, json_fields
from penstock.objects.gke.json_slips import with_slip
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.suggest import did_you_mean

_KEYS: Final = ("ingress", "exposed_ports", "zones")
_PORT_KEYS: Final = ("name",)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")


class NegSettings(msgspec.Struct, frozen=True):
    """The annotation ``cloud.google.com/neg``."""

    ingress: bool = False
    origin: Origin = defaults.ORIGIN
    exposed: Mapping[int, str] = {}
    """Ports that have groups of their own, with the groups' names; empty is a generated name."""
    findings: tuple[Finding, ...] = ()
    zones: tuple[str, ...] = ()
    """Where there are groups even without endpoints; ``*`` is none of them."""
    refused: Failure | None = None
    """Why none of its groups is made, where Ingresses ask the nodes and need none."""


def read_neg_settings(
    service: Object[Service], *, by_default: bool = False
) -> NegSettings | Failure:
    """The annotation ``cloud.google.com/neg``; `by_default`: what holds for Ingresses without."""
    if NEG not in service.annotations:
        return NegSettings(ingress=by_default)
    origin, name = annotation_origin(service, NEG), f"{service.namespace}/{service.name}"
    value = json_fields(service.annotations[NEG])
    names = _group_names(value.get("exposed_ports")) if value is not None else None
    zones = value.get("zones") if value is not None else None
    if value is None or names is None or not _is_neg(value.get("ingress"), zones):
        form = 'write {"ingress": true}; ports are keys in quotes'
        hint = with_slip(service.annotations[NEG], form)
        text = "NEG annotation is invalid."
        return Failure(codes.NEG_ANNOTATION, text, hint, origin, service=name)
    ingress = bool(value.get("ingress"))
    found = tuple(_unknown(value, origin))
    wrong = _wrong_ports(service, names, origin, ingress=ingress)
    if wrong is not None:
        return wrong if ingress else NegSettings(False, origin, {}, found, refused=wrong)
    listed = tuple(zone for zone in zones or () if is_name(zone))
    return NegSettings(ingress, origin, names, found, listed)


def _wrong_ports(
    service: Object[Service], names: Mapping[int, str], origin: Origin, *, ingress: bool
) -> Failure | None:
    """Why the controller of the groups makes none for a Service; Ingresses that ask the nodes do
    not mind."""
    name = f"{service.namespace}/{service.name}"
    known = {port.port for port in service.resource.spec.ports or ()}
    for port, wanted in names.items():
        text = hint = ""
        if port not in known:
            text = f'port {port} specified in "{NEG}" doesn\'t exist in the service'
            hint = did_you_mean(str(port), map(str, known)) or port_hint(service, str(port))
        elif ingress and wanted:
            text = (
                f"configuration for negs in service ({name}) is invalid, custom neg name cannot "
                "be used with ingress enabled"
            )
            hint = "leave the name out"
        elif wanted and not is_name(wanted):
            text = (
                f"Invalid value for field 'resource.name': '{wanted[:80]}'. Must be a match of "
                f"regex '{NAME_REGEX}'"
            )
        if text:
            return Failure(codes.NEG_ANNOTATION, text, hint, origin, PROCESS, name)
    return None


def _unknown(value: Mapping[str, Any], origin: Origin) -> Iterator[Finding]:
    """Keys that the controller passes over."""
    yield from unknown_keys(NEG, value, _KEYS, origin)
    for port, item in (value.get("exposed_ports") or {}).items():
        fields = {key.lower(): found for key, found in (item or {}).items()}
        yield from unknown_keys(f"exposed port {port[:20]} of {NEG}", fields, _PORT_KEYS, origin)


def without_groups(service: Object[Service]) -> Failure | None:
    """Why a Service cannot have network endpoint groups, whatever its annotations say."""
    spec = service.resource.spec
    is_single = spec.ip_family_policy in (None, "SingleStack")
    if spec.type == "LoadBalancer" or not is_single or spec.ip_families != ("IPv6",):
        return None
    text = "NEG is not supported for ipv6 only service"
    hint = "write ipFamilyPolicy: PreferDualStack, or ipFamilies: [IPv4]"
    origin = service.origin("spec", "ipFamilies")
    name = f"{service.namespace}/{service.name}"
    return Failure(codes.NEG_IPV6, text, hint, origin, PROCESS, name)


def _is_neg(ingress: Any, zones: Any) -> bool:
    """Whether these JSON fields have the types that the controller decodes."""
    if ingress is not None and not isinstance(ingress, bool):
        return False
    return zones is None or (isinstance(zones, list) and all(map(is_text, zones)))


def _group_names(exposed: Any) -> Mapping[int, str] | None:
    """The names that groups of ports are to have, empty for GKE's; None if the types are wrong.

    As Go has it, null is as good as nothing, and case does not count.
    """
    if exposed is None:
        return {}
    if not isinstance(exposed, dict):
        return None
    names: dict[int, str] = {}
    for key, item in exposed.items():
        port = _int32(key)
        if port is None or not isinstance(item, (dict, NoneType)):
            return None
        found = [value for key, value in (item or {}).items() if key.lower() == "name"]
        if not all(value is None or is_text(value) for value in found):
            return None
        names[port] = next((value for value in reversed(found) if value), "")
    return names


def _int32(text: str) -> int | None:
    """A key as the controller decodes it; None if it is no number of 32 bits."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -(2**31) <= number < 2**31 else None
