"""Which address each forwarding rule gets, and what people are told if it is not theirs."""

import ipaddress
import socket
from types import MappingProxyType

import pytest

from penstock.model import (
    ForwardingRule,
    ForwardingRuleName,
    LoadBalancer,
    LoadBalancerName,
    Model,
    Origin,
    Setting,
    TargetProxyName,
    VipName,
)
from penstock.runtime.addresses import AddressAssigner, Claims
from penstock.runtime.placer import Placer

POOL = ipaddress.ip_network("127.28.0.0/28")
OFFSET = 18000
FOREIGN = "198.51.100.7"


def rule(name, port=80, vip=None, address=None):
    origin = Origin(f"ForwardingRule {name}", ("IPAddress",))
    return ForwardingRule(
        ForwardingRuleName(name),
        port,
        TargetProxyName("proxy"),
        vip=VipName(vip) if vip else None,
        address=Setting(address, origin) if address else None,
        origin=Origin(f"ForwardingRule {name}"),
    )


def balancer(name, *rules):
    return LoadBalancer(
        LoadBalancerName(name), "compute", (), tuple(rules), (), Origin(f"UrlMap {name}")
    )


def a_model(*balancers):
    empty = MappingProxyType({})
    table = {lb.name: lb for lb in balancers}
    return Model(table, empty, empty, empty, empty, empty, ())


@pytest.fixture
def claims():
    held = Claims()
    yield held
    held.close()


@pytest.fixture
def place(claims):
    """Places one model after the other, as one instance does."""
    placer = Placer(AddressAssigner(POOL, claims, {}), OFFSET)

    def run(*balancers):
        bindings, findings = placer.place(a_model(*balancers))
        return {str(name): tuple(bound) for name, bound in bindings.items()}, findings

    return run


def codes(findings):
    return [finding.code for finding in findings]


def test_rules_without_a_vip_are_on_their_load_balancers_address(place):
    bindings, findings = place(balancer("a", rule("a1"), rule("a2", 443)), balancer("b", rule("b")))
    assert bindings == {
        "a1": ("127.28.0.1", 18080),
        "a2": ("127.28.0.1", 18443),
        "b": ("127.28.0.2", 18080),
    }
    assert findings == []


def test_a_load_balancer_has_one_address_for_each_vip(place):
    bindings, _ = place(balancer("a", rule("x", vip="one"), rule("y", vip="two"), rule("z")))
    assert len({address for address, _ in bindings.values()}) == 3


def test_load_balancers_share_a_vip(place):
    bindings, findings = place(
        balancer("a", rule("x", 80, vip="one")), balancer("b", rule("y", 443, vip="one"))
    )
    assert bindings == {"x": ("127.28.0.1", 18080), "y": ("127.28.0.1", 18443)}
    assert findings == []


def test_a_vip_named_as_a_load_balancer_is_not_its_address(place):
    bindings, _ = place(balancer("a", rule("x")), balancer("b", rule("y", vip="a")))
    assert bindings["x"][0] != bindings["y"][0]


def test_one_port_of_a_vip_is_for_one_rule(place):
    bindings, findings = place(
        balancer("a", rule("x", vip="one")), balancer("b", rule("y", vip="one"))
    )
    assert set(bindings) == {"x"}
    assert codes(findings) == ["runtime/port-unavailable"]
    assert findings[0].origin.object == "ForwardingRule y"
    assert "x of a does" in findings[0].message


def test_an_address_of_this_machine_is_used(place):
    bindings, findings = place(balancer("a", rule("x", vip="one", address="127.29.0.7")))
    assert bindings == {"x": ("127.29.0.7", 18080)}
    assert findings == []


def test_another_machines_address_is_stood_in_for(place):
    bindings, findings = place(balancer("a", rule("x", vip="one", address=FOREIGN)))
    assert bindings == {"x": ("127.28.0.1", 18080)}
    assert codes(findings) == ["runtime/address-substituted"]
    assert findings[0].origin.field == "IPAddress"
    assert f"127.28.0.1 in place of {FOREIGN}" in findings[0].message
    assert "not one of this machine's" in findings[0].message


