"""Groups of a backend service: which part of its requests each gets, and each endpoint of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from penstock.explain.result import Group, source
from penstock.model import GroupShare, NegName


def group_of(share: GroupShare) -> Group:
    """A group's share as it is shown."""
    return Group(
        name=share.neg,
        share=share.share,
        why=share.why,
        capacity=share.capacity,
        healthy=share.healthy,
        endpoints=share.endpoints,
        priority=share.priority,
        origin=source(share.origin) if share.origin else None,
    )


def endpoint_shares(
    usable: Sequence[tuple[NegName, int]], groups: Sequence[GroupShare]
) -> Mapping[int, float]:
    """Endpoint → its part, 0 to 1; `usable` are groups' names with their usable endpoints.

    Within a group all get alike; without shares of groups all endpoints do.
    """
    if not groups:
        return {endpoint: 1 / len(usable) for _, endpoint in usable}
    count = Counter(neg for neg, _ in usable)
    shares = {group.neg: group.share for group in groups}
    return {endpoint: shares.get(neg, 0.0) / count[neg] for neg, endpoint in usable}
