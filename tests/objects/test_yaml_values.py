"""YAML and JSON to values, as Kubernetes reads them, and positions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.model import Position
from penstock.objects.parse import parse_text
from penstock.objects.yaml.documents import Document, normalise, split
from penstock.objects.yaml.locate import ItemLocator
from penstock.objects.yaml.nodes import MAX_DEPTH, compose
from penstock.objects.yaml.problem import BadYamlError
from penstock.objects.yaml.scalars import key_text, resolve_plain
from penstock.objects.yaml.values import build_with_aliases


def value_of(text: str) -> Any:
    node = compose(text)
    assert node is not None
    return build_with_aliases(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("On", True), ("y", True), ("no", False), ("OFF", False), ("N", False),
        ("true", True), ("False", False), ("tRue", "tRue"), ("yEs", "yEs"),
        ("null", None), ("~", None), ("", None), ("Null", None), ("nULL", "nULL"),
        ("80", 80), ("-5", -5), ("+5", 5), ("010", 8), ("0o10", 8), ("0x1F", 31), ("0b101", 5),
        ("1_000", 1000), ("08", 8), ("80.0", 80), ("1e3", 1000), ("1.5", 1.5), (".5", 0.5),
        ("1.2.3.4", "1.2.3.4"), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("1a", "1a"),
        ("-", "-"), ("1e999", "1e999"), ("9" * 5000, "9" * 5000), ("١", "١"),
    ],
)  # fmt: skip
def test_unquoted_scalars(text: str, value: object) -> None:
    result = resolve_plain(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "key"), [("yes", "true"), ("off", "false"), ("8080", "8080"), ("a", "a"), ("", "")]
)
def test_keys_are_text(text: str, key: str) -> None:
    assert key_text(text) == key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        ("a: &x {b: 1}\ne: &y {b: 2, c: 3}\nd:\n  <<: [*x, *y]", {"d": {"b": 1, "c": 3}}),
        ("a: {<<: {b: 1}}", {"a": {"b": 1}}),
        ('"<<": 1', {"<<": 1}),
        (
            'a: "8080"\nb: !!str 8080\nc: !!int "7"\nd: !x 5',
            {"a": "8080", "b": "8080", "c": 7, "d": 5},
        ),
        ("a: !!binary aGk=", {"a": "hi"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        (
            '{\n\t"a": [1, true, null, "\\u00e9\\ud83d\\ude00\\/"]\n}',
            {"a": [1, True, None, "é😀/"]},
        ),
    ],
)
def test_values(text: str, value: dict[str, Any]) -> None:
    result = value_of(text)
    assert {key: result[key] for key in value} == value


def test_json_is_read_as_json() -> None:
    original = {"a": ["x\ty", 1.5, {"b": "\u2028 \x7f \U0001f600 \"'\\"}], "": None}
    assert value_of(json.dumps(original)) == original
    assert value_of(json.dumps(original, indent="\t")) == original


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{n}: &{n} [{','.join([f'*{p}'] * 10)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "yaml/alias-bomb"),
        ("a: &a [*a]", "yaml/alias-bomb"),
        ("a: &a\n  b: &b {c: *a}", "yaml/alias-bomb"),
        ("<<: &a {<<: *a}", "yaml/alias-bomb"),
        ("[" * 100_000, "yaml/too-deep"),
        ("- " * 5_000, "yaml/too-deep"),
        ("{a: " * (MAX_DEPTH + 1), "yaml/too-deep"),
        ("a: *b", "yaml/undefined-alias"),
        ("{a: b}: c", "yaml/syntax"),
        ("<<: 5", "yaml/syntax"),
        ("a: &x 1\nb: &x 2", "yaml/syntax"),
        ("a: !!binary '%'", "yaml/syntax"),
        ("a: 'x", "yaml/unclosed-quote"),
        ('a: "x\nb: 1\nc: "y"\n', "yaml/unclosed-quote"),
        ("a: [\n  b,\n", "yaml/syntax"),
        ('{"a": {"b": 1}', "yaml/syntax"),
    ],
)
def test_bad_documents(text: str, code: str) -> None:
    with pytest.raises(BadYamlError) as caught:
        value_of(text)
    assert caught.value.code.name == code
    assert 0 <= caught.value.index <= len(text)
    for jargon in ("token", "scalar", "parsing", "node", "None"):
        assert jargon not in caught.value.message


def test_depth_that_is_allowed() -> None:
    text = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert value_of(text)
    manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {text[2:-2]}"
    assert parse_text(manifest, "f").objects


def test_split_keeps_lines() -> None:
    text = "# c\n%YAML 1.1\n---\na: |\n  x\n---\nb: 1\n...\nc: 2\n--- d\n---\n"
    pieces = list(split(text))
    assert "".join(piece for _, piece in pieces) == text.replace("...\n", "")
    assert [line for line, _ in pieces] == [1, 6, 9, 10, 11]


def test_positions_of_everything_written() -> None:
    text = "x: 1\na:\n  - b: 1\n    c: [d,\n      e]\n  - f\n"
    document = Document("f.yaml", "\n" + text, 10)
    locate = ItemLocator(document).locate
    assert locate(()) == (11, 1)
    assert locate(("a",)) == (12, 1)
    assert locate(("a", 0)) == (13, 5)
    assert locate(("a", 0, "c")) == (14, 5)
    assert locate(("a", 0, "c", 1)) == (15, 7)
    assert locate(("a", 1)) == (16, 5)
    assert locate(("a", 1, "nope", 3)) == (16, 5), "the nearest parent that is written"
    assert locate(("nope",)) == (11, 1)


def test_positions_of_merged_keys_and_wide_characters() -> None:
    document = Document("f.yaml", 'é: "😀"\na: &x {b: 1}\nd: {<<: *x, 😀: 2}\n', 1)
    locate = ItemLocator(document).locate
    assert locate(("d", "b")) == (2, 8)
    assert locate(("d", "😀")) == (3, 13)


LIST = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: one}
  spec: {ports: [{port: 80}]}
- apiVersion: v1
  kind: Service
  metadata:
    name: two
  spec:
    ports:
    - name: a
      port: 99999
    - name: b
      port: 80
"""


