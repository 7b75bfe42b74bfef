"""Which parts of Cloud DNS resources may be left out for a problem in them."""

from __future__ import annotations

from typing import Final


def _targets(prefix: str) -> tuple[tuple[str, str], ...]:
    return (
        (f"{prefix}/internalLoadBalancers/*", "target"),
        (f"{prefix}/externalEndpoints/*", "target"),
    )


def _items(prefix: str) -> tuple[tuple[str, str], ...]:
    item = f"{prefix}/items/*"
    return (
        (item, "policy item"),
        (f"{item}/rrdatas/*", "address"),
        *_targets(f"{item}/healthCheckedTargets"),
    )


KEEP_ONE: Final = frozenset({"policy item", "address", "target"})
"""Names of parts of which the last one cannot go alone."""

PARTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "dns#resourceRecordSet": (
        ("rrdatas/*", "address"),
        ("ttl", "value"),
        *_items("routingPolicy/geo"),
        *_items("routingPolicy/wrr"),
        *_items("routingPolicy/primaryBackup/backupGeoTargets"),
        *_targets("routingPolicy/primaryBackup/primaryTargets"),
        ("routingPolicy/primaryBackup/trickleTraffic", "value"),
    ),
    "dns#managedZone": (
        ("labels/*", "label"),
        ("nameServers/*", "name server"),
        ("dnssecConfig", "part"),
    ),
}
"""Path with ``*`` for any index, and the part's name, by kind."""
