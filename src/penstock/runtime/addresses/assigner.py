"""Which address each VIP gets: the same one in every run, claimed as long as it is had."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from penstock.runtime.addresses.availability import Unavailable, not_own, probe
from penstock.runtime.addresses.claims import Claims
from penstock.runtime.settings import Network

_MAX_TRIES = 4096
_ANOTHERS = "another load balancer has it"

Listeners = Callable[[], Collection[tuple[str, int]]]
"""Which (address, port) pairs proxies of ours listen on at this moment."""


def _none() -> Collection[tuple[str, int]]:
    return ()


class AddressAssigner:
    """One address per owner (a load balancer, or a VIP of several), stable and claimed.

    It is the one that the input asks for, if this machine has it and nobody else
    took it; else one of the pool.
    """

    def __init__(
        self,
        pool: Network,
        claims: Claims,
        remembered: Mapping[str, str],
        own_listeners: Listeners = _none,
    ) -> None:
        """`remembered` maps owners to the addresses they had in the last run.

        `own_listeners` is asked whenever a port turns out to be taken: a proxy that
        outlived the last control plane may begin to listen at any moment.
        """
        self._pool = pool
        self._claims = claims
        self._assigned: dict[str, str] = {}
        self._remembered = dict(remembered)
        self._own_listeners = own_listeners
        self._bound: set[tuple[str, int]] = set()
        self._wanted: dict[str, str | None] = {}
        self._refused: dict[str, str] = {}
        self._hosts = pool.hosts()
        self._passed_over: dict[str, None] = {}
        """Addresses that `_hosts` gave and nobody took, in order."""
        self._reserved = set(self._remembered.values())
        """Every address that is or was somebody's: whoever comes back finds it free."""

    @property
    def memory(self) -> Mapping[str, str]:
        """What to remember for the next run."""
        return {**self._remembered, **self._assigned}

    def assign(
        self, owner: str, ports: Sequence[int], wanted: str | None = None
    ) -> tuple[str | None, list[Unavailable]]:
        """The address of `owner`, with the ports that cannot be had on it.

        `wanted` is the address that the input asks for. Ports that were found free
        once are not probed again: our own proxy listens on them by then.
        """
        if self._wanted.get(owner) != wanted or self._is_given_up(owner, wanted):
            self._drop(owner)
            self._wanted[owner] = wanted
        if owner not in self._assigned:
            return self._first(owner, ports, wanted)
        address = self._assigned[owner]
        return address, self._check(address, ports)

    def _is_given_up(self, owner: str, wanted: str | None) -> bool:
        """Whether the load balancer that had what `owner` wants has it no more."""
        is_taken = wanted in self._assigned.values()
        return self._refused.get(owner) == _ANOTHERS and not is_taken

    def refused(self, owner: str) -> str:
        """Why `owner` has another address than it wants; empty if it has it, or wants none."""
        return self._refused.get(owner, "")

    def _first(
        self, owner: str, ports: Sequence[int], wanted: str | None
    ) -> tuple[str | None, list[Unavailable]]:
        if wanted is not None:
            self._refused[owner] = self._take(owner, ports, wanted)
            if not self._refused[owner]:
                return wanted, []
        return self._from_pool(owner, ports)

    def _take(self, owner: str, ports: Sequence[int], wanted: str) -> str:
        """Assign the wanted address; if that cannot be, why."""
        if problem := not_own(wanted):
            return problem
        if wanted in self._assigned.values():
            return _ANOTHERS
        if not self._claims.take(f"vip/{wanted}"):
            return "another instance has it"
        if found := self._check(wanted, ports):
            self._release(wanted)
            return f"port {found[0].port}: {found[0].reason}"
        self._settle(owner, wanted)
        return ""

    def _from_pool(self, owner: str, ports: Sequence[int]) -> tuple[str | None, list[Unavailable]]:
        problems: list[Unavailable] = []
        for tries, address in enumerate(self._candidates(owner)):
            if tries >= _MAX_TRIES:
                break
            if not self._claims.take(f"vip/{address}"):
                continue
            found = self._check(address, ports)
            if not found:
                self._settle(owner, address)
                return address, []
            self._claims.release(f"vip/{address}")
            problems = problems or found
            if tries >= len(ports) + 8:
                break  # a program that listens on every address makes each try fail alike
        return None, problems

    def _candidates(self, owner: str) -> Iterator[str]:
        mine = self._remembered.get(owner)
        if (
            mine
            and mine not in self._assigned.values()
            and ipaddress.ip_address(mine) in self._pool
        ):
            yield mine
        yield from [address for address in self._passed_over if address not in self._reserved]
        for host in self._hosts:
            address = str(host)
            if address not in self._reserved:
                self._passed_over[address] = None
                yield address

    def _settle(self, owner: str, address: str) -> None:
        self._assigned[owner] = address
        self._reserved.add(address)
        self._passed_over.pop(address, None)

    def _check(self, address: str, ports: Sequence[int]) -> list[Unavailable]:
        problems = []
        for port in ports:
            if (address, port) in self._bound:
                continue
            problem = probe(address, port)
            if problem and (address, port) not in self._own_listeners():
                problems.append(problem)
            else:
                self._bound.add((address, port))
        return problems

    def retain(self, owners: Collection[str]) -> None:
        """Forget the claims of owners that are gone (their address stays remembered)."""
        for owner in [o for o in (*self._wanted, *self._assigned) if o not in owners]:
            self._drop(owner)
            self._wanted.pop(owner, None)

    def _drop(self, owner: str) -> None:
        self._refused.pop(owner, None)
        if address := self._assigned.pop(owner, None):
            self._remembered[owner] = address
            self._release(address)

    def _release(self, address: str) -> None:
        self._bound = {(a, p) for a, p in self._bound if a != address}
        self._claims.release(f"vip/{address}")
