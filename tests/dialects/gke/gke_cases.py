"""Golden cases of the dialect: where they are."""

from __future__ import annotations

from pathlib import Path

import golden_cases
from golden_cases import NOW, Case, codes_of, found, options, parse, translated

__all__ = ["NOW", "Case", "all_cases", "codes_of", "found", "options", "parse", "translated"]

CASES = Path(__file__).parent / "cases"


def all_cases() -> list[Case]:
    return golden_cases.all_cases(CASES)
