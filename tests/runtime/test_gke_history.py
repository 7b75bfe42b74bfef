"""After any run of edits everything is as after a fresh start on the same files.

What is compared is all that anybody sees: model, findings with their lines, compiled messages,
statuses of objects, tables.  Addresses and generated certificates are kept between runs, so
the fresh start gets those of before, as a restart does.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from gke_worlds import Files

from penstock.envoy.resources import Snapshot
from penstock.model import EndpointHealth, HealthView, Model
from penstock.objects.meta import Object
from penstock.runtime.addresses import AddressAssigner, Claims, Unavailable
from penstock.runtime.authority import Authority
from penstock.runtime.leavers import Leavers
from penstock.runtime.pipeline import Inputs, Pipeline, compile_options
from penstock.runtime.revision import Revision
from penstock.runtime.settings import ADDRESS_POOL, POD_NETWORK, Settings
from penstock.runtime.state import StateDir
from penstock.sources.collect import Collector
from penstock.sources.file import File
from penstock.standin.plan import Plan, Planner, StandInMode
from penstock.standin.spec import PodState
from penstock.status import report
from penstock.status.dump import dump_model
from penstock.status.firewall import firewall
from penstock.status.object_statuses import object_statuses

SEEDS = [*range(11), 20]
"""20 found an old line of a Service in what was said of an Ingress."""
STEPS = 10
MOST_DOCUMENTS = 40
DAYS = 86400.0
NOW = 2e9
MODES = [*[StandInMode.SERVICES] * 2, StandInMode.OFF, StandInMode.WORKLOADS]

Facts = dict[str, Any]


class Unclaimed(Claims):
    def take(self, name: str) -> bool:
        return True


class Unprobed(AddressAssigner):
    def _check(self, address: str, ports: Iterable[int]) -> list[Unavailable]:
        return []


class Run:
    """A pipeline with the files that it reads, and the addresses that it goes on with."""

    def __init__(
        self,
        settings: Settings,
        authority: Authority,
        pods: Mapping[tuple[str, int], str] | None = None,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self._authority = authority
        hosts = POD_NETWORK.hosts()
        self._planner = Planner(settings.stand_ins, lambda: str(next(hosts)), remembered=pods)
        self._assigner = Unprobed(ADDRESS_POOL, Unclaimed(), addresses or {})
        self._clock = 0.0
        self._files: dict[str, File] = {}
        self._collector = Collector()
        self._pipeline = Pipeline(
            settings, self._planner, self._assigner, authority, 0, compile_options("stdout")
        )
        self._pipeline.leavers = Leavers(lambda: self._clock)

    def fresh(self) -> Run:
        """A new start with the addresses of this one."""
        pods, addresses = dict(self._planner.addresses), dict(self._assigner.memory)
        return Run(self.settings, self._authority, pods, addresses)

    @property
    def keeps(self) -> bool:
        """Whether a last good version stays live, which only history knows."""
        return any(file.view.kept for file in self._files.values())

    def step(self, texts: Mapping[str, str], salt: int) -> Facts:
        """Read the files; what is probed and who is ready follows from `salt`."""
        objects, findings = self._read(texts)
        states = pod_states(self._pipeline.plan_stand_ins(objects), salt)
        inputs = Inputs(objects, findings, states)
        health = health_view(self._pipeline.build(inputs).model, salt)
        self._clock += DAYS  # Whoever left has been drained.
        return facts(self._pipeline.build(Inputs(objects, findings, states, health=health)))

    def _read(self, texts: Mapping[str, str]) -> tuple[tuple[Object[Any], ...], tuple[Any, ...]]:
        self._files = {name: self._files.get(name) or File(name, name) for name in texts}
        for name, text in texts.items():
            self._files[name].take(text.encode())
        views = [file.view for _, file in sorted(self._files.items())]
        objects, doubles = self._collector.collect(views)
        return tuple(objects), (*(f for view in views for f in view.findings), *doubles)


def dice(*values: object) -> int:
    digest = hashlib.blake2b(repr(values).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def pod_states(plan: Plan, salt: int) -> dict[tuple[str, str], PodState]:
    return {pod.key: PodState(ready=dice(salt, pod.key) % 3 > 0) for pod in plan.pods}


def health_view(model: Model, salt: int) -> HealthView:
    """Of three quarters of all endpoints."""
    return {
        (service.health_check, e.address, e.port): EndpointHealth(chance > 1, "probed", 1.0)
        for service in model.backend_services.values()
        if service.health_check is not None
        for name in service.negs
        for e in model.negs[name].endpoints
        if (chance := dice(salt, e.address) % 4)
    }


def facts(revision: Revision) -> Facts:
    lbs = report.load_balancers(revision)
    for endpoint in (e for lb in lbs for backend in lb["backends"] for e in backend["endpoints"]):
        endpoint["probe"] = {} if endpoint.get("health") in ("healthy", "unhealthy") else None
    return {
        "findings": report.findings(revision.findings),
        "model": dump_model(revision.model),
        "bindings": dict(revision.bindings),
        "load balancers": lbs,
        "objects": object_statuses(revision, lbs, NOW),
        "firewall": firewall(revision),
        "shares": revision.shares,
        "world": [(obj.ref, obj.resource) for obj in revision.world],
        "messages": {
            region: bodies(configuration.snapshot)
            for region, configuration in revision.configurations.items()
        },
        "id": revision.id,
    }


def bodies(snapshot: Snapshot) -> dict[str, dict[str, bytes]]:
    return {
        url: {name: resource.body for name, resource in table.items()}
        for url, table in snapshot.resources.items()
    }


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two facts differ, for people."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}, key=str):
            yield from differences(old.get(key), new.get(key), f"{path}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif old != new:
        yield f"{path}: {old!r} is {new!r} after a fresh start"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(StateDir(tmp_path_factory.mktemp("authority")))


def spoilt(r: random.Random, texts: dict[str, str]) -> dict[str, str]:
    """One of the files as it is in the middle of a save."""
    name = r.choice(sorted(texts))
    return {**texts, name: texts[name][: r.randrange(len(texts[name]) + 1)]}


@pytest.mark.parametrize("seed", SEEDS)
def test_history_leaves_no_trace(authority: Authority, seed: int) -> None:
    r = random.Random(seed)
    settings = Settings(sources=(), stand_ins=r.choice(MODES), proxies=r.choice([1, 1, 2]))
    files = Files(r, r.randrange(10, MOST_DOCUMENTS))
    run = Run(settings, authority)
    for number in range(STEPS):
        edits = [files.edit() for _ in range(r.choice([1, 1, 1, 2, 4]) if number else 0)]
        texts = files.texts()
        if r.random() < 0.15:
            run.step(spoilt(r, texts), number)
        kept = run.step(texts, number // 3)
        if run.keeps:
            continue
        fresh = run.fresh().step(texts, number // 3)
        assert kept == fresh, [*edits, *differences(kept, fresh)]


def test_most_histories_are_about_something(authority: Authority) -> None:
    """The worlds that are compared have load balancers, endpoints and mistakes in them."""
    seen: dict[str, int] = {}
    for seed in SEEDS:
        r = random.Random(seed)
        files = Files(r, MOST_DOCUMENTS)
        made = Run(Settings(sources=()), authority).step(files.texts(), 0)
        for lb in made["load balancers"]:
            seen[lb["dialect"]] = seen.get(lb["dialect"], 0) + 1
        codes = {finding["code"] for finding in made["findings"]}
        seen["findings"] = seen.get("findings", 0) + len(codes)
    assert seen["gke"] > len(SEEDS)
    assert seen["compute"] >= 1
    assert seen["findings"] > 10 * len(SEEDS)


def test_a_world_is_a_function_of_its_seed() -> None:
    one, other = (Files(random.Random(3), 20) for _ in range(2))
    for _ in range(20):
        assert one.edit() == other.edit()
    assert one.texts() == other.texts()


def test_differences_are_told() -> None:
    old, new = {"a": [1, {"b": 2}], "c": 1}, {"a": [1, {"b": 3}], "c": 1}
    assert list(differences(old, new)) == ["/a/1/b: 2 is 3 after a fresh start"]
