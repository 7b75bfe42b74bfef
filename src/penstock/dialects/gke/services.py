"""What a Service's annotations ask for the backends that its ports are.

Each reader gives a value, or the failure that stops GKE (texts: ingress-gce,
pkg/annotations, pkg/negannotation, pkg/translator).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import (
    CAPACITY_SCALER,
    MAX_RATE,
    Place,
    annotation_origin,
    check_annotations,
    overridden,
)
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.json_keys import unknown_keys
from penstock.dialects.gke.neg_annotation import NegSettings, read_neg_settings
from penstock.dialects.kubernetes.services import port_hint
from penstock.model import BackendProtocol, Finding, Origin, Setting
from penstock.objects.gke.annotations import (
    ALPHA_APP_PROTOCOLS,
    CONFIG_NAMES,
    PROTOCOL_NAMES,
    first_of,
    is_text,
    json_fields,
    json_object,
    of_port,
)
from penstock.objects.gke.json_slips import with_slip
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.suggest import did_you_mean

PROTOCOLS: Final = {
    "HTTP": BackendProtocol.HTTP,
    "HTTPS": BackendProtocol.HTTPS,
    "HTTP2": BackendProtocol.HTTP2,
}
_PROTOCOLS_FORM: Final = 'write {"PORT NAME": "HTTPS"}'

_CONFIG_KEYS: Final = ("default", "ports")
_PASSED_OVER: Final = frozenset(
    {codes.UNKNOWN_ANNOTATION.name, codes.MISPLACED_ANNOTATION.name, codes.NO_EFFECT.name}
)
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""What Go's ParseFloat, too, takes for a number; Python takes ``1_000`` and `` 5``, besides."""


class ConfigNames(msgspec.Struct, frozen=True):
    """The annotation ``cloud.google.com/backend-config``."""

    default: str
    ports: Mapping[str, str]
    origin: Origin

    def of(self, port: ServicePort) -> str:
        """The BackendConfig of a port: by its name, then its number, then the default."""
        return of_port(self.ports, port.name, port.port, self.default)


class ServiceSettings(msgspec.Struct, frozen=True):
    """All annotations of a Service."""

    neg: NegSettings | Failure
    protocols: Mapping[str, Setting[BackendProtocol]] | Failure
    """By port name; ``""`` is the port without one."""
    configs: ConfigNames | Failure | None
    max_rate: Setting[float]
    capacity: Setting[float]
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...] = ()
    """What GKE would stop for though the Service is served."""

    @property
    def passed_over(self) -> tuple[Finding, ...]:
        """Of the findings those on annotations and keys that are not read: they hold whether the
        Service is served or not."""
        return tuple(finding for finding in self.findings if finding.code in _PASSED_OVER)


def read_service(service: Object[Service], *, vpc_native: bool = False) -> ServiceSettings:
    """Read a Service's annotations, with what a VPC-native cluster writes by itself."""
    findings = list(check_annotations(service, Place.SERVICE))
    protocols = _protocols(service, findings)
    configs = _configs(service, findings)
    rate = _number(service, MAX_RATE, defaults.MAX_RATE_PER_ENDPOINT, math.inf)
    capacity = _number(service, CAPACITY_SCALER, defaults.CAPACITY_SCALER, 1.0)
    failures = tuple(found for found in (rate, capacity) if isinstance(found, Failure))
    neg = read_neg_settings(service, by_default=vpc_native)
    findings += neg.findings if isinstance(neg, NegSettings) else ()
    max_rate = _or_default(rate, defaults.MAX_RATE_PER_ENDPOINT, findings)
    scaler = _or_default(capacity, defaults.CAPACITY_SCALER, findings)
    if scaler.value == 0:
        message = f"{CAPACITY_SCALER} is 0: requests for {service.ref} are answered 503"
        hint = "leave the annotation out, or write a number above 0, to send requests there again"
        findings.append(codes.NO_CAPACITY.at(scaler.origin, message, hint))
    return ServiceSettings(neg, protocols, configs, max_rate, scaler, tuple(findings), failures)


