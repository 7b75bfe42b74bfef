"""Path normalisation, step by step; `test_explain_agrees` holds it against Envoy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.explain.normalise import normalise


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/", "/"),
        ("/a//b", "/a/b"),
        ("//", "//"),
        ("///", "//"),
        ("/a/", "/a/"),
        ("/a/./b/.", "/a/b/"),
        ("/a/../b", "/b"),
        ("/../..", "/"),
        ("/a/..", "/"),
        ("/a//../b", "/a/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/..;x=1/b", "/b"),
        ("/a/%2e%2e;/b", "/a/..;/b"),
        ("/..a/.b/...", "/..a/.b/..."),
        ("/%41%7e", "/A~"),
        ("/%c3%a9", "/%c3%a9"),
        ("/a|b", "/a%7Cb"),
        ("/a\\..\\b", "/b"),
        ("/%zz%4", "/%zz%4"),
        ("/%252f", "/%252f"),
    ],
)
def test_path(sent: str, seen: str) -> None:
    done = normalise(sent)
    assert (done.path, done.is_redirected, done.problem) == (seen, False, "")
    assert bool(done.steps) == (sent != seen)


@pytest.mark.parametrize(
    ("sent", "seen"), [("/a%2Fb", "/a/b"), ("/a%5cb", "/a/b"), ("/a/..%2f%2fb", "/b")]
)
def test_escaped_slashes_are_redirected(sent: str, seen: str) -> None:
    done = normalise(sent)
    assert (done.path, done.is_redirected) == (seen, True)


def test_an_escaped_zero_is_refused() -> None:
    assert normalise("/a%00").problem == "the path has %00"


def test_steps_lead_from_what_was_sent_to_what_is_seen() -> None:
    done = normalise("/a//..;x/%41")
    assert [step.what for step in done.steps] == [
        "parameters of dot segments are dropped",
        "dot segments are resolved, needless percent-encodings are undone",
    ]
    assert done.path == "/a/A"


@given(st.text("ab/.%2efE5cC;\\~", max_size=20).map(lambda text: f"/{text}"))
def test_steps_are_a_chain(path: str) -> None:
    done = normalise(path)
    at = path
    for step in done.steps:
        assert step.before == at
        at = step.after
    assert at == done.path or done.problem
