"""Variables of custom headers: docs and code name the same that are always empty."""

from __future__ import annotations

from pathlib import Path

from penstock.dialects.gke.custom_headers import UNFILLED
from penstock.model import Variable

DOCS = (Path(__file__).parents[3] / "docs" / "gke.md").read_text()


def test_the_documentation_names_what_is_always_empty() -> None:
    begin = DOCS.index("## Custom headers")
    section = DOCS[begin : DOCS.index("## Security policies")]
    assert [name for name in UNFILLED if f"`{name}`" not in section] == []


def test_nothing_is_both_filled_and_empty() -> None:
    assert UNFILLED.keys() & set(Variable) == set()
