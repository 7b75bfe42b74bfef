"""Which load balancer and forwarding rule a connection reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from penstock.explain import hosts
from penstock.explain.context import Context, Listener
from penstock.explain.request import Request, UrlError
from penstock.explain.wire import Host, read_host
from penstock.model import (
    ForwardingRule,
    FrontEndProtocol,
    LoadBalancer,
    Model,
    TargetProxy,
    UrlMapName,
    moved_https,
)


class Entry(NamedTuple):
    """A way in: a forwarding rule that listens, with what is behind it."""

    lb: LoadBalancer
    rule: ForwardingRule
    proxy: TargetProxy
    listener: Listener


class Choice(NamedTuple):
    """The way in that is taken."""

    entry: Entry
    why: str
    others: tuple[str, ...]
    is_guess: bool = False
    """Whether nobody has rules for the host, and the client did not name an address either."""


class NoEntry(NamedTuple):
    """The client gets no connection."""

    reason: str


def https_ports(model: Model, context: Context) -> dict[UrlMapName, int]:
    """URL maps of which HTTPS has moved to another port, with that port."""
    entries = _entries(model, context)
    return moved_https((entry.rule, entry.proxy, entry.listener.port) for entry in entries)


def choose(model: Model, request: Request, context: Context) -> Choice | NoEntry:
    """Find the way in.

    Raises:
        UrlError: the request asks for a load balancer that is not there.
    """
    entries = [entry for entry in _entries(model, context) if _is_meant(entry, request)]
    if request.load_balancer is not None and request.load_balancer not in model.load_balancers:
        known = ", ".join(model.load_balancers) or "none"
        raise UrlError(f"there is no load balancer {request.load_balancer}; there is: {known}")
    if not entries:
        return NoEntry("there is no load balancer that listens")
    by_address = [e for e in entries if _has_address(e, request.connect_to)]
    if request.connect_to is not None and request.load_balancer is None:
        if not by_address:
            known = ", ".join(sorted({e.listener.address for e in entries}))
            return NoEntry(
                f"no load balancer has the address {request.connect_to}; there is {known}"
            )
        entries = by_address
    fitting = [entry for entry in entries if _has_port(entry, request.wanted_port)]
    is_one = len({entry.lb.name for entry in entries}) == 1
    if not fitting and is_one:
        return _nobody(entries, request.wanted_port)
    if request.connect_to is None and request.load_balancer is None:
        owners = _owners(model, request, entries, fitting, context)
        if owners:
            whose = f" of {owners[0].lb.name}, which has the host"
            return _nobody(owners, request.wanted_port, whose)
    if not fitting:
        return _nobody(entries, request.wanted_port)
    return _best(model, request, fitting, context)


def _nobody(entries: Sequence[Entry], port: int, whose: str = "") -> NoEntry:
    """That none of these listens on a port, and why, if they are one load balancer's."""
    known = ", ".join(sorted({shown(entry) for entry in entries}))
    lbs = {entry.lb.name: entry.lb for entry in entries}
    closed = [c.why for c in entries[0].lb.closed_ports if c.port == port and len(lbs) == 1]
    why = "".join(f": {c.value} ({c.origin.describe()})" for c in closed[:1])
    return NoEntry(f"nothing listens on port {port}{whose}{why}; there is {known}")


def _owners(
    model: Model,
    request: Request,
    entries: Sequence[Entry],
    fitting: Sequence[Entry],
    context: Context,
) -> list[Entry]:
    """The entries of who names the host, if nobody does at an address with the wanted port:
    clients of the host get there, whatever else listens on that port elsewhere."""
    host = read_host(request.host or "")
    beside = _ranks_beside(model, context, host)
    if any(beside[entry.listener.address].is_named for entry in fitting):
        return []
    ranked = sorted((_rank(model, entry, host), entry.lb.name) for entry in entries)
    rank, name = ranked[0]
    return [entry for entry in entries if entry.lb.name == name] if rank.is_named else []


def _entries(model: Model, context: Context) -> Iterator[Entry]:
    for lb in model.load_balancers.values():
        proxies = {proxy.name: proxy for proxy in lb.target_proxies}
        for rule in lb.forwarding_rules:
            listener = context.listeners.get(rule.name)
            if listener is not None:
                yield Entry(lb, rule, proxies[rule.target_proxy], listener)


