"""Static addresses that Ingresses name: who has which, and who may not have it."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Final, NamedTuple

from penstock.dialects.compute.index import Index, Located
from penstock.dialects.compute.references import in_another_project
from penstock.dialects.compute.reserved_addresses import Reserved, reserved_addresses
from penstock.dialects.gke import codes
from penstock.dialects.gke.failure import SYNC
from penstock.dialects.gke.missing import name_only
from penstock.dialects.gke.plan import IngressPlan
from penstock.model import Finding, Setting, Severity
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.wording import address_in_use, is_name
from penstock.objects.suggest import did_you_mean

_TEXT: Final = "the given static IP name {} doesn't translate to an existing static IP"

_AT_ANOTHER: Final = "; in local mode the Ingress is served at another."
_ONE_HOLDER: Final = "an address belongs to one Ingress"


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

        What GKE would stop for is added to `failures`, whether the Ingress is served here or not.
        """
        settings = plan.settings
        if settings.global_ip is not None and settings.regional_ip is not None:
            text = "Error: both global-static-ip and regional-static-ip cannot be specified"
            hint = f"keep the {'regional' if plan.of_class.is_regional else 'global'} one"
            failures.append(text)
            return codes.STATIC_IP.at(
                settings.global_ip.origin, f"{text}. The Ingress is not served", hint
            )
        setting = settings.static_ip
        if setting is None:
            return None
        # The controller looks for it where the load balancer is, whichever annotation names it.
        location = self._region if plan.of_class.is_regional else GLOBAL
        key = (self._project, location, setting.value)
        if key not in self._reserved:
            unknown = self._unknown(setting, location)
            if unknown.about:
                failures.append(_TEXT.format(setting.value))
            if not self._local:
                return unknown
            holder = self._holders.setdefault((location, setting.value), plan)
            is_alone = holder is plan or bool(unknown.about)
            findings.append(unknown if is_alone else _shared_unknown(setting, holder))
            return Static(setting.value, None, is_shared=True)
        return self._named(plan, setting, location, self._reserved[key], failures)

    def _named(
        self,
        plan: IngressPlan,
        setting: Setting[str],
        location: str,
        reserved: Reserved,
        failures: list[str],
    ) -> Static | Finding:
        address = _address(reserved)
        # Two names may be reserved for one address.
        place = ("", address.value) if address else (location, setting.value)
        holder = self._holders.setdefault(place, plan)
        if holder is not plan:
            text = address_in_use(reserved.address or setting.value)
            failures.append(text)
            message = f"{text}: {holder.ingress.origin().describe()}; this Ingress is not served"
            return codes.STATIC_IP.at(setting.origin, message, _ONE_HOLDER)
        return Static(setting.value, address, reserved.is_shared)

    def _unknown(self, setting: Setting[str], location: str) -> Finding:
        """It is GKE's verdict unless the project may have what the input lacks."""
        text, hint = _TEXT.format(setting.value), self._hint(setting, location)
        if self._local and is_name(setting.value):
            # Reservations are not among a team's manifests: the project may well have it.
            message = f"unless GKE has it: {text}{_AT_ANOTHER}"
            finding = codes.STATIC_IP.at(setting.origin, message, hint, Severity.WARNING)
            return codes.of_penstock(finding)
        consequence = _AT_ANOTHER if self._local else ". The Ingress is not served."
        finding = codes.STATIC_IP.at(setting.origin, f"{SYNC}: {text}{consequence}", hint)
        return replace(finding, consequence=consequence)

    def _hint(self, setting: Setting[str], location: str) -> str:
        if not is_name(setting.value):
            return name_only(setting.value) or "write the name that the address is reserved under"
        known = [n for (p, where, n) in self._reserved if (p, where) == (self._project, location)]
        elsewhere = [
            where
            for (p, where, n) in self._reserved
            if (p, n) == (self._project, setting.value) and where != location
        ]
        hint = did_you_mean(setting.value, known)
        if elsewhere:
            hint = f"there is one in {elsewhere[0]}; this class wants {location}"
        namesake = min(
            (p for (p, where, n) in self._reserved if (where, n) == (location, setting.value)),
            default=None,
        )
        if not hint and namesake:
            at = Located(namesake, location, setting.value)
            return in_another_project(at, "addresses")
        return hint or (
            f"add {{name: {setting.value}, address: …"
            f"{'' if location == GLOBAL else f', region: {location}'}}} to spec.addresses of a "
            "PenstockConfig"
        )


def _shared_unknown(setting: Setting[str], holder: IngressPlan) -> Finding:
    """What GKE would say if it had the address that two name."""
    message = (
        f"{address_in_use(setting.value)}: {holder.ingress.origin().describe()} names it, too; in "
        "local mode each is served at an address of its own"
    )
    return codes.STATIC_IP.at(setting.origin, message, _ONE_HOLDER, Severity.WARNING)


def _address(reserved: Reserved) -> Setting[str] | None:
    try:
        literal = ipaddress.ip_address(reserved.address or "")
    except ValueError:
        return None
    return Setting(str(literal), reserved.origin)
