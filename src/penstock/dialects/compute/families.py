"""``ipAddressSelectionPolicy``: which of an endpoint's two addresses is used."""

from __future__ import annotations

from typing import Final

from penstock.model import AddressFamily, Setting
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.groups import NetworkEndpoint
from penstock.objects.meta import Object

_UNSET: Final = (None, "IP_ADDRESS_SELECTION_POLICY_UNSPECIFIED")


def read_family(obj: Object[BackendService]) -> Setting[AddressFamily] | None:
    """The policy, if one is written."""
    written = obj.resource.ip_address_selection_policy
    if written in _UNSET:
        return None
    return Setting(AddressFamily(written), obj.origin("ipAddressSelectionPolicy"))


def listed_family(setting: Setting[AddressFamily] | None) -> AddressFamily | None:
    """What the policy says of listed endpoints; None for IPv4, the API's default."""
    if setting is None or setting.value is AddressFamily.IPV4_ONLY:
        return None
    return setting.value


def chosen_address(endpoint: NetworkEndpoint, family: AddressFamily | None) -> str | None:
    """The address that a backend service with this policy connects to; None if it has none."""
    v4, v6 = endpoint.ip_address, endpoint.ipv6_address
    match family:
        case AddressFamily.IPV6_ONLY:
            return v6
        case AddressFamily.PREFER_IPV6:
            return v6 or v4
        case _:
            return v4
