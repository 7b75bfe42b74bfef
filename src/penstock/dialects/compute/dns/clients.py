"""Where clients are: by subnetworks, and by what a PenstockConfig says of clients."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.defaults import ORIGIN
from penstock.dialects.compute.dns.zones import network_name
from penstock.dialects.compute.subnets import Subnets, parse_range
from penstock.model import ClientPlace


def client_places(config: Config, subnets: Subnets | None) -> tuple[ClientPlace, ...]:
    """All ranges; whoever is in none is taken to be in the default region."""
    places: dict[str, ClientPlace] = {}
    for place in (*_configured(config), *_subnets(subnets), *_others(config)):
        places.setdefault(place.range, place)
    return tuple(places[key] for key in sorted(places))


def _configured(config: Config) -> Iterator[ClientPlace]:
    for clients, origin in config.clients:
        network = network_name(clients.network, config)
        for i, text in enumerate(clients.ranges):
            known = parse_range(text)
            if known is not None:
                region = clients.region or config.region
                yield ClientPlace(str(known), region, origin.child("ranges", i), network)


def _subnets(subnets: Subnets | None) -> Iterator[ClientPlace]:
    for subnet in subnets or ():
        if not subnet.is_proxy_only:
            network = f"{subnet.project}/{subnet.network}"
            yield ClientPlace(str(subnet.range), subnet.region, subnet.origin, network)


def _others(config: Config) -> Iterator[ClientPlace]:
    for everything in ("0.0.0.0/0", "::/0"):
        yield ClientPlace(everything, config.region, ORIGIN)