def _protocols(
    service: Object[Service], findings: list[Finding]
) -> Mapping[str, Setting[BackendProtocol]] | Failure:
    name = first_of(service.annotations, PROTOCOL_NAMES)
    if name is None:
        return {}
    findings += overridden(service, PROTOCOL_NAMES, name)
    origin = annotation_origin(service, name)
    value = json_object(service.annotations[name])
    if value is None:
        hint = with_slip(service.annotations[name], _PROTOCOLS_FORM)
        return _bad_protocols(service, "it is no JSON object", hint, origin)
    found: dict[str, Setting[BackendProtocol]] = {}
    for port, word in value.items():
        if not isinstance(word, str) or word not in PROTOCOLS:
            shown = word if isinstance(word, str) else json.dumps(word)
            reason = f"invalid port application protocol: {shown[:80]}"
            return _bad_protocols(service, reason, did_you_mean(shown, PROTOCOLS), origin)
        found[port] = Setting(PROTOCOLS[word], origin)
    ports = {port.name for port in service.resource.spec.ports or ()}
    for port in sorted(found.keys() - ports):
        message = f"{name} names port {port!r}, which {service.ref} does not have; HTTP is spoken"
        hint = did_you_mean(port, ports) or "the keys are names of ports; write the port's name"
        findings.append(codes.APP_PROTOCOL_PORT.at(origin, message, hint))
    return found


def _bad_protocols(service: Object[Service], reason: str, hint: str, origin: Origin) -> Failure:
    text = (
        f'could not parse "{ALPHA_APP_PROTOCOLS}" annotation on service '
        f'"{service.namespace}/{service.name}", err: {reason}'
    )
    return Failure(codes.APP_PROTOCOLS, text, hint or _PROTOCOLS_FORM, origin)


def _configs(service: Object[Service], findings: list[Finding]) -> ConfigNames | Failure | None:
    written = first_of(service.annotations, CONFIG_NAMES)
    if written is None:
        return None
    findings += overridden(service, CONFIG_NAMES, written)
    origin = annotation_origin(service, written)
    value = json_fields(service.annotations[written])
    findings += unknown_keys(written, value or {}, _CONFIG_KEYS, origin)
    default = value.get("default") if value is not None else None
    ports = value.get("ports") if value is not None else None
    if value is None or not is_text(default or "") or not _is_names(ports):
        hint = with_slip(service.annotations[written], 'write {"default": "NAME"}')
        text = "BackendConfig annotation is invalid json"
        return Failure(codes.BACKEND_CONFIG, text, hint, origin)
    if not default and not ports:
        text = "no BackendConfig's found in annotation"
        return Failure(codes.BACKEND_CONFIG, text, 'write {"default": "NAME"}', origin)
    known = list(service.resource.spec.ports or ())
    words = {port.name for port in known} | {str(port.port) for port in known}
    for port in sorted((ports or {}).keys() - words):
        message = f"{written} names port {port!r}, which {service.ref} does not have"
        hint = did_you_mean(port, words) or port_hint(service, port)
        findings.append(codes.BACKEND_CONFIG_PORT.at(origin, message, hint))
    return ConfigNames(default or "", ports or {}, origin)


def _is_names(ports: Any) -> bool:
    if ports is None:
        return True
    return isinstance(ports, dict) and all(map(is_text, ports.values()))


def _or_default(
    found: Setting[float] | Failure, default: Setting[float], findings: list[Finding]
) -> Setting[float]:
    """GKE stops for a number that is none; here the default holds."""
    if isinstance(found, Setting):
        return found
    findings.append(found.finding(default.origin, f"{default.value:g} holds instead"))
    return default


def _number(
    service: Object[Service], name: str, default: Setting[float], most: float
) -> Setting[float] | Failure:
    """A number from 0 to `most`."""
    if name not in service.annotations:
        return default
    written, origin = service.annotations[name], annotation_origin(service, name)
    value = float(written) if _DECIMAL.fullmatch(written) else math.nan
    if 0.0 <= value <= most and math.isfinite(value):
        return Setting(value, origin)
    wanted = "a number >= 0.0 and <= 1.0" if most == 1.0 else "an integer > 0"
    text = f'invalid value for Service annotation {name}, should be {wanted}, got "{written[:80]}"'
    return Failure(codes.CAPACITY, text, "", origin)