@pytest.mark.parametrize("odd", ["0.0.0.0", "::", "224.0.0.1", "10.0.0.300", "web"])
def test_what_is_no_address_of_one_machine_is_never_bound(place, odd):
    bindings, findings = place(balancer("a", rule("x", vip="one", address=odd)))
    assert bindings == {"x": ("127.28.0.1", 18080)}
    assert codes(findings) == ["runtime/address-substituted"]


def test_two_vips_never_get_one_address(place):
    bindings, findings = place(
        balancer("a", rule("x", 80, vip="one", address="127.29.0.8")),
        balancer("b", rule("y", 443, vip="two", address="127.29.0.8")),
    )
    assert bindings == {"x": ("127.29.0.8", 18080), "y": ("127.28.0.1", 18443)}
    assert "another load balancer has it" in findings[0].message


def test_who_asks_for_an_address_of_the_pool_gets_it_before_others(place):
    bindings, _ = place(
        balancer("a", rule("x")), balancer("b", rule("y", vip="one", address="127.28.0.1"))
    )
    assert bindings == {"x": ("127.28.0.2", 18080), "y": ("127.28.0.1", 18080)}


def test_a_live_load_balancer_keeps_its_address_when_another_asks_for_it(place):
    place(balancer("a", rule("x")))
    bindings, findings = place(
        balancer("a", rule("x")), balancer("b", rule("y", vip="one", address="127.28.0.1"))
    )
    assert bindings == {"x": ("127.28.0.1", 18080), "y": ("127.28.0.2", 18080)}
    assert codes(findings) == ["runtime/address-substituted"]


def test_an_address_outside_the_pool_is_claimed_too(place):
    place(balancer("a", rule("x", vip="one", address="127.29.0.9")))
    other = Claims()
    try:
        placer = Placer(AddressAssigner(POOL, other, {}), OFFSET)
        wish = rule("y", 443, vip="two", address="127.29.0.9")
        bindings, findings = placer.place(a_model(balancer("b", wish)))
        assert bindings[wish.name].address == "127.28.0.1"
        assert "another instance has it" in findings[0].message
    finally:
        other.close()


def test_a_busy_port_is_told(place):
    with socket.create_server(("127.29.0.10", 18080)):
        bindings, findings = place(balancer("a", rule("x", vip="one", address="127.29.0.10")))
    assert bindings == {"x": ("127.28.0.1", 18080)}
    assert "port 18080: another program listens there" in findings[0].message


def test_the_stand_in_is_the_same_in_the_next_run(claims):
    first = AddressAssigner(POOL, claims, {})
    lb = balancer("b", rule("y", vip="two", address=FOREIGN))
    Placer(first, OFFSET).place(a_model(balancer("a", rule("x")), lb))
    claims.close()
    again = Claims()
    try:
        second = AddressAssigner(POOL, again, first.memory)
        bindings, _ = Placer(second, OFFSET).place(a_model(lb))
        assert bindings[ForwardingRuleName("y")].address == first.memory["vip two"]
    finally:
        again.close()


def test_memory_of_older_versions_still_counts(claims):
    assigner = AddressAssigner(POOL, claims, {"default/web": "127.28.0.5"})
    bindings, _ = Placer(assigner, OFFSET).place(a_model(balancer("default/web", rule("x"))))
    assert bindings[ForwardingRuleName("x")].address == "127.28.0.5"


def test_another_wish_is_another_address(place):
    place(balancer("a", rule("x", vip="one", address="127.29.0.11")))
    bindings, _ = place(balancer("a", rule("x", vip="one", address="127.29.0.12")))
    assert bindings == {"x": ("127.29.0.12", 18080)}
    bindings, _ = place(balancer("a", rule("x", vip="one", address="127.29.0.11")))
    assert bindings == {"x": ("127.29.0.11", 18080)}


def test_a_full_pool_is_told(claims):
    pool = ipaddress.ip_network("127.28.0.64/30")
    placer = Placer(AddressAssigner(pool, claims, {}), OFFSET)
    bindings, findings = placer.place(a_model(*(balancer(n, rule(n)) for n in "abc")))
    assert set(bindings) == {"a", "b"}
    assert codes(findings) == ["runtime/no-address"]
    assert "all of the pool are taken" in findings[0].message
