"""Did you mean …?  The nearest of some known words.

Names of one team have long common beginnings (``rel-cart``, ``rel-kart``, ``rel-ads``), and
those say nothing about which one is meant.  So two words are compared by what is left of them
without the parts that both begin and end with.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

_BETWEEN: Final = re.compile(r"[-_./]")
_LONGEST: Final = 100
"""Characters that are compared at most; no word that is known is longer."""
_MOST: Final = 2_000
"""Known words among which something like a word is looked for: it takes time for each."""
_LEAST: Final = 0.5
"""Least likeness of two words for one to be meant by the other."""
_SLIPS: Final = 2
"""Edits of a whole word that may well be a slip of the pen."""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.72) -> str | None:
    """The known word that somebody who wrote `word` most likely meant, or None.

    Case does not count; a word that only lacks or has a plural's "s" is near.
    """
    by_lower: dict[str, str] = {}
    for candidate in known:
        by_lower.setdefault(candidate.lower(), candidate)
    lower = word.lower()[:_LONGEST]
    squeezed = lower.replace("-", "").replace("_", "")
    for attempt in (lower, squeezed, f"{lower}s", lower.removesuffix("s")):
        if attempt in by_lower:
            return by_lower[attempt]
    if len(by_lower) > _MOST:
        return None
    near = difflib.get_close_matches(lower, by_lower, n=max(len(by_lower), 1), cutoff=cutoff)
    ranked = by_likeness(lower, near)
    return by_lower[ranked[0]] if ranked else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean `x`?`` or nothing."""
    found = nearest(word, known)
    return f"Did you mean `{found}`?" if found else ""


def by_likeness(word: str, candidates: Iterable[str]) -> list[str]:
    """Those of the candidates that are like `word`, the nearest first.

    Before all others come those that are a slip or two of the pen away.
    """
    rated = (
        (min(edits(word[:_LONGEST], name[:_LONGEST]), _SLIPS + 1), -likeness(word, name), name)
        for name in candidates
    )
    return [name for _, rate, name in sorted(rated) if -rate >= _LEAST]


def likeness(word: str, other: str) -> float:
    """How alike two words are, from 0 to 1: by the edits that what differs of them needs.

    Two words of which one only has more parts (``web``, ``web-api``) may mean the same, the
    likelier the less is missing; and so may two that a single edit tells apart (``zone-a``,
    ``zone-b``), however short.
    """
    own, its = _differing(word[:_LONGEST], other[:_LONGEST])
    if not own or not its:
        lengths = sorted((len(word), len(other)))
        return max(_LEAST, lengths[0] / lengths[1]) if own or its else 1.0
    rest, other_rest = "-".join(own), "-".join(its)
    needed = edits(rest, other_rest)
    longer = max(len(rest), len(other_rest))
    return max(1 - needed / longer, _LEAST if needed == 1 else 0.0)


def _differing(word: str, other: str) -> tuple[list[str], list[str]]:
    """What is left of two words without the parts that both begin with, and both end with."""
    own, its = _BETWEEN.split(word), _BETWEEN.split(other)
    for end in (0, -1):
        while own and its and own[end] == its[end]:
            own.pop(end)
            its.pop(end)
    return own, its


def edits(word: str, other: str) -> int:
    """Letters to add, drop, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, its in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == its:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
