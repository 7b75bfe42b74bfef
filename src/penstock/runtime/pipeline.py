"""From objects to a revision: plan stand-ins, translate, test, place, certify, compile.

Every stage is pure but two small ones: placing (which address is free on this
machine) and certifying (the local authority).  Both remember what they decided,
so equal input gives an equal revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.dialects import TranslateOptions, Translator
from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.xds import Nack
from penstock.model import (
    Certificate,
    CertificateName,
    Finding,
    ForwardingRuleName,
    LoadBalancer,
    Model,
    Severity,
    code,
)
from penstock.objects.meta import Object
from penstock.runtime.addresses import AddressAssigner, Unavailable
from penstock.runtime.authority import Authority
from penstock.runtime.population import Population
from penstock.runtime.rejections import rejected
from penstock.runtime.revision import Revision, sort_findings
from penstock.runtime.settings import PROXY_SOURCE, Settings
from penstock.runtime.stages import Stopwatch
from penstock.runtime.url_map_tests import UrlMapTests
from penstock.standin.plan import Plan, Planner
from penstock.standin.spec import PodState

NO_ADDRESS = code(
    "runtime/no-address", Severity.ERROR, "No address of the pool can carry a load balancer"
)
PORT_TAKEN = code(
    "runtime/port-unavailable", Severity.ERROR, "A port of a load balancer cannot be listened on"
)


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
        self._authority = authority
        self._compiler = Compiler(compile_options)
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
        with watch.stage("certify"):
            certificates = self._certificates(model)
        with watch.stage("compile"):
            compiled = self._compiler.compile(model, bindings, certificates)
        refused = rejected(inputs.nacks, compiled.owners)
        findings = sort_findings(
            inputs.findings, found, model.findings, failed, placing, compiled.findings, refused
        )
        return Revision(
            world,
            model,
            bindings,
            compiled.snapshot,
            findings,
            compiled.owners,
            watch.seconds,
            outcomes,
        )

    def _certificates(self, model: Model) -> Mapping[CertificateName, Certificate]:
        return {**model.certificates, **self._authority.fulfil(model.certificate_requests)}


def translate_options(settings: Settings) -> TranslateOptions:
    """The dialects' options for local mode."""
    return TranslateOptions(
        local=True,
        strict=settings.strict,
        allow_external_names=settings.allow_external_names,
        now=dt.datetime.now(dt.UTC),
    )


def compile_options(access_log: str | None) -> CompileOptions:
    """The compiler's options for local mode."""
    return CompileOptions(access_log=access_log, proxy_source=PROXY_SOURCE)


class Placer:
    """Gives every forwarding rule an address and a port of this machine."""

    def __init__(self, assigner: AddressAssigner, port_offset: int) -> None:
        self._assigner = assigner
        self._offset = port_offset

    def place(self, model: Model) -> tuple[dict[ForwardingRuleName, SocketAddress], list[Finding]]:
        """Bindings for all rules that can listen, findings for those that cannot."""
        bindings: dict[ForwardingRuleName, SocketAddress] = {}
        findings: list[Finding] = []
        ports = {name: self._ports(lb) for name, lb in model.load_balancers.items()}
        self._assigner.retain({str(name): p for name, p in ports.items()})
        for name, lb in model.load_balancers.items():
            address, problems = self._assigner.assign(name, ports[name])
            findings += [_unavailable(lb, address, problem) for problem in problems]
            if address is None:
                continue
            taken = {problem.port for problem in problems}
            for rule in lb.forwarding_rules:
                port = self._port(rule.port)
                if port not in taken:
                    bindings[rule.name] = SocketAddress(address, port)
        return bindings, findings

    def _ports(self, lb: LoadBalancer) -> list[int]:
        return [self._port(rule.port) for rule in lb.forwarding_rules]

    def _port(self, port: int) -> int:
        return port + self._offset


def _unavailable(lb: LoadBalancer, address: str | None, problem: Unavailable) -> Finding:
    hint = "Move all listeners with --port-offset, or choose other addresses with --address-pool."
    if problem.is_foreign:
        hint = "Choose a range of this machine's addresses with --address-pool, or leave it out."
    if address is None:
        return NO_ADDRESS.at(
            lb.origin,
            f"Load balancer {lb.name} found no free address: port {problem.port} on "
            f"{problem.address}: {problem.reason}.",
            hint,
        )
    return PORT_TAKEN.at(
        lb.origin,
        f"Load balancer {lb.name} cannot listen on {problem.address}:{problem.port}: "
        f"{problem.reason}.",
        hint,
    )
