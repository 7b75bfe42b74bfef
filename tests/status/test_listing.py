"""Tables with long names: nothing is cut, whatever the width, and sentences stay readable."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from penstock.status.endpoints_table import print_endpoints
from penstock.status.group_shares import print_groups
from penstock.status.listing import Column, Section, age, print_listing, short

SERVICE = "compute/shop-prod-of-the-north/europe-west1/storefront"
ENDPOINT = {
    "address": "10.120.130.140", "port": 18443, "target": "europe-west1-b/10-120-130-140",
    "ready": True, "health": "unhealthy",
    "probe": {"healthy": False, "reason": "the certificate has expired", "since": 0.0},
}  # fmt: skip
GROUP = {
    "group": "compute/shop-prod-of-the-north/europe-west1-b/storefront", "share": 0.714,
    "proxyRegion": "europe-west1", "capacity": 50.0, "rate": 12.25,
    "why": "in region us-east1, takes 50 requests/s each, waits: groups before it have room",
}  # fmt: skip


def data(*, endpoints: list[dict[str, Any]], groups: list[dict[str, Any]]) -> dict[str, Any]:
    backend = {"name": SERVICE, "endpoints": endpoints, "groups": groups}
    return {"loadBalancers": [{"backends": [backend]}, {"backends": [backend]}]}


def terminal(width: int = 80, *, is_terminal: bool = True) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_nothing_of_an_endpoint_is_cut(width: int) -> None:
    console = terminal(width)
    print_endpoints(console, data(endpoints=[ENDPOINT], groups=[]), now=150.0)
    shown = text(console)
    assert "…" not in shown
    for whole in (SERVICE, "10.120.130.140:18443", ENDPOINT["target"], "unhealthy", "2 min"):
        assert whole in shown
    assert "the certificate has expired" in " ".join(shown.split())


def test_titles_of_a_table_with_long_names_fit_80_columns() -> None:
    """Deployments of ordinary names have pods of more than 40 characters."""
    console = terminal()
    pod = {
        **ENDPOINT, "address": "127.20.0.1", "target": "default/my-mc-deployment-596c9794dd-4h9cz",
        "health": "healthy", "probe": {"healthy": True, "reason": "HTTP 200", "since": 0.0},
    }  # fmt: skip
    print_endpoints(console, data(endpoints=[pod], groups=[]), now=0.0)
    head = text(console).partition("─")[0]
    assert " ".join(head.split()) == "Endpoint Pod Health Since Last probe"
    assert max(map(len, text(console).splitlines())) <= 80


def test_an_endpoint_of_a_service_of_two_load_balancers_is_there_once() -> None:
    console = terminal()
    print_endpoints(console, data(endpoints=[ENDPOINT], groups=[]), now=0.0)
    assert text(console).count("10.120.130.140:18443") == 1


def test_groups_fit_80_columns_with_their_reasons_below() -> None:
    console = terminal()
    print_groups(console, data(endpoints=[], groups=[GROUP]))
    lines = text(console).splitlines()
    assert f"{SERVICE}, proxies in europe-west1" in lines
    assert all(len(line) <= 80 for line in lines)
    [row] = [line for line in lines if "71.4%" in line]
    assert row.split() == ["europe-west1-b/storefront", "71.4%", "12.2", "50.0"]
    assert GROUP["why"] in " ".join(text(console).split())


def test_where_no_terminal_is_a_row_is_a_line() -> None:
    console = terminal(is_terminal=False)
    print_groups(console, data(endpoints=[], groups=[GROUP]))
    [row] = [line for line in text(console).splitlines() if "71.4%" in line]
    assert row.endswith(GROUP["why"])


def test_a_column_that_nobody_measures_is_left_out() -> None:
    console = terminal()
    print_groups(console, data(endpoints=[], groups=[{**GROUP, "rate": None}]))
    assert "Requests/s" not in text(console)


def test_columns_of_all_sections_are_in_line() -> None:
    console = terminal()
    rows = [Section(name, [[Text(name), Text("x")]]) for name in ("short", "rather long")]
    print_listing(console, [Column("A"), Column("B")], rows)
    assert len({line.index("x") for line in text(console).splitlines() if "x" in line}) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (7199, "1 h"), (86400 * 3, "3 d")],
)
def test_ages(seconds: float, words: str) -> None:
    assert age(1000.0, 1000.0 + seconds) == words


@pytest.mark.parametrize(
    ("name", "beside", "left"),
    [
        ("compute/p/us-a/web", "compute/p/global/web", "us-a/web"),
        ("compute/q/us-a/web", "compute/p/global/web", "q/us-a/web"),
        ("compute/p/us/web", "compute/p/us/web", "us/web"),
        ("web", "web", "web"),
        ("shop/web:80", "ingress/shop", "shop/web:80"),
    ],
)
def test_names_lose_only_the_places_that_they_share(name: str, beside: str, left: str) -> None:
    assert short(name, beside) == left
