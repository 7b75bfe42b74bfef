"""What Cloud DNS says to what it refuses, in its own form.

``Invalid value for 'entity.rrset.name': ''`` is the text of its HTTP 400 answers,
for what is missing as well; why is our addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from penstock.model import FieldPath, format_path
from penstock.objects.compute.wording import shown
from penstock.objects.dns import codes
from penstock.objects.problem import Harm, Problem

_LONGEST = 80
EMPTY = "<empty>"
"""How the API shows a list that is not there."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The messages about one kind of resource."""

    entity: str
    """``entity.rrset``, ``entity.managedZone``."""

    def field(self, path: FieldPath) -> str:
        """A field's name in messages."""
        written = format_path(path)
        return f"{self.entity}.{written}" if written else self.entity

    def invalid(
        self,
        path: FieldPath,
        value: Any,
        reason: str,
        hint: str = "",
        harm: Harm = Harm.LEAVES_OUT,
    ) -> Problem:
        """A value that is not allowed; `reason` is a whole sentence."""
        message = f"Invalid value for '{self.field(path)}': '{shown(path, value)}'. {reason}"
        return Problem(codes.INVALID_VALUE, path, message, hint, harm)

    def required(self, path: FieldPath, name: str, hint: str = "", value: str = "") -> Problem:
        """A field below `path` that has to be there."""
        where = self.field((*path, name))
        message = f"Invalid value for '{where}': '{value}'. It has to be written."
        return Problem(codes.MISSING_FIELD, path, message, hint, absent=(name,))

    def unknown(self, path: FieldPath, hint: str, meant: str) -> Problem:
        """A field that the API does not have; the last step of `path` is its name."""
        message = (
            f'Invalid JSON payload received. Unknown name "{str(path[-1])[:_LONGEST]}" at '
            f"'{self.field(path[:-1])}': Cannot find field."
        )
        return Problem(codes.UNKNOWN_FIELD, path, message, hint, Harm.NOTHING, meant=meant)
