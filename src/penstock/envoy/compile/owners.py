"""Who wrote what a resource is made of: from a proxy's complaint back to a line of YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.envoy.compile.hosts import DEFAULT_ROUTE, domain, key
from penstock.envoy.compile.serving import servings_of, with_servings
from penstock.envoy.compile.shards import SHARDS, is_sharded, shard_of
from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    SCOPES,
    SECRET,
    shard_name,
    start_name,
)
from penstock.model import (
    Certificate,
    CertificateName,
    HostKind,
    HostRule,
    Model,
    Origin,
    UrlMap,
)

OwnerKey = tuple[str, ...]
"""``(type URL, resource name)``, or with a third item for a part of a resource: the name
of a virtual host or of a route."""


class Owners(Mapping[OwnerKey, Origin]):
    """Resource, or part of one → origin of what it was compiled from.

    The index is made when it is first asked for; most revisions are never asked.
    """

    __slots__ = ("_certificates", "_index", "_model")

    def __init__(self, model: Model, certificates: Mapping[CertificateName, Certificate]) -> None:
        self._model = model
        self._certificates = certificates
        self._index: dict[OwnerKey, Origin] | None = None

    def __getitem__(self, key: OwnerKey) -> Origin:
        return self._table()[key]

    def __iter__(self) -> Iterator[OwnerKey]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())

    def blame(self, type_url: str, name: str, detail: str = "") -> Origin | None:
        """The origin to hang a proxy's complaint ``detail`` about a resource on.

        That is the part of the resource whose name the complaint mentions (the
        longest, if several), else the resource itself; None for an unknown one.
        """
        parts = [
            key
            for key in self._table()
            # A single character (the virtual host "*") may stand in any complaint.
            if key[:2] == (type_url, name)
            and len(key) == 3
            and len(key[2]) > 1
            and key[2] in detail
        ]
        if parts:
            return self._table()[max(parts, key=lambda key: (len(key[2]), key))]
        return self._table().get((type_url, name))

    def _table(self) -> dict[OwnerKey, Origin]:
        if self._index is None:
            self._index = dict(self._entries())
        return self._index

    def _entries(self) -> Iterator[tuple[OwnerKey, Origin]]:
        model = self._model
        for load_balancer in model.load_balancers.values():
            for rule in load_balancer.forwarding_rules:
                yield (LISTENER, rule.name), rule.origin or load_balancer.origin
        for service in model.backend_services.values():
            yield (CLUSTER, service.name), service.origin
            yield (ENDPOINTS, service.name), service.origin
        for certificate in {**model.certificates, **self._certificates}.values():
            yield (SECRET, certificate.name), certificate.origin
        servings = servings_of(model.backend_services)
        for url_map in model.url_maps.values():
            yield from _routes(with_servings(url_map, servings))


def _routes(url_map: UrlMap) -> Iterator[tuple[OwnerKey, Origin]]:
    name = url_map.name
    if not is_sharded(url_map.host_rules, url_map.default_action):
        yield from _routes_of(name, url_map.default_origin, url_map.host_rules)
        return
    shared = [rule for rule in url_map.host_rules if rule.host.kind is not HostKind.EXACT]
    groups: list[list[HostRule]] = [list(shared) for _ in range(SHARDS)]
    for rule in url_map.host_rules:
        if rule.host.kind is HostKind.EXACT:
            groups[shard_of(domain(rule.host))].append(rule)
    yield (ROUTES, start_name(name)), url_map.default_origin
    yield (SCOPES, start_name(name)), url_map.default_origin
    for shard, rules in enumerate(groups):
        yield (SCOPES, shard_name(name, shard)), url_map.default_origin
        yield from _routes_of(shard_name(name, shard), url_map.default_origin, rules)


def _routes_of(
    name: str, default: Origin, rules: Iterable[HostRule]
) -> Iterator[tuple[OwnerKey, Origin]]:
    """The parts of one route configuration."""
    yield (ROUTES, name), default
    yield (ROUTES, name, DEFAULT_ROUTE), default
    for rule in rules:
        if rule.routes:
            for part in {domain(rule.host), key(rule.host)}:
                yield (ROUTES, name, part), rule.routes[0].origin
        for route in rule.routes:
            yield (ROUTES, name, route.name), route.origin
