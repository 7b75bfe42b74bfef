"""`curl` lines that reach something: whatever they ask for, one that is copied has to work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from penstock.status.report import Json
from penstock.status.tls_names import example_of, name_for
from penstock.status.words import host_part

_MOST: Final = 3
"""Load balancers with lines of their own."""
_USUAL: Final = {"HTTP": 80, "HTTPS": 443}
_PLAIN_PATHS: Final = ("EXACT", "PREFIX", "TEXT_PREFIX")
"""Kinds of which the path itself is a path that is taken."""
_PLAIN_PROTOCOLS: Final = ("HTTP", "HTTPS")
"""What answers plain requests; what speaks HTTP/2 may be gRPC."""


class _Way(NamedTuple):
    """A route, and the name to ask for, if any."""

    route: Json
    name: str | None


def try_lines(lbs: Sequence[Json], authority: str | None) -> list[str]:
    """One in clear and one over TLS of each; `authority` is the file of who signs what is
    generated."""
    lines = []
    for lb in lbs[:_MOST]:
        for protocol in _USUAL:
            listener = next((x for x in lb["listeners"] if x["protocol"] == protocol), None)
            if listener:
                lines.append(_curl(lb, listener, authority))
    return lines


def _routes(lb: Json, listener: Json) -> Iterator[Json]:
    for route in lb["routes"]:
        if listener["port"] in (route["ports"] or [listener["port"]]):
            yield route


def _curl(lb: Json, listener: Json, authority: str | None) -> str:
    protocol, port = listener["protocol"], listener["port"]
    address = host_part(listener["address"])
    way = _best(lb, listener)
    name = way.name if way else _name(lb, "*", over_tls=protocol == "HTTPS")
    path = way.route["path"] if way and way.route["pathType"] in _PLAIN_PATHS else "/"
    scheme = protocol.lower()
    suffix = "" if port == _USUAL[protocol] else f":{port}"
    trust = _trust(lb, name, authority) if protocol == "HTTPS" else ""
    if name is None:
        return f"curl{trust} {scheme}://{address}{suffix}{path}"
    return f"curl{trust} --resolve {name}:{port}:{address} {scheme}://{name}{suffix}{path}"


def _trust(lb: Json, name: str | None, authority: str | None) -> str:
    """Nobody knows who signed a given certificate, or none is for the name: it is not checked."""
    generated = any(tls["generated"] for tls in lb["tlsNames"] if tls["name"] == name)
    return f" --cacert {authority}" if generated and authority else " -k"


def _best(lb: Json, listener: Json) -> _Way | None:
    """A route of the listener that answers plain requests, best one with a host and, over TLS,
    with a certificate for it; where none leads to a backend, one that says why it does not."""
    protocols = {backend["name"]: backend["protocol"] for backend in lb["backends"]}
    over_tls = listener["protocol"] == "HTTPS"

    def rank(way: _Way) -> tuple[bool, ...]:
        route = way.route
        return (
            over_tls and not _is_certified(lb, way.name),
            bool(route.get("conditions")),
            any(protocols[name] not in _PLAIN_PROTOCOLS for name in route.get("backends", ())),
            route["host"] == "*",
            route["pathType"] not in _PLAIN_PATHS,
            route["pathType"] == "EXACT",
        )

    routes = list(_routes(lb, listener))
    leading = [r for r in routes if "backends" in r] or [r for r in routes if "why" in r]
    ways = (_Way(route, _name(lb, route["host"], over_tls=over_tls)) for route in leading)
    return min(ways, key=rank, default=None)


def _is_certified(lb: Json, name: str | None) -> bool:
    return any(tls["name"] == name for tls in lb["tlsNames"])


def _name(lb: Json, host: str, *, over_tls: bool) -> str | None:
    """What to ask for to get to a host's routes; None is the address."""
    names = [tls["name"] for tls in lb["tlsNames"]] if over_tls else []
    usual = None if host == "*" else example_of(host)
    return name_for(host, names, lb["hosts"]) or usual
