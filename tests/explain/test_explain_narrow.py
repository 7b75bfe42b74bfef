"""`penstock explain` on narrow terminals: places that one would copy are never broken."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from penstock.explain.backends import _health
from penstock.model import Endpoint, NegKind
from penstock.status.explain_rows import print_rows, row

LONG = "examples/internal-alb-cross-region/front-end.yaml"


def shown(width: int, *places: str) -> list[str]:
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=2, overflow="fold")
    for number, place in enumerate(places):
        origin = {"defaultOf": None, "file": place, "line": number + 1, "annotation": None}
        row(table, "Backend service", f"number {number} has quite a few words", origin)
    row(table, "", "has no place")
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_rows(console, table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_a_long_place_stays_whole(width: int) -> None:
    lines = shown(width, LONG, "a.yaml")
    assert [line for line in lines if f"{LONG}:1" in line]
    assert "number 0 has quite a few words" in " ".join(" ".join(lines).split())


def test_places_are_flush_right_beside_the_value_where_they_fit() -> None:
    lines = shown(80, LONG, "a.yaml")
    assert lines[0] == "Backend service  number 0 has quite a few words"
    assert lines[1] == " " * (80 - len(LONG) - 2) + f"{LONG}:1"
    assert lines[2].startswith("Backend service  number 1 has")
    assert lines[2].endswith("a.yaml:2")
    assert len(lines[2]) == 80
    assert lines[3] == " " * 17 + "has no place"


def test_wide_terminals_have_three_columns() -> None:
    first, second, *_ = shown(200, LONG, "a.yaml")
    assert first.index(LONG) == second.index("a.yaml")


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("eds_status_unhealthy",), "unhealthy"),
        (("eds_status_draining",), "draining"),
        ((), "healthy"),
    ],
)
def test_what_the_control_plane_told_the_proxy_is_said_without_its_prefix(
    flags: tuple[str, ...], word: str
) -> None:
    endpoint = Endpoint("10.0.0.1", 80)
    assert _health(endpoint, NegKind.IP_PORT, {"10.0.0.1:80": flags}) == word
