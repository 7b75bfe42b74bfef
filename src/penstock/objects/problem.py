"""A problem that a check found in one object, before it is a finding.

Checks work on paths of the value that they are given; `decode` translates them
to what was written, decides what has to be left out, and says so.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from penstock.model import FieldPath, FindingCode


class Harm(enum.Enum):
    """What a problem costs."""

    LEAVES_OUT = enum.auto()
    """The smallest part around it that can be left out, at worst the object."""
    NOTHING = enum.auto()
    """Nothing beyond what the message says."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; the message is a whole sentence or more."""

    code: FindingCode
    path: FieldPath
    message: str
    hint: str = ""
    harm: Harm = Harm.LEAVES_OUT
    of_absence: bool = False
    """That something is missing: follows from, and is hushed by, a problem below the path."""