def test_items_of_lists() -> None:
    parsed = parse_text(LIST, "f.yaml")
    assert [obj.ref for obj in parsed.objects] == ["Service default/one", "Service default/two"]
    one, two = parsed.objects
    assert one.origin("metadata", "name").position == (6, 14)
    assert two.origin("spec", "ports", 0, "port").position == (17, 7)
    (finding,) = [f for f in parsed.findings if "99999" in f.message]
    assert finding.origin.position == (15, 7)
    assert finding.origin.field == "spec.ports[0].port"


def test_items_of_typed_lists_need_no_kind() -> None:
    text = "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n"
    assert [obj.ref for obj in parse_text(text, "f").objects] == ["Secret default/a"]


def test_line_ends_and_byte_order_marks() -> None:
    text = "\ufeff" + LIST.replace("\n", "\r\n") + "---\r\n\ufeffapiVersion: v1\r\nkind: Node\r\n"
    parsed = parse_text(text.encode(), "f.yaml")
    assert parsed.objects[1].origin("metadata").position == (10, 3)
    assert normalise("a\rb\r\nc") == "a\nb\nc"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"a: 1\nb: \xe9\n", "file/not-utf-8", (2, 4)),
        (b"\xff\xfea\x00:\x00", "file/not-utf-8", (1, 1)),
        (b"a: \x00", "file/control-character", (1, 4)),
        (b"a: 1\n" * (14 * 2**20), "file/too-big", (1, 1)),
    ],
)
def test_bad_bytes(data: bytes, code: str, place: tuple[int, int]) -> None:
    (finding,) = parse_text(data, "f.yaml").findings
    assert finding.code == code
    assert finding.origin.position == place


def test_empty_texts_are_fine() -> None:
    for text in ("", "\n", "# only a comment", "---\n---\n", "--- \n# c\n...\n", "null"):
        parsed = parse_text(text, "f.yaml")
        assert not parsed.findings
        assert not parsed.objects


def test_positions_are_lines_and_columns():
    text = "a: 1\n\n  b:\n- é\n"
    found = [Document("in.yaml", text, 7).position(index) for index in range(len(text) + 1)]
    assert found == [
        Position(7 + text.count("\n", 0, i), i - (text.rfind("\n", 0, i) + 1) + 1)
        for i in range(len(text) + 1)
    ]
    assert Document("in.yaml", "", 3).position(0) == Position(3, 1)
