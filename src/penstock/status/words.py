"""Words of users in a terminal."""

from __future__ import annotations


def visible(text: str) -> str:
    """Control characters as escapes: what a file says must not command a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
