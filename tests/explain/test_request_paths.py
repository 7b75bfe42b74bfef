"""Rules' paths are compared in the spelling that the proxy gives requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from penstock.dialects.request_paths import as_requested, never_requested
from penstock.explain.normalise import normalise

_ESCAPED = "41 2d 2E 7e 5F C3 c3%a9 20 7C 40 60 5B 4a 39 3a 7B zz %41 2f 5C 00"
ESCAPES = st.sampled_from([*(f"%{code}" for code in _ESCAPED.split(" ")), "%"])
PARTS = st.sampled_from(["\\", "//", "/../", "/./", "/..;"])
PATHS = st.lists(
    ESCAPES | PARTS | st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=8
).map(lambda parts: "/" + "".join(parts))


@given(PATHS)
def test_a_path_is_spelt_as_the_proxy_spells_it(path: str) -> None:
    spelt = as_requested(path)
    if not never_requested(spelt):
        told = normalise(path)
        assert (told.path, told.problem) == (spelt, "")
        assert as_requested(spelt) == spelt or "%%" in path


def test_other_letters_are_percent_encoded() -> None:
    assert as_requested("/caf\u00e9 x") == "/caf%C3%A9%20x"
    assert as_requested("/\ud800\n") == "/%ED%A0%80%0A"


def test_parts_that_are_resolved_are_found() -> None:
    for path in ("/a//b", "/a/./b", "/a/..", "/..;x/b", "/a%2Fb", "/a\\b", "/%00", "//*"):
        assert never_requested(path), path
    for path in ("/...", "/.a", "/a.", "/a/..b", "/%2", "/*"):
        assert not never_requested(path), path
