"""The state machine of health, as a table: results in, healthy or not after each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.health.state import Result, State, Thresholds, after


def run(results: str, healthy: int, unhealthy: int) -> list[State]:
    """States after each result; ``+`` is a success, ``-`` a failure, at seconds 1, 2, …"""
    states: list[State] = []
    for second, result in enumerate(results, 1):
        known = states[-1] if states else None
        found = Result(result == "+", f"{result}{second}")
        states.append(after(known, found, float(second), Thresholds(healthy, unhealthy)))
    return states


@pytest.mark.parametrize(
    ("results", "healthy", "unhealthy", "expected"),
    [
        # The first result decides, whatever the thresholds.
        ("+", 10, 10, "+"),
        ("-", 10, 10, "-"),
        # Then as many in a row as the threshold says.
        ("+--", 2, 2, "++-"),
        ("--++", 2, 2, "---+"),
        ("+-", 1, 1, "+-"),
        ("-+-+", 1, 1, "-+-+"),
        ("+---", 2, 3, "+++-"),
        # One result for it starts the count anew.
        ("+-+-+-", 2, 2, "++++++"),
        ("-+-+-+", 2, 2, "------"),
        ("+-+--", 2, 2, "++++-"),
        # The count starts anew after a turn, too.
        ("+--+-++", 2, 2, "++----+"),
        # Each direction has a threshold of its own.
        ("+-+++", 3, 1, "+---+"),
        ("----------+", 1, 10, "----------+"),
    ],
)
def test_turns(results: str, healthy: int, unhealthy: int, expected: str) -> None:
    states = run(results, healthy, unhealthy)
    assert "".join("+" if state.healthy else "-" for state in states) == expected


def test_reason_is_of_the_last_probe_and_since_of_the_last_turn() -> None:
    states = run("++--+", 2, 2)
    assert [state.reason for state in states] == ["+1", "+2", "-3", "-4", "+5"]
    assert [state.since for state in states] == [1, 1, 1, 4, 4]


@given(
    st.text(alphabet="+-", min_size=1, max_size=60),
    st.integers(min_value=1, max_value=10),
    st.integers(min_value=1, max_value=10),
)
def test_it_turns_exactly_where_a_run_is_long_enough(
    results: str, healthy: int, unhealthy: int
) -> None:
    """Against a second definition: look back at the run of equal results."""
    current = results[0] == "+"
    for index, state in enumerate(run(results, healthy, unhealthy)):
        seen = results[: index + 1]
        length = len(seen) - len(seen.rstrip(seen[-1]))
        wanted = healthy if seen[-1] == "+" else unhealthy
        if (seen[-1] == "+") is not current and length >= wanted:
            current = seen[-1] == "+"
        assert state.healthy is current
