"""Lines of the change log."""

from __future__ import annotations

from typing import Any

from penstock.status.live_log import applied_line, gone_lines, removed_line, worth_telling


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


def test_what_went_with_its_object_is_one_line() -> None:
    gone = [finding("a", severity="error"), finding("b"), finding("c", object="Ingress d/x")]
    assert removed_line(gone) == (
        "no longer: 1 error, 2 warnings, gone with Service default/a, Ingress d/x"
    )
    many = [finding("a", object=f"Service d/{name}", severity="info") for name in "abcdef"]
    names = removed_line(many)
    assert names is not None
    assert names.startswith("no longer: 6 notes, gone with Service d/a, Service d/b, ")
    assert names.endswith(", Service d/d and 2 more")
    kept = finding("a stays live.", code="file/kept-last-good")
    assert removed_line([gone[0], kept]) == "no longer: 1 error, gone with Service default/a"
    assert removed_line([]) is None


def test_first_results_of_new_endpoints_are_not_told_as_changes() -> None:
    first = ["~shares of gke/gce/d/a:80", "~health of Service d/a"]
    assert worth_telling(first, ()) is None
    assert worth_telling(first, {"Service d/a"}) == first
    assert worth_telling(["~Service d/a", first[1]], ()) == ["~Service d/a"]
    assert worth_telling([first[0]], ()) == [first[0]], "load, not health"
    assert worth_telling([], ()) == []


def test_four_changes_are_named() -> None:
    event = {"durationMs": 12.4}
    assert applied_line(event, []) == "applied in 12 ms: no object changed"
    assert applied_line(event, list("abcdef")) == "applied in 12 ms: a, b, c, d and 2 more"
