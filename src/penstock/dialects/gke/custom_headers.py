"""Custom headers of a BackendConfig: ``Name: value`` with variables of the request.

https://docs.cloud.google.com/load-balancing/docs/https/custom-headers-global lists the
variables of external load balancers.  Those that Penstock has no value for stand for
the empty string, as they do on Google's load balancers when nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from penstock.dialects.compute.headers import value_parts
from penstock.dialects.gke import codes
from penstock.model import Finding, HeaderEdit, Origin, Variable

_PLACES: Final = "Penstock does not know where in the world clients are"
_DEVICES: Final = "Penstock does not tell devices and browsers apart"
_CACHE: Final = "there is no cache"
UNFILLED: Final[Mapping[str, str]] = {
    "client_region": _PLACES,
    "client_region_subdivision": _PLACES,
    "client_city": _PLACES,
    "client_city_lat_long": _PLACES,
    "device_request_type": _DEVICES,
    "user_agent_family": _DEVICES,
    "cdn_cache_id": _CACHE,
    "cdn_cache_status": _CACHE,
}
"""Variables that are always empty → why."""
_MORE: Final = frozenset({Variable.ORIGIN_REQUEST_HEADER})
"""What external load balancers have beyond internal ones."""


def read_custom_headers(
    lines: tuple[str, ...], origin: Origin, findings: list[Finding]
) -> Iterator[HeaderEdit]:
    """One edit for each line, which takes the place of what the client or endpoint sent."""
    for index, line in enumerate(lines):
        name, _, value = line.partition(":")
        place = origin.child(index)
        parts = tuple(value_parts(value.strip(), place, findings, more=_MORE, unfilled=_unfilled))
        yield HeaderEdit(name.strip(), parts, True, place)


def _unfilled(name: str, origin: Origin) -> Finding | None:
    reason = UNFILLED.get(name)
    if reason is None:
        return None
    message = f"{{{name}}} has no value here: {reason}; it stands for the empty string"
    return codes.FIELD_NO_EFFECT.at(origin, message)
