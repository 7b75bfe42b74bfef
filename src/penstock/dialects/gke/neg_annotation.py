"""Which network endpoint groups a Service asks for: the annotation ``cloud.google.com/neg``.

Texts: ingress-gce, pkg/negannotation and pkg/neg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import annotation_origin
from penstock.dialects.gke.failure import PROCESS, Failure
from penstock.dialects.kubernetes.services import port_hint
from penstock.model import Finding, Origin
from penstock.objects.compute.wording import NAME_REGEX
from penstock.objects.gke.annotations import NEG, json_fields
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


def read_neg_settings(service: Object[Service]) -> NegSettings | Failure:
    """The annotation ``cloud.google.com/neg``."""
    if NEG not in service.annotations:
        return NegSettings()
    origin, name = annotation_origin(service, NEG), f"{service.namespace}/{service.name}"
    value = json_fields(service.annotations[NEG])
    exposed = value.get("exposed_ports") if value is not None else None
    zones = value.get("zones") if value is not None else None
    if value is None or not _is_neg(value.get("ingress"), exposed, zones):
        hint = 'write {"ingress": true}; ports are keys in quotes'
        text = "NEG annotation is invalid."
        return Failure(codes.NEG_ANNOTATION, text, hint, origin, service=name)
    ingress = bool(value.get("ingress"))
    known = {str(port.port) for port in service.resource.spec.ports or ()}
    for port, wanted in (exposed or {}).items():
        if port not in known:
            text = f'port {port} specified in "{NEG}" doesn\'t exist in the service'
            hint = did_you_mean(port, known) or port_hint(service, port)
            return Failure(codes.NEG_ANNOTATION, text, hint, origin, PROCESS, name)
        if ingress and wanted.get("name"):
            text = (
                f"configuration for negs in service ({name}) is invalid, custom neg name cannot "
                "be used with ingress enabled"
            )
            hint = "leave the name out"
            return Failure(codes.NEG_ANNOTATION, text, hint, origin, PROCESS, name)
        if not _NAME.fullmatch(wanted.get("name") or "x"):
            text = (
                f"Invalid value for field 'resource.name': '{wanted['name'][:80]}'. Must be a "
                f"match of regex '{NAME_REGEX}'"
            )
            return Failure(codes.NEG_ANNOTATION, text, "", origin, PROCESS, name)
    names = {int(port): item.get("name", "") for port, item in (exposed or {}).items()}
    listed = tuple(zone for zone in zones or () if _NAME.fullmatch(zone))
    return NegSettings(ingress, origin, names, tuple(_unknown(value, origin)), listed)


def _unknown(value: Mapping[str, Any], origin: Origin) -> Iterator[Finding]:
    """Keys that the controller passes over."""
    for key in sorted(value.keys() - set(_KEYS)):
        message = f"{NEG} has no key {key[:80]!r}; GKE passes over it"
        hint = did_you_mean(key, _KEYS) or f"it has {', '.join(_KEYS)}"
        yield codes.UNKNOWN_ANNOTATION.at(origin, message, hint)


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


def _is_neg(ingress: Any, exposed: Any, zones: Any) -> bool:
    """Whether the JSON fields have the types that the controller decodes."""
    if ingress is not None and not isinstance(ingress, bool):
        return False
    if zones is not None and not (isinstance(zones, list) and all(map(_is_text, zones))):
        return False
    if exposed is None:
        return True
    if not isinstance(exposed, dict):
        return False
    return all(
        port.isdecimal() and isinstance(item, dict) and _is_text(item.get("name", ""))
        for port, item in exposed.items()
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
