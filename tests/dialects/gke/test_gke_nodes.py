"""Whose NodePorts are asked: nodes on this machine, and where there are no stand-ins all."""

from __future__ import annotations

from pathlib import Path

import pytest
from gke_cases import codes_of, translated

CASE = (Path(__file__).parent / "cases/instance-groups-elsewhere/in.yaml").read_text()
PODS = [("127.20.0.1", 8080), ("127.20.0.2", 8080)]


def asked(text: str, *, stand_ins: bool = True) -> tuple[list[tuple[str, int]], bool]:
    """Endpoints of all groups, and whether pods are said to be asked for nodes."""
    model = translated(text, stand_ins=stand_ins)
    found = [(e.address, e.port) for neg in model.negs.values() for e in neg.endpoints]
    return sorted(found), "gke/nodes-stood-in" in codes_of(model)


def with_instance(name: str, address: str, more: str = "") -> str:
    entry = f"instances: [{{name: {name}, address: {address}, zone: europe-west4-a}}]"
    return CASE.replace("region: europe-west4}", f"region: europe-west4, {entry}}}") + more


def test_pods_are_asked_for_nodes_of_a_cluster_elsewhere() -> None:
    assert asked(CASE) == (PODS, True)


def test_without_stand_ins_the_nodes_are_asked() -> None:
    assert asked(CASE, stand_ins=False) == ([("10.0.0.1", 30080)], False)


@pytest.mark.parametrize("address", ["127.0.0.9", "::1"])
def test_a_node_on_this_machine_is_asked(address: str) -> None:
    text = CASE.replace("10.0.0.1", f"'{address}'")
    assert asked(text) == ([(address, 30080)], False)


def test_an_address_that_is_given_goes_before_the_nodes_own() -> None:
    assert asked(with_instance("n1", "192.168.7.1")) == ([("192.168.7.1", 30080)], False)


def test_an_address_of_another_machine_changes_nothing() -> None:
    assert asked(with_instance("other", "192.168.7.1")) == (PODS, True)


def test_without_node_port_that_is_the_reason() -> None:
    model = translated(CASE.replace(", nodePort: 30080", ""), stand_ins=True)
    [finding] = [f for f in model.findings if f.code == "gke/nodes-stood-in"]
    assert "no nodePort" in finding.message
    assert "--stand-ins" not in (finding.hint or "")
