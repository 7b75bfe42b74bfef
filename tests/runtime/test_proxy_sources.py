"""Sources that only another machine has are taken out before anything is compiled."""

from types import MappingProxyType

from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    Model,
    Origin,
    Setting,
)
from penstock.runtime.proxy_sources import ProxySources

HERE = Origin("Subnetwork proxies", ("ipCidrRange",))


def service(name, source):
    default = Origin.default("tests")
    return BackendService(
        BackendServiceName(name),
        Setting(BackendProtocol.HTTP, default),
        (),
        Setting(5.0, default),
        Setting(None, default),
        Origin(f"BackendService {name}"),
        source=Setting(source, HERE) if source else None,
    )


def a_model(*services):
    empty = MappingProxyType({})
    return Model(empty, empty, {s.name: s for s in services}, empty, empty, empty, ())


def test_nothing_changes_without_need():
    model = a_model(service("a", None), service("b", "127.31.0.2"))
    assert ProxySources().usable(model) == (model, [])
    assert ProxySources().usable(model)[0] is model


def test_another_machines_source_is_taken_out_and_told_once():
    model = a_model(service("a", "198.51.100.3"), service("b", "198.51.100.3"), service("c", None))
    placed, findings = ProxySources().usable(model)
    assert [s.source for s in placed.backend_services.values()] == [None, None, None]
    assert list(placed.backend_services) == list(model.backend_services)
    assert [(f.code, f.origin) for f in findings] == [("runtime/source-substituted", HERE)]
    assert "not one of this machine's" in findings[0].message


def test_what_did_not_change_stays_the_same_value():
    sources, kept = ProxySources(), service("a", "198.51.100.3")
    first, _ = sources.usable(a_model(kept))
    second, _ = sources.usable(a_model(kept, service("b", None)))
    name = kept.name
    assert second.backend_services[name] is first.backend_services[name]
