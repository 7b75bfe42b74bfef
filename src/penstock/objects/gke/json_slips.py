"""Where a text that should be JSON is none, in the words of its author."""

from __future__ import annotations

import json
from typing import Final

_SHOWN: Final = 20
"""Characters of what is wrong that are shown."""


def json_slip(text: str) -> str:
    """Where and why a text is no JSON (characters count from 1); empty if it is some."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _words(text, error.pos)
    except (ValueError, RecursionError):
        return "it is more than can be read"
    return ""


def with_slip(text: str, wanted: str) -> str:
    """A hint: what is wrong with the JSON, if that is it, and what is wanted."""
    slip = json_slip(text)
    return f"{slip}; {wanted}" if slip else wanted


def _words(text: str, pos: int) -> str:
    """Readers differ in whether they stop at a comma too many or behind it."""
    before, rest = text[:pos].rstrip(), text[pos:].lstrip()
    if rest.startswith(",") and rest[1:].lstrip()[:1] in ("}", "]"):
        before, rest = text[: text.index(",", pos) + 1], rest[1:].lstrip()
    if not rest:
        return "the JSON ends before it is complete" if before else "it is empty"
    if before.endswith(",") and rest[0] in "}]":
        return f"the comma at character {len(before)} is one too many before {rest[0]}"
    place = len(text) - len(text[pos:].lstrip()) + 1
    if rest[0] == "'":
        return f"at character {place}, JSON wants double quotes"
    if before.endswith(("{", ",")) and rest[0].isalpha():
        return f"at character {place}, JSON wants the name in double quotes"
    return f"it is no JSON from character {place} on: {rest[:_SHOWN]}"
