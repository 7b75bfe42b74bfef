"""Lines of the change log."""

from __future__ import annotations

from typing import Any

from penstock.status.live_log import gone_lines


def finding(message: str, **keys: Any) -> dict[str, Any]:
    usual = {
        "code": "a/b", "severity": "warning", "object": "Service default/a", "field": "spec",
        "file": "in.yaml", "line": 3, "column": 1, "hint": None, "about": None,
    }  # fmt: skip
    return {**usual, "message": message, **keys}


def test_what_is_gone_says_where_it_was_and_whose_verdict() -> None:
    assert list(gone_lines([finding("It hurts.", about="gke"), finding("It rains.")])) == [
        "no longer: in.yaml:3 Service default/a spec: on GKE: It hurts.",
        "no longer: in.yaml:3 Service default/a spec: It rains.",
    ]
    [line] = gone_lines([finding("No colon.", object=None, field=None)])
    assert line == "no longer: in.yaml:3: No colon."
    [line] = gone_lines([finding("No proxy.", file=None, line=None, object=None, field=None)])
    assert line == "no longer: No proxy."


def test_notes_that_say_the_same_are_one_line() -> None:
    notes = [finding("Shown.", severity="info", object=f"Service d/{name}") for name in "ab"]
    assert list(gone_lines(notes)) == [
        "no longer: in.yaml:3 Service d/a spec: Shown. (also: Service d/b)"
    ]


def test_what_stayed_live_goes_without_saying() -> None:
    kept = finding("a stays live.", code="file/kept-last-good")
    alone = list(gone_lines([finding("It hurts.")]))
    assert list(gone_lines([finding("It hurts."), kept])) == alone
    assert len(list(gone_lines([kept]))) == 1
