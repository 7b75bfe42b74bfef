"""Names of load balancers as people see them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from penstock.cli import app
from penstock.status.names_view import dig_line, print_names, print_resolved

SERVER = {"address": "127.0.0.1", "port": 5353}


def answer(region: str | None, share: float | None, *addresses: str) -> dict[str, Any]:
    return {"region": region, "share": share, "addresses": list(addresses), "why": "because"}


def data(server: dict[str, Any] | None, *, listening: bool = True) -> dict[str, Any]:
    geo = [answer("us", None, "127.10.0.1"), answer("eu", None)]
    weighted = [answer(None, 0.25, "127.10.0.1"), answer(None, 0.75, "127.10.0.2")]
    head = {"type": "A", "ttl": 30, "object": "resourceRecordSet A x"}
    return {
        "server": server,
        "listening": listening,
        "names": [
            {"name": "api.example.internal.", "policy": "GEO", "answers": geo, **head},
            {"name": "w.example.internal.", "policy": "WEIGHTED", "answers": weighted, **head},
        ],
    }


def printed(what: Any, *arguments: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    what(console, *arguments)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_status_lists_names_regions_and_shares() -> None:
    rows = [line.split() for line in printed(print_names, data(SERVER)).splitlines() if line]
    assert ["api.example.internal.", "A,", "policy", "GEO"] in rows
    assert ["us", "127.10.0.1", "because"] in rows
    assert ["eu", "none", "because"] in rows
    assert ["75.0%", "of", "all", "127.10.0.2", "because"] in rows


@pytest.mark.parametrize(
    ("server", "listening", "wanted"),
    [
        (SERVER, True, "Answered at 127.0.0.1 port 5353"),
        (SERVER, False, "Not answered: 127.0.0.1 port 5353 cannot be had"),
        (None, False, "Nobody answers for these names: start with --dns"),
    ],
)
def test_status_says_where_they_are_answered(
    server: dict[str, Any] | None, listening: bool, wanted: str
) -> None:
    assert wanted in printed(print_names, data(server, listening=listening))


def test_without_names_there_is_no_table() -> None:
    assert printed(print_names, None) == ""
    assert printed(print_names, {**data(SERVER), "names": []}) == ""


def test_one_answer() -> None:
    said = {
        "name": "api.example.internal.", "type": "A", "ttl": 30, "policy": "GEO",
        "client": "127.0.2.1", "region": "eu", "range": "127.0.2.0/24",
        "addresses": ["127.10.0.1"], "why": "eu: \x1b[31mits own region",
        "object": "resourceRecordSet A api.example.internal.",
    }  # fmt: skip
    text = printed(print_resolved, said)
    assert "api.example.internal. A  127.10.0.1" in text
    assert "client  127.0.2.1, region eu (127.0.2.0/24)" in text
    assert "\x1b" not in text
    assert "no address" in printed(print_resolved, {**said, "addresses": []})


def test_a_line_to_try() -> None:
    assert dig_line(SERVER, "a.example.") == "dig @127.0.0.1 -p 5353 a.example."


def test_where_there_are_no_record_sets_a_host_is_asked_for_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "in.yaml"
    file.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n")
    done = CliRunner().invoke(app, ["resolve", "shop.example", "-f", str(file)])
    assert done.exit_code == 2
    assert "nor any Cloud DNS record set" in done.output
    assert "penstock explain http://shop.example/" in done.output


def test_the_version_is_an_option_too() -> None:
    said = {CliRunner().invoke(app, [words]).output for words in ("--version", "version")}
    assert len(said) == 1
    assert "envoy" in said.pop()
