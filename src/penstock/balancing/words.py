"""Why a group gets its share, for people."""

from __future__ import annotations

import math

from penstock.balancing.capacity import scale
from penstock.balancing.groups import Group
from penstock.balancing.regions import allowed
from penstock.model import BackendService, BalancingMode

_UNITS = {
    BalancingMode.RATE: ("request/s", "requests/s"),
    BalancingMode.CONNECTION: ("connection", "connections"),
    BalancingMode.IN_FLIGHT: ("request at once", "requests at once"),
}
"""Of one, and of more."""
_NEARLY_ALL = 0.999


def why(
    service: BackendService, group: Group, part: float, home: str, drained: frozenset[str]
) -> str:
    """The reason of a share, the most important one."""
    if not allowed(service, group, home):
        return f"is in region {group.neg.region}, requests stay in {home}"
    if scale(group.limit) <= 0:
        return "its capacity scaler is 0"
    if not group.endpoints:
        return "has no endpoint"
    if not group.healthy:
        return "has no healthy endpoint"
    if group.neg.name in drained:
        return "less than a quarter of its endpoints are healthy"
    return _used(group, part, home)


def _used(group: Group, part: float, home: str) -> str:
    words = ["preferred"] if group.preferred else []
    if home and group.neg.region not in ("", home):
        words.append(f"in region {group.neg.region}")
    if group.healthy < len(group.endpoints):
        words.append(f"{group.healthy} of {len(group.endpoints)} endpoints healthy")
    words.append(capacity_words(group))
    if part <= 0:
        words.append("waits: groups before it have room")
    return ", ".join(words)


def capacity_words(group: Group) -> str:
    """What limits a group, in the unit it is written in."""
    limit = group.limit
    if limit is None or not math.isfinite(group.capacity):
        return (
            "no limit"
            if limit is None or limit.scaler is None
            else (f"no limit, scaler {limit.scaler.value:g}")
        )
    mode = limit.mode.value
    if mode in _UNITS:
        wanted = [
            f"{setting.value:g} {_UNITS[mode][setting.value != 1]}{each}"
            for setting, each in ((limit.max_total, ""), (limit.max_per_endpoint, " each"))
            if setting is not None
        ]
    else:
        wanted = [f"about {group.capacity:.0f} requests/s at full {mode.value.lower()}"]
    scaler = f" x {limit.scaler.value:g}" if limit.scaler and limit.scaler.value != 1 else ""
    return f"takes {' or '.join(wanted)}{scaler}"
