"""Every case has the one answer that docs/http.md gives, seen by client and endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.case import Case
from hostile.cases_http2 import Http2Case
from hostile.judge import happen, happen_http2, settle
from hostile.site import Site
from hostile.table import SECTIONS, START, markdown

DOCS = Path(__file__).parents[2] / "docs" / "http.md"
CASES = [
    pytest.param(case, id=f"{title}: {case.name}") for title, cases in SECTIONS for case in cases
]


@pytest.mark.parametrize("case", CASES)
def test_one_answer(attacked: Site, case: Case | Http2Case) -> None:
    if isinstance(case, Http2Case):
        assert happen_http2(attacked, case) == case.answer
    else:
        assert happen(attacked, case) == case.answer
    seen = settle(attacked, case)
    if case.partial:
        assert case.endpoint.startswith(seen)
    else:
        assert seen == case.endpoint


def test_names_are_not_used_twice() -> None:
    names = [(title, case.name) for title, cases in SECTIONS for case in cases]
    assert len(names) == len(set(names))


def test_the_documentation_is_this_table(pytestconfig: pytest.Config) -> None:
    before, mark, written = DOCS.read_text().partition(START)
    assert mark
    if pytestconfig.getoption("--update-golden"):
        DOCS.write_text(before + START + "\n" + markdown())
    else:
        assert written == "\n" + markdown()
