"""From objects to a revision: plan stand-ins, translate, test, place, certify, compile.

Every stage is pure but two small ones: placing (which address is free on this
machine) and certifying (the local authority).  Both remember what they decided,
so equal input gives an equal revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.dialects import TranslateOptions, Translator
from penstock.envoy.compile import CompileOptions
from penstock.envoy.xds import Nack
from penstock.model import (
    Certificate,
    CertificateName,
    Finding,
    HealthView,
    LoadView,
    Model,
)
from penstock.objects.meta import Object
from penstock.runtime.addresses import AddressAssigner
from penstock.runtime.authority import Authority
from penstock.runtime.fleet_compilers import FleetCompilers
from penstock.runtime.leavers import Leavers
from penstock.runtime.nodes import HOME
from penstock.runtime.placer import Placer
from penstock.runtime.population import Population
from penstock.runtime.proxy_sources import ProxySources
from penstock.runtime.rejections import rejected
from penstock.runtime.revision import Revision, sort_findings
from penstock.runtime.settings import PROXY_SOURCE, Settings
from penstock.runtime.stages import Stopwatch
from penstock.runtime.url_map_tests import UrlMapTests
from penstock.standin.plan import Plan, Planner, StandInMode
from penstock.standin.spec import PodState


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a revision is built from."""

    objects: Sequence[Object[Any]]
    findings: Sequence[Finding]
    """Of the source."""
    pod_states: Mapping[tuple[str, str], PodState]
    """(namespace, pod) → what the stand-in reports."""
    nacks: Sequence[Nack] = ()
    """What proxies refuse now."""
    health: HealthView = field(default_factory=dict)
    """What probing has found out."""
    loads: LoadView = field(default_factory=dict)
    """What proxies report."""


class Pipeline:
    """Long-lived: its parts remember results by the identity of their inputs."""

    def __init__(
        self,
        settings: Settings,
        planner: Planner,
        assigner: AddressAssigner,
        authority: Authority,
        port_offset: int,
        compile_options: CompileOptions,
    ) -> None:
        self._population = Population(planner, settings.endpoints)
        self._placer = Placer(assigner, port_offset)
        self._sources = ProxySources()
        self._authority = authority
        self.leavers = Leavers()
        self._fleets = FleetCompilers(compile_options, settings.proxies)
        self._translator = Translator(translate_options(settings))
        self._url_map_tests = UrlMapTests(strict=settings.strict)

    def plan_stand_ins(self, objects: Sequence[Object[Any]]) -> Plan:
        """Which pods have to stand in for these objects."""
        return self._population.plan(objects)

    def build(self, inputs: Inputs) -> Revision:
        """The revision for `inputs`; `plan_stand_ins` was called for the same objects."""
        watch = Stopwatch()
        with watch.stage("world"):
            world, found = self._population.world(inputs.objects, inputs.pod_states)
        with watch.stage("translate"):
            model = self._translator.translate(world, dt.datetime.now(dt.UTC))
        with watch.stage("test"):
            model, outcomes, failed = self._url_map_tests.run(model)
        with watch.stage("place"):
            bindings, placing = self._placer.place(model)
            placed, sourcing = self._sources.usable(model)
        with watch.stage("certify"):
            certificates = self._certificates(model)
        views = (inputs.health, inputs.loads, self.leavers.follow(placed))
        compiled = self._fleets.compile(placed, bindings, certificates, views, watch)
        refused = rejected(inputs.nacks, compiled.owners)
        findings = sort_findings(
            *(inputs.findings, found, model.findings, failed, placing, sourcing),
            *(compiled.findings, refused),
        )
        return Revision(
            world,
            model,
            bindings,
            compiled.configurations[HOME].snapshot,
            findings,
            compiled.owners,
            watch.seconds,
            outcomes,
            compiled.configurations,
            compiled.shares,
            inputs.health,
        )

    def differs(self, loads: LoadView) -> bool:
        """Whether other loads would share out requests notably otherwise than now."""
        return self._fleets.differs(loads)

    def _certificates(self, model: Model) -> Mapping[CertificateName, Certificate]:
        return {**model.certificates, **self._authority.fulfil(model.certificate_requests)}


def translate_options(settings: Settings) -> TranslateOptions:
    """The dialects' options for local mode."""
    return TranslateOptions(
        local=True,
        stand_ins=settings.stand_ins is not StandInMode.OFF,
        strict=settings.strict,
        allow_external_names=settings.allow_external_names,
        now=dt.datetime.now(dt.UTC),
    )


def compile_options(access_log: str | None) -> CompileOptions:
    """The compiler's options for local mode."""
    return CompileOptions(access_log=access_log, proxy_source=PROXY_SOURCE)
