"""Where load balancers listen now, of those that listen elsewhere than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from penstock.status.report import Json

Places = Mapping[str, Sequence[int]]
"""Ports by address."""


def front_lines(old: Sequence[Json], new: Sequence[Json]) -> Iterator[str]:
    """A line for each load balancer that came, went, or has other addresses or ports.

    One that takes over an object of another, as with a new class, says where that was.
    """
    before = {lb["name"]: lb for lb in old}
    names = {lb["name"] for lb in new}
    went = [lb for lb in old if lb["name"] not in names]
    followed: set[str] = set()
    for lb in new:
        known = before.get(lb["name"])
        if known is not None:
            yield from _moved(lb["name"], _places(known), _places(lb))
            continue
        earlier = [other for other in old if set(other["objects"]) & set(lb["objects"])]
        followed |= {other["name"] for other in earlier}
        was = ", ".join(f"{other['name']} at {_words(_places(other))}" for other in earlier)
        line = f"{lb['name']} now at {_words(_places(lb))}"
        yield f"{line} (was {was})" if was else line
    for lb in went:
        if lb["name"] not in followed:
            yield f"{lb['name']} is gone from {_words(_places(lb))}"


def _moved(name: str, was: Places, now: Places) -> Iterator[str]:
    if was == now:
        return
    if list(was.values()) == list(now.values()) and len(was) == 1:
        [old], [new] = was, now
        yield f"{name} now at {new} (was {_short(old, new)}): {_ports(now[new])}"
    elif was.keys() == now.keys() and len(was) == 1:
        [(address, ports)] = now.items()
        yield f"{name} now at {address}: {_ports(ports)} (was {_ports(was[address])})"
    else:
        yield f"{name} now at {_words(now)} (was {_words(was)})"


def _places(lb: Json) -> Places:
    places: dict[str, list[int]] = {address: [] for address in lb["addresses"]}
    for listener in lb["listeners"]:
        places.setdefault(listener["address"], []).append(listener["port"])
    return {address: sorted(ports) for address, ports in places.items()}


def _words(places: Places) -> str:
    if not places:
        return "no address"
    return "; ".join(f"{address}: {_ports(ports)}" for address, ports in places.items())


def _ports(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports))


def _short(old: str, new: str) -> str:
    """``.65`` beside an address of the same /24."""
    network = new.rpartition(".")[0]
    return old.removeprefix(network) if network and old.startswith(f"{network}.") else old
