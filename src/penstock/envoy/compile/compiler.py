"""Model → snapshot: the one place where all resources of a revision come together.

Compilation is pure: equal inputs give equal bytes, whatever was compiled before.
What is kept between calls only saves work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from penstock.envoy.compile.backends import NO_ASSIGNMENTS, Assignments, BackendCompiler
from penstock.envoy.compile.certificates import certificates_of
from penstock.envoy.compile.listeners import compile_listener
from penstock.envoy.compile.log_selection import MapSelections
from penstock.envoy.compile.options import CompileOptions, SocketAddress
from penstock.envoy.compile.owners import Owners
from penstock.envoy.compile.piece import Memo, Piece, refused
from penstock.envoy.compile.secrets import compile_secret
from penstock.envoy.compile.snapshots import SnapshotMaker
from penstock.envoy.compile.url_maps import UrlMapCompiler
from penstock.envoy.resources import EnvoyResource, Snapshot
from penstock.model import (
    Certificate,
    CertificateName,
    Finding,
    ForwardingRule,
    ForwardingRuleName,
    LoadBalancer,
    Model,
    TargetProxy,
    UrlMapName,
    moved_https,
)

Bindings = Mapping[ForwardingRuleName, SocketAddress]
"""Where forwarding rules listen; one that is not in it has no listener (yet)."""
Certificates = Mapping[CertificateName, Certificate]
"""Certificates beside the model's own: made for its requests, or replacing them."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A revision, ready to be served."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    """What Envoy would have refused and was left out; sorted, without repeats."""
    owners: Owners
    """Where each resource, and each part of one, comes from."""


class Compiler:
    """Compiles one model after another, each at the cost of what changed.

    Not to be shared between threads.
    """

    def __init__(self, options: CompileOptions) -> None:
        self._options = options
        self._backends = BackendCompiler(options.proxy_source)
        self._url_maps: dict[UrlMapName, UrlMapCompiler] = {}
        self._selections = MapSelections()
        self._secrets = Memo()
        self._listeners = Memo()
        self._snapshots = SnapshotMaker()

    def compile(
        self,
        model: Model,
        bindings: Bindings,
        certificates: Certificates,
        assignments: Assignments = NO_ASSIGNMENTS,
    ) -> Compiled:
        """The snapshot of a model; never raises for what a user wrote.

        A backend service that is not in `assignments` serves all its ready endpoints alike.
        """
        certificates = {**model.certificates, **certificates}
        resources: list[EnvoyResource] = []
        findings: set[Finding] = set()
        for piece in self._pieces(model, bindings, certificates, assignments):
            if piece.resource is not None:
                resources.append(piece.resource)
            if piece.findings:
                findings.update(piece.findings)
        return Compiled(
            self._snapshots.make(resources),
            tuple(sorted(findings, key=lambda finding: finding.sort_key)),
            Owners(model, certificates),
        )

    def _pieces(
        self,
        model: Model,
        bindings: Bindings,
        certificates: Certificates,
        assignments: Assignments,
    ) -> Iterator[Piece]:
        yield from self._backends.compile(model, assignments)
        yield from self._routes(model, bindings)
        yield from self._secret_pieces(model, certificates)
        yield from self._listener_pieces(model, bindings, certificates)

    def _routes(self, model: Model, bindings: Bindings) -> Iterator[Piece]:
        moved = moved_https(
            (rule, proxy, where.port if (where := bindings.get(rule.name)) else None)
            for _, rule, proxy in _front_ends(model)
        )
        kept = {name: self._url_maps.get(name) or UrlMapCompiler() for name in model.url_maps}
        self._url_maps = kept
        for name, compiler in kept.items():
            yield from compiler.compile(
                model.url_maps[name], moved.get(name), self._backends.servings
            )

    def _secret_pieces(self, model: Model, certificates: Certificates) -> Iterator[Piece]:
        used = {
            name
            for load_balancer in model.load_balancers.values()
            for proxy in load_balancer.target_proxies
            for name in certificates_of(proxy)
            if name in certificates
        }
        for name in sorted(used):
            certificate = certificates[name]
            yield self._secrets.get(name, (certificate,), partial(compile_secret, certificate))
        self._secrets.retain(used)

    def _listener_pieces(
        self, model: Model, bindings: Bindings, certificates: Certificates
    ) -> Iterator[Piece]:
        taken: dict[SocketAddress, ForwardingRuleName] = {}
        selections = self._selections.read(model.url_maps, self._backends.asked)
        for load_balancer, rule, proxy in _front_ends(model):
            address = bindings.get(rule.name)
            if address is None:
                continue
            holder = taken.setdefault(address, rule.name)
            if holder != rule.name:
                yield Piece(None, (_occupied(load_balancer, rule, address, holder),))
                continue
            missing = frozenset(certificates_of(proxy)) - certificates.keys()
            sharded = self._url_maps[proxy.url_map].is_sharded
            origin = rule.origin or load_balancer.origin
            logged = selections[proxy.url_map]
            inputs = (rule, proxy, address, missing, origin, sharded, logged)
            build = partial(compile_listener, *inputs, options=self._options)
            yield self._listeners.get(rule.name, inputs, build)
        self._listeners.retain(taken.values())


def _front_ends(model: Model) -> Iterator[tuple[LoadBalancer, ForwardingRule, TargetProxy]]:
    """Every forwarding rule with its target proxy, by name."""
    for name in sorted(model.load_balancers):
        load_balancer = model.load_balancers[name]
        proxies = {proxy.name: proxy for proxy in load_balancer.target_proxies}
        for rule in load_balancer.forwarding_rules:
            yield load_balancer, rule, proxies[rule.target_proxy]


def _occupied(
    load_balancer: LoadBalancer,
    rule: ForwardingRule,
    address: SocketAddress,
    holder: ForwardingRuleName,
) -> Finding:
    reason = f"{address.address} port {address.port} belongs to {holder}"
    origin = rule.origin or load_balancer.origin
    return refused(origin, (reason,), f"{rule.name} has no listener")
