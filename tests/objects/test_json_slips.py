"""What is said of annotations that should be JSON: the same, whichever Python reads them."""

from __future__ import annotations

import json

import pytest

from penstock.objects.gke.json_slips import json_slip, with_slip


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ('{"ingress": true,}', "the comma at character 17 is one too many before }"),
        ('{"ingress": true , }', "the comma at character 18 is one too many before }"),
        ('{"zones": ["a",]}', "the comma at character 15 is one too many before ]"),
        ("{'ingress': true}", "at character 2, JSON wants double quotes"),
        ("{\"default\": 'web'}", "at character 13, JSON wants double quotes"),
        ("{ingress: true}", "at character 2, JSON wants the name in double quotes"),
        ('{"a": 1, b: 2}', "at character 10, JSON wants the name in double quotes"),
        ('{"ingress": tru}', "it is no JSON from character 13 on: tru}"),
        ('{"ingress": True}', "it is no JSON from character 13 on: True}"),
        ('{"a": 1 "b": 2}', 'it is no JSON from character 9 on: "b": 2}'),
        ('{"a": 1}}', "it is no JSON from character 9 on: }"),
        ('{"ingress": true', "the JSON ends before it is complete"),
        ("", "it is empty"),
        ("[" * 100_000, "it is more than can be read"),
        ('{"ingress": true}', ""),
    ],
)
def test_the_place_of_a_slip(text: str, slip: str) -> None:
    assert json_slip(text) == slip


@pytest.mark.parametrize(
    ("pos", "message"),
    [(16, "Illegal trailing comma before end of object"), (17, "Expecting property name")],
)
def test_readers_that_stop_at_the_comma_or_behind_it(
    pos: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads(text: str) -> None:
        raise json.JSONDecodeError(message, text, pos)

    monkeypatch.setattr(json, "loads", loads)
    assert json_slip('{"ingress": true,}').startswith("the comma at character 17 ")


def test_json_of_another_form_has_no_slip() -> None:
    assert with_slip("[1]", "write {}") == "write {}"
    assert with_slip("{,}", "write {}").endswith("; write {}")
