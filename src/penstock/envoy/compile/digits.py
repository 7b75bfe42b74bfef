"""Ranges of natural numbers as regular expressions."""

from __future__ import annotations

from typing import Final

NEVER: Final = r"[^\x00-\xff]"
"""Matches nothing, to an RE2 that reads bytes as Envoy's does."""


def digits_between(low: int, high: int) -> str:
    """An RE2 for the decimal numbers from ``low`` to ``high``, both included."""
    parts = []
    while low <= high:
        end = min(high, 10 ** len(str(low)) - 1)
        parts += _same_length(str(low), str(end))
        low = end + 1
    return "|".join(parts) or NEVER


def _same_length(low: str, high: str) -> list[str]:
    if not low:
        return [""]
    rest = len(low) - 1
    if low[0] == high[0]:
        return [low[0] + part for part in _same_length(low[1:], high[1:])]
    first, last, parts, tail = int(low[0]), int(high[0]), [], []
    if low[1:].strip("0"):
        parts = [low[0] + part for part in _same_length(low[1:], "9" * rest)]
        first += 1
    if high[1:].strip("9"):
        tail = [high[0] + part for part in _same_length("0" * rest, high[1:])]
        last -= 1
    if first <= last:
        parts.append(f"[{first}-{last}]" + "[0-9]" * rest)
    return parts + tail
