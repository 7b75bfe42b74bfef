"""Backend subsetting: each proxy of a fleet uses a share of a group's endpoints.

As the Compute API's ``CONSISTENT_HASH_SUBSETTING``: with many proxies and many
endpoints, everybody connecting to everybody costs more than it brings.  How large a
subset is cannot be chosen for internal Application Load Balancers; here every
endpoint is used by

- five proxies (half of them, if there are fewer than ten), or as many more as it
  takes for each proxy to have `LEAST` endpoints on average;
- all proxies, in a group of no more than `LEAST` endpoints.

Every endpoint ranks all proxies by a hash of both (rendezvous hashing) and takes the
first that are not full; a proxy is full with 2 % more than the mean (consistent
hashing with bounded loads, https://arxiv.org/abs/1608.01350), and one that would end with
2 % less takes what is left.  So every endpoint has
equally many proxies, proxies have nearly equally many endpoints, and who comes or goes
moves little else.  Whether an endpoint is healthy decides nothing of that, so that one
that recovers goes back to where it was; a proxy that is left with too few healthy ones
gets others in addition.

Pure: the same proxies and endpoints give the same subsets in every process.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

Place = tuple[str, int]
"""An endpoint's address and port."""

LEAST: Final = 20
"""Endpoints of a group that a proxy has on average, at least."""
_PROXIES: Final = 5
"""Proxies that use an endpoint, if there are enough."""
_SLACK: Final = 1.02
"""How much more than the mean a proxy takes."""


class _Ranking(NamedTuple):
    """How one endpoint ranks the proxies."""

    order: bytes
    """When its turn is; by hash, so that neighbours in an address range are none here."""
    scores: tuple[tuple[int, int], ...]
    """(hash, which proxy) by hash."""


def proxies_per_endpoint(proxies: int, endpoints: int) -> int:
    """How many proxies use each endpoint."""
    if endpoints <= LEAST:
        return proxies
    wanted = max(min(_PROXIES, math.ceil(proxies / 2)), math.ceil(LEAST * proxies / endpoints))
    return min(proxies, wanted)


class Subsetter:
    """The subsets of one fleet; remembers how endpoints rank proxies."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = tuple(sorted(proxies))
        self._rankings: dict[Place, _Ranking] = {}

    def forget(self) -> None:
        """Drop what is remembered; it is made anew when it is needed."""
        self._rankings = {}

    def shares(self, group: Mapping[Place, bool]) -> Mapping[str, Collection[Place]]:
        """Proxy → its endpoints of a group, which says of each whether it may get requests."""
        count = proxies_per_endpoint(len(self._proxies), len(group))
        if count >= len(self._proxies):
            return dict.fromkeys(self._proxies, group.keys())
        self._trim(len(group))
        shares: list[set[Place]] = [set() for _ in self._proxies]
        mean = count * len(group) / len(shares)
        least, full = math.floor(mean / _SLACK), math.ceil(mean * _SLACK)
        rankings = sorted((self._ranking(place), place) for place in group)
        for done, ((_, ranked), place) in enumerate(rankings):
            left = len(rankings) - done
            behind = [proxy for proxy, share in enumerate(shares) if least - len(share) >= left]
            for proxy in _first(count, ranked, shares, full, behind):
                shares[proxy].add(place)
        self._top_up(shares, [place for place, usable in group.items() if usable])
        return dict(zip(self._proxies, shares, strict=True))

    def _top_up(self, shares: Sequence[set[Place]], usable: Sequence[Place]) -> None:
        """Let every proxy have as many usable endpoints as it needs, if there are as many."""
        there = frozenset(usable)
        for proxy, share in enumerate(shares):
            missing = min(LEAST // 2, len(usable)) - len(share & there)
            if missing > 0:
                others = sorted(there - share, key=lambda place: self._score(place, proxy))
                share.update(others[:missing])

    def _score(self, place: Place, proxy: int) -> tuple[int, Place]:
        return next(score for score, p in self._ranking(place).scores if p == proxy), place

    def _ranking(self, place: Place) -> _Ranking:
        known = self._rankings.get(place)
        if known is None:
            seed = hashlib.blake2b(f"{place[0]} {place[1]}".encode(), digest_size=16)
            known = _Ranking(seed.digest(), tuple(sorted(self._hashes(seed))))
            self._rankings[place] = known
        return known

    def _hashes(self, seed: hashlib.blake2b) -> Sequence[tuple[int, int]]:
        hashes = []
        for number, proxy in enumerate(self._proxies):
            both = seed.copy()
            both.update(proxy.encode())
            hashes.append((int.from_bytes(both.digest()[:8], "big"), number))
        return hashes

    def _trim(self, size: int) -> None:
        """Forget endpoints that are no more, once there are many of them."""
        if len(self._rankings) > 4 * size + 10_000:
            self.forget()


def _first(
    count: int,
    ranked: Sequence[tuple[int, int]],
    shares: Sequence[set[Place]],
    full: int,
    behind: Sequence[int],
) -> Sequence[int]:
    """Those that are `behind`, then the first proxies that are not full; if those are too few,
    the first of the others, too."""
    free = list(behind[:count])
    for _, proxy in ranked:
        if len(free) == count:
            return free
        if len(shares[proxy]) < full and proxy not in behind:
            free.append(proxy)
    others = [proxy for _, proxy in ranked if proxy not in free]
    return [*free, *others[: count - len(free)]]