def entries_at(model: Model, context: Context, request: Request) -> Iterator[Entry]:
    """Ways in by the port that a request asks for, of all load balancers, that understand it."""
    for entry in _entries(model, context):
        if _has_port(entry, request.wanted_port) and mismatch(entry, request) is None:
            yield entry


def _has_address(entry: Entry, address: str | None) -> bool:
    """Whether it is the address that listens, or the one in whose place it listens."""
    asked = entry.rule.address.value if entry.rule.address else None
    return address is not None and address in (entry.listener.address, asked)


def _is_meant(entry: Entry, request: Request) -> bool:
    return request.load_balancer in (None, entry.lb.name)


def _has_port(entry: Entry, port: int) -> bool:
    """Whether it is the port that listens, or the one that was asked for before an offset."""
    return port in (entry.listener.port, entry.rule.port)


def shown(entry: Entry) -> str:
    """Address, port and protocol."""
    return f"{entry.listener.address}:{entry.listener.port} ({entry.proxy.protocol.value})"


def _best(model: Model, request: Request, entries: Sequence[Entry], context: Context) -> Choice:
    """The entry whose rules are most specific about the host.

    Where none knows the host, one on the address of another port's that does: a load
    balancer that only redirects to HTTPS has no rules for hosts.
    """
    host = read_host(request.host or "")
    ranks = {entry.lb.name: _rank(model, entry, host) for entry in entries}
    beside = _ranks_beside(model, context, host)

    def key(entry: Entry) -> tuple[hosts.Rank, hosts.Rank, str, int]:
        near = beside[entry.listener.address]
        return (ranks[entry.lb.name], near, entry.lb.name, entry.rule.port)

    ordered = sorted(entries, key=key)
    # On one load balancer the port itself beats the one before an offset.
    first = [e for e in ordered if e.lb is ordered[0].lb]
    best = next((e for e in first if e.listener.port == request.wanted_port), first[0])
    rank = ranks[best.lb.name]
    kinds = {name for name, other in ranks.items() if other.kind <= max(rank.kind, _LAST_KNOWN)}
    names = {str(e.lb.name) for e in entries if e.lb.name in kinds and e.lb is not best.lb}
    why = _why(request, rank, beside[best.listener.address], entries)
    return Choice(best, why, tuple(sorted(names)), is_guess=why == _FIRST)


_FIRST: Final = "the first; none has rules for the host"
_LAST_KNOWN: Final = hosts.NO_RANK.kind - 1


def _ranks_beside(model: Model, context: Context, host: Host) -> dict[str, hosts.Rank]:
    """By address: how specific about the host the rules behind any of its ports are."""
    found: dict[str, hosts.Rank] = {}
    for entry in _entries(model, context):
        address = entry.listener.address
        found[address] = min(found.get(address, hosts.NO_RANK), _rank(model, entry, host))
    return found


def _rank(model: Model, entry: Entry, host: Host) -> hosts.Rank:
    url_map = model.url_maps[entry.proxy.url_map]
    # What only redirects has no rules for hosts; it is for those of whose place it takes.
    rules = model.url_maps.get(url_map.in_place_of or url_map.name, url_map).host_rules
    found = [rank for rule in rules if (rank := hosts.rank(rule.host, host)) is not None]
    return min(found, default=hosts.NO_RANK)


def _why(request: Request, rank: hosts.Rank, beside: hosts.Rank, entries: Sequence[Entry]) -> str:
    if request.load_balancer is not None:
        return "it was asked for"
    if request.connect_to is not None:
        return f"it has the address {request.connect_to}"
    if len({entry.lb.name for entry in entries}) == 1:
        return "the only one on this port"
    words = ("names the host", "has a wildcard for the host", "has rules for every host")
    if rank.kind < len(words):
        return words[rank.kind]
    if beside.kind < hosts.NO_RANK.kind:
        return "another port of its address has rules for the host"
    return _FIRST


def mismatch(entry: Entry, request: Request) -> str | None:
    """Why no HTTP is spoken on the connection: TLS on one side only."""
    has_tls = entry.proxy.protocol is FrontEndProtocol.HTTPS
    if has_tls and not request.tls:
        return f"port {entry.listener.port} wants TLS; use https"
    if request.tls and not has_tls:
        return f"port {entry.listener.port} does not speak TLS; use http"
    return None
