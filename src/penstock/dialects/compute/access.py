"""Client access: which clients a forwarding rule serves, by their network and region.

A regional load balancer serves clients of its own network and of networks connected
with it (peering, VPN, Interconnect), and of these only clients of its region unless
the rule has allowGlobalAccess.  A cross-region one serves clients of all regions.
A connection between networks reaches no further than to its two ends.  Which network
and region a client is in its address says: the longest range of a subnet or of a
PenstockConfig's `clients` that has it.

https://docs.cloud.google.com/load-balancing/docs/l7-internal (client access),
…/load-balancing/docs/l7-internal/internal-https-lb-and-other-networks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from penstock.dialects.compute import defaults
from penstock.dialects.compute.config import Config, NetworkName
from penstock.dialects.compute.network_places import NetworkPlace
from penstock.dialects.compute.subnets import Network, Subnets, parse_range
from penstock.model import ClientAccess, ClientRange, Origin, Setting
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.forwarding import ForwardingRule
from penstock.objects.meta import Object


class Clients(NamedTuple):
    """Addresses of clients, and where they are."""

    range: Network
    network: NetworkName
    region: str
    """Empty: nobody said."""
    origin: Origin


class _Served(NamedTuple):
    """Whom a forwarding rule serves."""

    network: NetworkName
    region: str
    """Empty: every region."""


class AccessReader:
    """Tells the access of the forwarding rules of one world."""

    def __init__(self, subnets: Subnets, config: Config) -> None:
        self._clients = (*_of_subnets(subnets), *_configured(config))
        self._connected = config.connected
        self._known: dict[_Served, ClientAccess | None] = {}

    def read(
        self, rule: Object[ForwardingRule], location: str, place: NetworkPlace
    ) -> Setting[ClientAccess] | None:
        """Who may connect to a rule at `location`; None if nobody is kept out."""
        is_global = location == GLOBAL
        everywhere = is_global or bool(rule.resource.allow_global_access)
        access = self._access(_Served(place.of, "" if everywhere else location))
        if access is None:
            return None
        if is_global:
            return Setting(access, rule.origin())
        is_written = rule.resource.allow_global_access is not None
        return Setting(access, rule.origin("allowGlobalAccess") if is_written else defaults.ORIGIN)

    def _access(self, served: _Served) -> ClientAccess | None:
        if served not in self._known:
            self._known[served] = _access(self._ranges(served))
        return self._known[served]

    def _ranges(self, served: _Served) -> Iterator[tuple[Network, ClientRange]]:
        for clients in self._clients:
            reason = self._why_not(served, clients)
            network = clients.network.shown(served.network.project)
            allowed = not reason
            shown = ClientRange(
                str(clients.range), network, clients.region, allowed, clients.origin, reason
            )
            yield clients.range, shown

    def _why_not(self, served: _Served, clients: Clients) -> str:
        mine, theirs = served.network, clients.network
        if mine != theirs and frozenset((mine, theirs)) not in self._connected:
            shown = theirs.shown(mine.project)
            return f"they are in network {shown}, which is not connected with {mine.name}"
        if served.region and clients.region not in ("", served.region):
            return (
                f"they are in region {clients.region}, and without allowGlobalAccess only those "
                f"of {served.region} may connect"
            )
        return ""


def _access(found: Iterable[tuple[Network, ClientRange]]) -> ClientAccess | None:
    """The ranges that decide something.

    Networks that are not connected may have the same range: who comes from it is then
    taken for a client of the network that may connect.
    """
    ranges: dict[Network, ClientRange] = {}
    for network, clients in found:
        known = ranges.get(network)
        if known is None or (clients.allowed and not known.allowed):
            ranges[network] = clients
    denied = {network for network, clients in ranges.items() if not clients.allowed}
    if not denied:
        return None
    kept = [n for n in ranges if n in denied or _is_below(n, denied)]
    return ClientAccess(tuple(ranges[n] for n in sorted(kept, key=_order)))


def _is_below(network: Network, others: set[Network]) -> bool:
    lengths = range(network.prefixlen)
    return any(network.supernet(new_prefix=length) in others for length in lengths)


def _order(network: Network) -> tuple[int, int, int]:
    return (network.version, int(network.network_address), network.prefixlen)


def _of_subnets(subnets: Subnets) -> Iterator[Clients]:
    for subnet in subnets:
        if not subnet.is_proxy_only:
            for network, origin in ((subnet.range, subnet.origin), *subnet.secondary):
                yield Clients(network, subnet.of, subnet.region, origin)


def _configured(config: Config) -> Iterator[Clients]:
    for clients, origin in config.clients:
        network = config.network(clients.network, clients.project)
        for i, text in enumerate(clients.ranges):
            found = parse_range(text)
            if found is not None:
                where = origin.child("ranges", i)
                yield Clients(found, network, clients.region or "", where)
