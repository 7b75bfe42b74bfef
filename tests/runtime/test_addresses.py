"""Addresses: stable, claimed, never shared between instances."""

import ipaddress
import socket

import pytest

from penstock.runtime.addresses import AddressAssigner, Claims, PodAddresses, pods, probe

POOL = ipaddress.ip_network("127.24.0.0/28")


@pytest.fixture
def claims():
    held = Claims()
    yield held
    held.close()


def test_each_owner_keeps_its_own(claims: Claims) -> None:
    assigner = AddressAssigner(POOL, claims, {})
    first, _ = assigner.assign("a", [18080])
    second, _ = assigner.assign("b", [18080])
    assert (first, second) == ("127.24.0.1", "127.24.0.2")
    assert assigner.assign("a", [18080])[0] == first


def test_the_last_runs_address_is_preferred(claims: Claims) -> None:
    assigner = AddressAssigner(POOL, claims, {"b": "127.24.0.1", "z": "10.0.0.1"})
    assert assigner.assign("a", [18080])[0] == "127.24.0.2"
    assert assigner.assign("b", [18080])[0] == "127.24.0.1"
    assert assigner.assign("z", [18080])[0] == "127.24.0.3"


def test_an_address_that_another_gives_up_goes_to_who_asked_for_it(claims: Claims) -> None:
    assigner = AddressAssigner(POOL, claims, {})
    wanted = "127.24.0.9"
    assert assigner.assign("a", [18080], wanted)[0] == wanted
    assert assigner.assign("b", [18080], wanted)[0] == "127.24.0.1"
    assert assigner.refused("b") == "another load balancer has it"
    assert assigner.assign("b", [18080], wanted)[0] == "127.24.0.1"
    assigner.retain({"b"})
    assert assigner.assign("b", [18080], wanted)[0] == wanted
    assert assigner.refused("b") == ""


def test_two_instances_never_share(claims: Claims) -> None:
    other = Claims()
    assert AddressAssigner(POOL, claims, {}).assign("a", [18080])[0] == "127.24.0.1"
    assert AddressAssigner(POOL, other, {}).assign("a", [18080])[0] == "127.24.0.2"
    other.close()


def test_a_released_address_is_free_again(claims: Claims) -> None:
    other = Claims()
    assigner = AddressAssigner(POOL, claims, {})
    assigner.assign("a", [18080])
    assigner.retain({})
    assert AddressAssigner(POOL, other, {}).assign("b", [18080])[0] == "127.24.0.1"
    assert assigner.memory == {"a": "127.24.0.1"}
    other.close()


def test_a_busy_port_moves_to_the_next_address(claims: Claims) -> None:
    with socket.create_server(("127.24.0.1", 18090)):
        assigner = AddressAssigner(POOL, claims, {})
        assert assigner.assign("a", [18090])[0] == "127.24.0.2"


def test_a_proxy_of_ours_keeps_its_port_however_late_it_listens(claims: Claims) -> None:
    """A proxy that outlived the last control plane may get its listeners after our start."""
    listening: set[tuple[str, int]] = set()
    known = {"a": "127.24.0.5"}
    assigner = AddressAssigner(POOL, claims, known, lambda: frozenset(listening))
    with socket.create_server(("127.24.0.5", 18092)):
        listening.add(("127.24.0.5", 18092))
        assert assigner.assign("a", [18092]) == ("127.24.0.5", [])


def test_an_address_that_was_busy_is_tried_again_for_the_next(claims: Claims) -> None:
    assigner = AddressAssigner(POOL, claims, {})
    with socket.create_server(("127.24.0.1", 18091)):
        assert assigner.assign("a", [18091])[0] == "127.24.0.2"
    assert assigner.assign("b", [18091])[0] == "127.24.0.1"
    assert assigner.assign("c", [18091])[0] == "127.24.0.3"


def test_reuse_port_does_not_hide_a_listener() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.24.0.9", 0))
        other.listen(1)
        found = probe("127.24.0.9", other.getsockname()[1])
    assert found is not None
    assert found.reason == "another program listens there"


def test_a_port_taken_everywhere_is_told(claims: Claims) -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        port = everywhere.getsockname()[1]
        address, problems = AddressAssigner(POOL, claims, {}).assign("a", [port])
    assert address is None
    assert problems[0].port == port


def test_a_later_port_that_is_taken_leaves_the_rest(claims: Claims) -> None:
    assigner = AddressAssigner(POOL, claims, {})
    assigner.assign("a", [18080])
    with socket.create_server(("127.24.0.1", 18443)):
        address, problems = assigner.assign("a", [18080, 18443])
        assert address == "127.24.0.1"
        assert [p.port for p in problems] == [18443]
    assert assigner.assign("a", [18080, 18443])[1] == []


def test_a_foreign_pool_says_so(claims: Claims) -> None:
    pool = ipaddress.ip_network("198.51.100.0/30")
    address, problems = AddressAssigner(pool, claims, {}).assign("a", [18080])
    assert address is None
    assert problems[0].reason == "the address is not one of this machine's"


def test_pods_of_two_instances_get_different_blocks(claims: Claims) -> None:
    network = ipaddress.IPv4Network("127.25.0.0/22")
    other = Claims()
    mine, theirs = PodAddresses(claims, network), PodAddresses(other, network)
    assert [mine(), mine(), theirs()] == ["127.25.0.1", "127.25.0.2", "127.25.1.1"]
    other.close()


def test_pods_overflow_into_the_next_block(claims: Claims) -> None:
    addresses = PodAddresses(claims, ipaddress.IPv4Network("127.26.0.0/22"))
    given = [addresses() for _ in range(300)]
    assert len(set(given)) == 300
    assert given[254] == "127.26.1.1"


def test_whoever_looks_for_a_block_takes_none_from_an_instance_that_comes_back(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stand-ins listen on; its claim is gone until it has started again."""
    network = ipaddress.IPv4Network("127.26.0.0/22")
    other = Claims()
    came_back: list[bool] = []

    def listening() -> frozenset[str]:
        came_back.append(PodAddresses(other, network).keep("127.26.0.7"))
        return frozenset({"127.26.0.7"})

    monkeypatch.setattr(pods, "listening_addresses", listening)
    assert PodAddresses(claims, network)() == "127.26.1.1"
    assert came_back == [True]
    other.close()
