"""Addresses of stand-in pods."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from penstock.runtime.addresses.claims import Claims
from penstock.runtime.own_listeners import listening_addresses
from penstock.runtime.settings import POD_NETWORK


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
