"""Static addresses that Ingresses name: who has which, and who may not have it."""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

from penstock.dialects.compute.addresses import Reserved, reserved_addresses
from penstock.dialects.compute.index import Index
from penstock.dialects.gke import codes
from penstock.dialects.gke.plan import IngressPlan
from penstock.model import Finding, Setting, Severity
from penstock.objects.compute.base import GLOBAL
from penstock.objects.suggest import did_you_mean

_TEXT: Final = "the given static IP name {} doesn't translate to an existing static IP"


class Static(NamedTuple):
    """An Ingress's static address."""

    name: str
    address: Setting[str] | None
    """None leaves it to the runtime: the reservation does not say it."""
    is_shared: bool


class StaticAddresses:
    """Gives Ingresses their addresses; ask for the oldest first."""

    def __init__(self, index: Index, project: str, region: str, *, local: bool) -> None:
        self._reserved = dict(reserved_addresses(index))
        self._project = project
        self._region = region
        self._local = local
        self._holders: dict[tuple[str, str], IngressPlan] = {}

    def claim(
        self, plan: IngressPlan, findings: list[Finding], failures: list[str]
    ) -> Static | Finding | None:
        """The named address, None if none is named, or why there is no front end.

        What GKE would stop for, though the Ingress is served here, is added to `failures`.
        """
        settings = plan.settings
        if settings.global_ip is not None and settings.regional_ip is not None:
            text = "Error: both global-static-ip and regional-static-ip cannot be specified"
            hint = f"keep the {'regional' if plan.of_class.is_regional else 'global'} one"
            return codes.STATIC_IP.at(
                settings.global_ip.origin, f"{text}. The Ingress is not served", hint
            )
        setting = settings.global_ip or settings.regional_ip
        if setting is None:
            return None
        if (settings.regional_ip is not None) is not plan.of_class.is_regional:
            findings.append(_wrong_scope(plan, setting))
            return None
        location = self._region if plan.of_class.is_regional else GLOBAL
        key = (self._project, location, setting.value)
        if key not in self._reserved:
            unknown = self._unknown(setting, location)
            if not self._local:
                return unknown
            findings.append(unknown)
            failures.append(_TEXT.format(setting.value))
            return Static(setting.value, None, is_shared=True)
        return self._named(plan, setting, location, self._reserved[key])

    def _named(
        self, plan: IngressPlan, setting: Setting[str], location: str, reserved: Reserved
    ) -> Static | Finding:
        address = _address(reserved)
        # Two names may be reserved for one address.
        place = ("", address.value) if address else (location, setting.value)
        holder = self._holders.setdefault(place, plan)
        if holder is not plan:
            message = (
                f"IP_IN_USE_BY_ANOTHER_RESOURCE - IP '{reserved.address or setting.value}' is "
                f"already being used by another resource: {holder.ingress.origin().describe()}; "
                "this Ingress is not served"
            )
            hint = "an address belongs to one Ingress"
            return codes.STATIC_IP.at(setting.origin, message, hint)
        return Static(setting.value, address, reserved.is_shared)

    def _unknown(self, setting: Setting[str], location: str) -> Finding:
        known = [n for (p, where, n) in self._reserved if (p, where) == (self._project, location)]
        elsewhere = [
            where
            for (p, where, n) in self._reserved
            if (p, n) == (self._project, setting.value) and where != location
        ]
        hint = did_you_mean(setting.value, known)
        if elsewhere:
            hint = f"there is one in {elsewhere[0]}; this class wants {location}"
        hint = hint or "add it to spec.addresses of a PenstockConfig"
        text = _TEXT.format(setting.value)
        if not self._local:
            return codes.STATIC_IP.at(setting.origin, f"{text}. The Ingress is not served", hint)
        message = f"{text}; in local mode the Ingress is served at another"
        # Reservations are not among a team's manifests: the project may well have it.
        finding = codes.STATIC_IP.at(setting.origin, message, hint, Severity.WARNING)
        return codes.of_penstock(finding)


def _address(reserved: Reserved) -> Setting[str] | None:
    try:
        literal = ipaddress.ip_address(reserved.address or "")
    except ValueError:
        return None
    return Setting(str(literal), reserved.origin)


def _wrong_scope(plan: IngressPlan, setting: Setting[str]) -> Finding:
    wanted = "regional" if plan.of_class.is_regional else "global"
    message = (
        f"class {plan.of_class.value} takes {wanted} addresses; {setting.value} has no effect and "
        "the Ingress gets an address of its own"
    )
    hint = f"write kubernetes.io/ingress.{wanted}-static-ip-name"
    return codes.STATIC_IP.at(setting.origin, message, hint)
