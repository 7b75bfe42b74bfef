"""Lines about load balancers that listen elsewhere now."""

from __future__ import annotations

from typing import Any

from penstock.status.front_changes import front_lines


def lb(name: str, *places: tuple[str, int], obj: str = "") -> dict[str, Any]:
    listeners = [{"address": address, "port": port} for address, port in places]
    addresses = sorted({address for address, _ in places})
    objects = [obj or f"Ingress {name}"]
    return {"name": name, "objects": objects, "addresses": addresses, "listeners": listeners}


A, B = "127.10.0.1", "127.10.0.2"


def lines(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    return list(front_lines(old, new))


def test_who_stays_says_nothing() -> None:
    assert not lines([lb("a", (A, 80))], [lb("a", (A, 80))])


def test_who_comes_and_goes_says_where() -> None:
    assert lines([], [lb("a", (A, 80), (A, 443))]) == [f"a now at {A}: 80, 443"]
    assert lines([lb("a", (A, 80))], []) == [f"a is gone from {A}: 80"]
    assert lines([], [lb("a")]) == ["a now at no address"]


def test_another_address_or_other_ports() -> None:
    one, both = lb("a", (A, 80)), lb("a", (A, 80), (A, 443))
    assert lines([one], [both]) == [f"a now at {A}: 80, 443 (was 80)"]
    assert lines([one], [lb("a", (B, 80))]) == [f"a now at {B} (was .1): 80"]
    far = lb("a", ("127.11.0.1", 80))
    assert lines([far], [one]) == [f"a now at {A} (was 127.11.0.1): 80"]
    assert lines([both], [lb("a", (B, 80))]) == [f"a now at {B}: 80 (was {A}: 80, 443)"]
    assert lines([one], [lb("a")]) == [f"a now at no address (was {A}: 80)"]
    two = lb("a", (A, 80), (B, 80))
    assert lines([one], [two]) == [f"a now at {A}: 80; {B}: 80 (was {A}: 80)"]


def test_who_takes_an_object_over_says_where_that_was() -> None:
    old = lb("ingress/default", (A, 80), obj="Ingress default/web")
    new = lb("gke/default/web", (B, 80), obj="Ingress default/web")
    words = [f"gke/default/web now at {B}: 80 (was ingress/default at {A}: 80)"]
    assert lines([old], [new]) == words
    assert lines([old], [old, new]) == words, "the other one may have more objects"
