"""Which network endpoint groups a Service asks for: the annotation ``cloud.google.com/neg``.

Texts: ingress-gce, pkg/negannotation and pkg/neg.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import NoneType
from typing import Any, Final

import msgspec

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import annotation_origin, unknown_keys
from penstock.dialects.gke.failure import PROCESS, Failure
from penstock.dialects.kubernetes.services import port_hint
from penstock.model import Finding, Origin
from penstock.objects.compute.wording import NAME_REGEX
from penstock.objects.gke.annotations import NEG, is_text, json_fields
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.suggest import did_you_mean

_KEYS: Final = ("ingress", "exposed_ports", "zones")
_NAME: Final = re.compile(NAME_REGEX)


class NegSettings(msgspec.Struct, frozen=True):
    """The annotation ``cloud.google.com/neg``."""

    ingress: bool = False
    origin: Origin = defaults.ORIGIN
    exposed: Mapping[int, str] = {}
    """Ports that have groups of their own, with the groups' names; empty is a generated name."""
    findings: tuple[Finding, ...] = ()
    zones: tuple[str, ...] = ()
    """Where there are groups even without endpoints; ``*`` is none of them."""


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
        hint = 'write {"ingress": true}; ports are keys in quotes'
        text = "NEG annotation is invalid."
        return Failure(codes.NEG_ANNOTATION, text, hint, origin, service=name)
    ingress = bool(value.get("ingress"))
    known = {str(port.port) for port in service.resource.spec.ports or ()}
    for port, wanted in names.items():
        if port not in known:
            text = f'port {port[:80]} specified in "{NEG}" doesn\'t exist in the service'
            hint = did_you_mean(port, known) or port_hint(service, port)
            return Failure(codes.NEG_ANNOTATION, text, hint, origin, PROCESS, name)
        if ingress and wanted:
            text = (
                f"configuration for negs in service ({name}) is invalid, custom neg name cannot "
                "be used with ingress enabled"
            )
            hint = "leave the name out"
            return Failure(codes.NEG_ANNOTATION, text, hint, origin, PROCESS, name)
        if wanted and not _NAME.fullmatch(wanted):
            text = (
                f"Invalid value for field 'resource.name': '{wanted[:80]}'. Must be a match of "
                f"regex '{NAME_REGEX}'"
            )
            return Failure(codes.NEG_ANNOTATION, text, "", origin, PROCESS, name)
    exposed = {int(port): wanted for port, wanted in names.items()}
    listed = tuple(zone for zone in zones or () if _NAME.fullmatch(zone))
    unknown = tuple(unknown_keys(NEG, value, _KEYS, origin))
    return NegSettings(ingress, origin, exposed, unknown, listed)


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


def _group_names(exposed: Any) -> Mapping[str, str] | None:
    """The names that groups of ports are to have, empty for GKE's; None if the types are wrong.

    As Go has it, null is as good as nothing, and case does not count.
    """
    if exposed is None:
        return {}
    if not isinstance(exposed, dict):
        return None
    names: dict[str, str] = {}
    for port, item in exposed.items():
        if not port.isdecimal() or not isinstance(item, (dict, NoneType)):
            return None
        found = [value for key, value in (item or {}).items() if key.lower() == "name"]
        if not all(value is None or is_text(value) for value in found):
            return None
        names[port] = next((value for value in reversed(found) if value), "")
    return names
