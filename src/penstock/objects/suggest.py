"""Did you mean …?  The nearest of some known words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.72) -> str | None:
    """The known word that somebody who wrote `word` most likely meant, or None.

    Case does not count; a word that only lacks or has a plural's "s" is near.
    """
    by_lower: dict[str, str] = {}
    for candidate in known:
        by_lower.setdefault(candidate.lower(), candidate)
    lower = word.lower()[:100]
    squeezed = lower.replace("-", "").replace("_", "")
    for attempt in (lower, squeezed, f"{lower}s", lower.removesuffix("s")):
        if attempt in by_lower:
            return by_lower[attempt]
    matches = difflib.get_close_matches(lower, by_lower, n=1, cutoff=cutoff)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean `x`?`` or nothing."""
    found = nearest(word, known)
    return f"Did you mean `{found}`?" if found else ""
