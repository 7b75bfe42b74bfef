"""JSON in annotations, as Go's decoder reads it."""

from __future__ import annotations

import pytest

from penstock.objects.gke.annotations import json_fields, json_object


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'{"a": "\ud83d\ude00"}', "\N{GRINNING FACE}"),
        (r'{"a": "x\ud800"}', "x\N{REPLACEMENT CHARACTER}"),
        (r'{"a": "\uDC00\uD800"}', "\N{REPLACEMENT CHARACTER}" * 2),
        (r'{"a": "\\ud800"}', r"\ud800"),
    ],
)
def test_halves_of_characters_are_replaced(written: str, read: str) -> None:
    assert json_object(written) == {"a": read}


def test_halves_of_characters_in_names_and_lists_are_replaced() -> None:
    assert json_fields(r'{"\ud800A": ["\ud800"]}') == {"�a": ["�"]}


@pytest.mark.parametrize("text", ["[]", "x", "", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_what_is_no_object(text: str) -> None:
    assert json_object(text) is None
