"""A problem that a check found in one object, before it is a finding.

Checks work on paths of the value that they are given; `decode` translates them
to what was written, decides what has to be left out, and says so.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from penstock.model import FieldPath, FindingCode
from penstock.objects import codes


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
    absent: tuple[str, ...] = ()
    """The fields below the path of which one is missing; the problem is hushed where another one
    explains why."""
    meant: str = ""
    """The field that a misspelt one most likely stands for."""
    also: tuple[FieldPath, ...] = ()
    """Further places that have to be left out."""

    def explains(self, other: Problem) -> bool:
        """Whether `other` says that something is missing that this one says is written wrongly."""
        if not other.absent:
            return False
        above = len(other.path)
        deeper = self.path[:above] == other.path and len(self.path) > above + 1
        if deeper and self.path[above] in other.absent:
            return True  # What is wrong further down was left out, which emptied this.
        if self.absent:
            return False
        if self.code is codes.WRONG_TYPE and self.path == other.path[: len(self.path)]:
            return True
        if self.path[:-1] == other.path:
            misplaced = self.code in (codes.MISPLACED_FIELD, codes.OLD_FIELD)
            if misplaced or self.meant in other.absent:
                return True
        length = len(other.path)
        below = self.path[:length] == other.path and self.path[length : length + 1]
        return bool(below) and self.path[length] in other.absent and not self.meant
