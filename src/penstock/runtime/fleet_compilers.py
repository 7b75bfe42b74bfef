"""Model → what each fleet runs: every region has a balancer and a compiler of its own.

They live as long as their fleet does, because they remember what they made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from penstock.balancing.balancer import Balancer, Draining, Shares
from penstock.envoy.compile import Compiled, CompileOptions, Compiler, Owners, SocketAddress
from penstock.model import (
    Certificate,
    CertificateName,
    Finding,
    ForwardingRuleName,
    HealthView,
    LoadView,
    Model,
)
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleet_models import FleetModels
from penstock.runtime.nodes import HOME, node_ids
from penstock.runtime.stages import Stopwatch
from penstock.runtime.subsets import Subsets

Views = tuple[HealthView, LoadView, Draining]
"""What is known of endpoints: health, load, and which of them left of late."""


@dataclass(frozen=True, slots=True)
class CompiledFleets:
    """A revision for all fleets."""

    configurations: Mapping[str, Configuration]
    """By region; home's is always there."""
    findings: tuple[Finding, ...]
    owners: Owners
    shares: Mapping[str, Shares]
    """By region."""


class _FleetCompiler:
    """One fleet's."""

    def __init__(self, region: str, options: CompileOptions, proxies: int) -> None:
        self.balancer = Balancer(region)
        self._compiler = Compiler(replace(options, region=region))
        self._subsets = Subsets(node_ids(region, proxies)) if proxies > 1 else None

    def compile(
        self,
        model: Model,
        bindings: Mapping[ForwardingRuleName, SocketAddress],
        certificates: Mapping[CertificateName, Certificate],
        views: Views,
        watch: Stopwatch,
    ) -> tuple[Compiled, Configuration]:
        with watch.stage("balance"):
            assignments = self.balancer.assign(model, *views)
        with watch.stage("compile"):
            compiled = self._compiler.compile(model, bindings, certificates, assignments)
            overlay = self._subsets.overlay(model, assignments) if self._subsets else None
        return compiled, Configuration(compiled.snapshot, overlay)


class FleetCompilers:
    """All fleets'; those of regions come and go."""

    def __init__(self, options: CompileOptions, proxies: int) -> None:
        self._options = options
        self._proxies = proxies
        self._models = FleetModels()
        self._compilers: dict[str, _FleetCompiler] = {}

    def compile(
        self,
        model: Model,
        bindings: Mapping[ForwardingRuleName, SocketAddress],
        certificates: Mapping[CertificateName, Certificate],
        views: Views,
        watch: Stopwatch,
    ) -> CompiledFleets:
        """What every fleet shall run."""
        models = self._models.split(model)
        self._compilers = {
            region: self._compilers.get(region) or self._new(region) for region in models
        }
        made = {
            region: self._compilers[region].compile(part, bindings, certificates, views, watch)
            for region, part in models.items()
        }
        whole = made[HOME][0]
        if len(made) == 1:
            findings, owners = whole.findings, whole.owners
        else:
            findings = tuple(f for compiled, _ in made.values() for f in compiled.findings)
            owners = Owners(model, {**model.certificates, **certificates})
        return CompiledFleets(
            {region: configuration for region, (_, configuration) in made.items()},
            findings,
            owners,
            {region: self._compilers[region].balancer.shares for region in made},
        )

    def differs(self, loads: LoadView) -> bool:
        """Whether other loads would share out requests notably otherwise than now."""
        return any(c.balancer.differs(loads) for c in self._compilers.values())

    def _new(self, region: str) -> _FleetCompiler:
        return _FleetCompiler(region, self._options, self._proxies)
