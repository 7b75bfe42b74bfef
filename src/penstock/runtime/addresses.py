"""Which address each VIP gets, and who holds which address on this machine.

Addresses are kept between runs (same name, same address) and claimed, so that
instances that share a pool never share an address: Envoy listens with
SO_REUSEPORT, which would silently split traffic between two of them.  A claim is
an abstract Unix socket: it is machine-wide (per network namespace) and the
kernel drops it when its holder ends, however it ends.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from penstock.runtime.own_listeners import listening_addresses
from penstock.runtime.settings import POD_NETWORK, Network

_MAX_TRIES = 4096
_ANOTHERS = "another load balancer has it"


class Claims:
    """Names this process holds against all others on the machine."""

    def __init__(self) -> None:
        self._held: dict[str, socket.socket] = {}

    def take(self, name: str) -> bool:
        """Claim `name`; False if another process has it."""
        if name in self._held:
            return True
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0penstock/{name}")
        except OSError:
            holder.close()
            return False
        self._held[name] = holder
        return True

    def holds(self, name: str) -> bool:
        """Whether this process has claimed `name`."""
        return name in self._held

    def release(self, name: str) -> None:
        """Give up a claim."""
        holder = self._held.pop(name, None)
        if holder:
            holder.close()

    def close(self) -> None:
        """Give up all claims."""
        for name in list(self._held):
            self.release(name)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why an address and port cannot be had."""

    address: str
    port: int
    reason: str
    is_foreign: bool = False
    """The address is not one of this machine's."""


def probe(address: str, port: int) -> Unavailable | None:
    """Whether a TCP listener could bind here; None if so.

    Without SO_REUSEPORT the kernel refuses if anybody listens, reuse or not.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((address, port))
            attempt.listen(1)
        except OSError as error:
            foreign = error.errno == errno.EADDRNOTAVAIL
            return Unavailable(address, port, _reason(error), foreign)
        except OverflowError:
            return Unavailable(address, port, "no such port")
    return None


def not_own(address: str) -> str:
    """Why no listener of this machine can have an address, whatever the port; empty if it can."""
    try:
        value = ipaddress.ip_address(address)
    except ValueError:
        return "that is no IP address"
    if value.is_unspecified or value.is_multicast:
        return "that is no address of one machine"
    family = socket.AF_INET if value.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.bind((address, 0))
    except OSError as error:
        return _reason(error)
    return ""


def _reason(error: OSError) -> str:
    words = {
        errno.EADDRINUSE: "another program listens there",
        errno.EACCES: "this user may not bind ports below 1024",
        errno.EADDRNOTAVAIL: "the address is not one of this machine's",
    }
    return words.get(error.errno or 0, error.strerror or str(error))


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


class PodAddresses:
    """Loopback addresses for stand-in pods, from /24 blocks that this process claims."""

    def __init__(self, claims: Claims, network: ipaddress.IPv4Network = POD_NETWORK) -> None:
        self._claims = claims
        self._blocks = iter(network.subnets(new_prefix=24))
        self._network = network
        self._free: Iterator[ipaddress.IPv4Address] = iter(())
        self._kept: set[str] = set()

    def keep(self, address: str) -> bool:
        """Claim an address of an earlier run; False if its block is another's now."""
        value = ipaddress.IPv4Address(address)
        block = ipaddress.IPv4Network((value, 24), strict=False)
        if value not in self._network or not self._claims.take(f"pods/{block.network_address}"):
            return False
        self._kept.add(address)
        return True

    def __call__(self) -> str:
        """The next free address.

        Raises:
            RuntimeError: every block is taken.
        """
        while True:
            for address in self._free:
                if str(address) not in self._kept:
                    return str(address)
            self._free = self._next_block()

    def _next_block(self) -> Iterator[ipaddress.IPv4Address]:
        # Stand-ins outlive a control plane that is killed; its claims do not.  Looked at
        # before claiming: it may be coming back, and must find its own block free.
        listening = [ipaddress.ip_address(address) for address in listening_addresses()]
        for block in self._blocks:
            name = f"pods/{block.network_address}"
            if self._claims.holds(name):
                return block.hosts()
            if not any(address in block for address in listening) and self._claims.take(name):
                return block.hosts()
        raise RuntimeError("all stand-in addresses of this machine are taken")
