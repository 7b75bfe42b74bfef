"""Which fleet serves what, and that an endpoint's change does not cost the split."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from e2e.regions import CONFIG, EAST, EUROPE, cross_region, regional
from penstock.cli import offline
from penstock.envoy.resources import CLUSTER, LISTENER
from penstock.model import (
    DnsItem,
    DnsPolicyKind,
    DnsRecord,
    DnsTarget,
    ForwardingRuleName,
    Model,
    Origin,
    Setting,
)
from penstock.runtime.fleet_models import FleetModels, fleet_regions
from penstock.runtime.nodes import HOME
from penstock.runtime.revision import Revision
from penstock.runtime.settings import Settings

CENTRAL = regional("central", "us-central1", ["10.3.0.51"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def revision(folder: Path, *texts: str) -> Revision:
    source = folder / "world.yaml"
    source.write_text("".join((CONFIG, *texts)))
    return offline.revision(Settings(sources=(str(source),)))


def short(names: object) -> set[str]:
    return {str(name).rpartition("/")[2] for name in names}  # type: ignore[attr-defined]


def test_regional_load_balancers_alone_are_all_at_home(folder: Path) -> None:
    model = revision(folder, regional("own", EAST), CENTRAL).model
    assert fleet_regions(model) == frozenset()
    assert FleetModels().split(model)[HOME] is model


def test_a_cross_region_one_gives_its_regions_fleets(folder: Path) -> None:
    model = revision(folder, regional("own", EAST), CENTRAL, cross_region()).model
    parts = FleetModels().split(model)
    assert {region: short(part.load_balancers) for region, part in parts.items()} == {
        HOME: {"central"},
        EAST: {"own", "web"},
        EUROPE: {"web"},
    }
    assert short(parts[EUROPE].backend_services) == {"web"}
    # Both groups, though one is elsewhere: what is full or unhealthy here is made up for there.
    assert short(parts[EUROPE].negs) == {f"web-{EAST}", f"web-{EUROPE}"}
    (lb,) = parts[EUROPE].load_balancers.values()
    assert short(rule.name for rule in lb.forwarding_rules) == {f"web-{EUROPE}"}


def test_every_forwarding_rule_is_served_by_one_fleet(folder: Path) -> None:
    built = revision(folder, regional("own", EAST), CENTRAL, cross_region())
    listeners = [c.snapshot.resources[LISTENER] for c in built.configurations.values()]
    names = [name for table in listeners for name in table]
    assert sorted(names) == sorted(set(names)) == sorted(built.bindings)
    assert short(built.snapshot.resources[CLUSTER]) == {"central"}
    assert built.id != built.snapshot.revision


def test_a_dns_record_gives_its_regions_fleets_too(folder: Path) -> None:
    model = revision(folder, regional("own", EAST), CENTRAL).model
    (rule,) = [
        r.name
        for lb in model.load_balancers.values()
        for r in lb.forwarding_rules
        if r.region == EAST
    ]
    assert fleet_regions(replace(model, dns_records=(record(rule),))) == {EAST}


def record(rule: ForwardingRuleName) -> DnsRecord:
    item = DnsItem((DnsTarget("10.1.0.2", rule),), region=EAST)
    origin = Origin("test")
    ttl = Setting(30, origin)
    return DnsRecord("own.example.", "A", ttl, DnsPolicyKind.GEO, (item,), origin)


def test_an_endpoint_that_comes_costs_no_split(folder: Path) -> None:
    model = revision(folder, CENTRAL, cross_region()).model
    models = FleetModels()
    before = models.split(model)
    after = models.split(without_one_endpoint(model))
    for region in (HOME, EAST, EUROPE):
        assert after[region].load_balancers is before[region].load_balancers
        assert after[region].url_maps is before[region].url_maps
        assert after[region].backend_services is before[region].backend_services
    changed = [n for n in after[EAST].negs if after[EAST].negs[n] is not before[EAST].negs[n]]
    assert short(changed) == {f"web-{EUROPE}"}
    assert after[HOME].negs == before[HOME].negs


def without_one_endpoint(model: Model) -> Model:
    (name,) = [name for name in model.negs if name.endswith(f"web-{EUROPE}")]
    neg = model.negs[name]
    return replace(model, negs={**model.negs, name: replace(neg, endpoints=neg.endpoints[1:])})


def test_the_order_of_input_does_not_matter(folder: Path) -> None:
    texts = [regional("own", EAST), CENTRAL, cross_region()]
    one, other = revision(folder, *texts), revision(folder, *reversed(texts))
    assert {r: c.snapshot.resources for r, c in one.configurations.items()}.keys() == {
        HOME,
        EAST,
        EUROPE,
    }
    assert short(one.bindings) == short(other.bindings)
