"""Whatever the input: no exception, and every finding says where."""

from __future__ import annotations

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from test_compute_findings import BASES as COMPUTE
from test_findings_of_manifests import DEPLOYMENT, INGRESS, SECRET, SERVICE, SLICE
from test_penstock_config import CONFIG

from penstock.objects.parse import Parsed, parse_text

BASES = [INGRESS, SERVICE, SLICE, DEPLOYMENT, SECRET, CONFIG, *COMPUTE]
PIECES = [
    *(
        "\t",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "\n",
        "---\n",
        "...\n",
        "&a ",
        "*a",
        "<<: *a",
    ),
    *("!!int ", "|", ">", "%", "@", "\x00", "\ufeff", "\r", "é", "😀", "\ud800", "null", "0x", "#"),
    *("  ", "1e9", "yes", "kind: List\nitems:\n- ", "{{ .Values.x }}", "? ", "\u2028", "~"),
]


def check(parsed: Parsed, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    for finding in parsed.findings:
        position = finding.origin.position
        assert position is not None
        assert 1 <= position.line <= lines
        assert position.column >= 1
        assert finding.message
        assert finding.origin.file == "f.yaml"
        finding.as_dict()
    for obj in parsed.objects:
        assert obj.name
        assert obj.origin("spec", "rules", 0).position is not None


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_random_text(text: str | bytes) -> None:
    check(parse_text(text, "f.yaml"), text)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(BASES), st.integers(), st.integers(1, 6))
def test_mutated_manifests(base: str, seed: int, count: int) -> None:
    dice = random.Random(seed)
    text = base
    for _ in range(count):
        start = dice.randrange(len(text) + 1)
        end = start + dice.choice((0, 0, 1, 2, 5, 20))
        text = text[:start] + dice.choice(PIECES) + text[end:]
    parsed = parse_text(text + "\n---\n" + SERVICE.replace("web", "zz"), "f.yaml")
    check(parsed, text + "\n---\n" + SERVICE)
    assert any(obj.name == "zz" for obj in parsed.objects), "a neighbour stays live"


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_values_of_any_type_anywhere(base: str, data: st.DataObject) -> None:
    lines = base.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon} {json.dumps(data.draw(VALUES))}" if colon else key
    text = "\n".join(lines)
    check(parse_text(text, "f.yaml"), text)
