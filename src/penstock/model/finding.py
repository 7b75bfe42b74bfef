"""Findings: what is wrong or noteworthy in what the user wrote.

Checks return findings, they never raise: a finding has a stable code (a section
of docs/findings.md each), a severity, the place, what is wrong and how to mend
it.  Each room declares its codes with `code()` beside the checks that use them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Final

from penstock.model.origin import Origin

GKE: Final = "gke"
"""`Finding.about` of what GKE itself would reject or warn about."""


class Severity(enum.StrEnum):
    """How bad it is; `penstock check` turns it into an exit code."""

    ERROR = "error"
    """Something does not work, or was left out."""
    WARNING = "warning"
    """It works, but probably not as meant."""
    INFO = "info"
    """Worth knowing; nothing to mend."""

    @property
    def rank(self) -> int:
        """Errors first."""
        return ("error", "warning", "info").index(self.value)


@dataclass(frozen=True, slots=True)
class FindingCode:
    """A kind of finding: ``area/kebab-name`` with its usual severity."""

    name: str
    severity: Severity
    title: str
    """One line that says what the code means, for the documentation's table."""
    about: str = ""
    """As `Finding.about`, of findings that do not say otherwise."""

    def at(
        self, origin: Origin, message: str, hint: str = "", severity: Severity | None = None
    ) -> Finding:
        """A finding of this code at ``origin``."""
        ended = message if message.endswith((".", "?", ":")) else f"{message}."
        return Finding(
            self.name,
            severity or self.severity,
            origin,
            capitalised(ended),
            capitalised(hint),
            self.about,
        )


def capitalised(text: str) -> str:
    """Begin like a sentence, unless the first word is a name (``tls.key``) or a command."""
    first = text.partition(" ")[0].rstrip(",:;")
    is_word = first.isascii() and first.isalpha() and first.islower() and first != "kubectl"
    return text[0].upper() + text[1:] if is_word else text


_catalogue: dict[str, FindingCode] = {}


def code(name: str, severity: Severity, title: str, about: str = "") -> FindingCode:
    """Declare a finding code, once, at import time.

    Raises:
        ValueError: the name is taken by another declaration.
    """
    if name in _catalogue:
        raise ValueError(f"finding code {name} is declared twice")
    _catalogue[name] = FindingCode(name, severity, title, about)
    return _catalogue[name]


def catalogue() -> tuple[FindingCode, ...]:
    """Every code declared by the modules imported so far, by name."""
    return tuple(_catalogue[name] for name in sorted(_catalogue))


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; equal ones (same code, place and words) are the same finding."""

    code: str
    severity: Severity
    origin: Origin
    message: str
    """What is wrong and why, in one or two sentences."""
    hint: str = ""
    """How to mend it."""
    about: str = ""
    """Whose verdict it is: `GKE`, or empty for what holds of Penstock or of everybody."""
    consequence: str = field(default="", compare=False, repr=False)
    """The end of the message, if that says what becomes of the object: it does not hold where an
    earlier version of the object stays live."""

    def without_consequence(self) -> Finding:
        """The same, but for what becomes of the object."""
        message = self.message.removesuffix(self.consequence).rstrip()
        end = "" if message.endswith(".") else "."
        return replace(self, message=f"{message}{end}", consequence="")

    @property
    def sort_key(self) -> tuple[int, str, int, str, str, str]:
        """Errors first, then by place."""
        position = self.origin.position
        line = position.line if position else 0
        return (
            self.severity.rank,
            self.origin.file or "",
            line,
            self.origin.object,
            self.code,
            self.message,
        )

    def as_dict(self) -> dict[str, str | int | None]:
        """The documented JSON shape of a finding."""
        position = self.origin.position
        return {
            "code": self.code,
            "severity": self.severity.value,
            "object": self.origin.object or None,
            "file": self.origin.file,
            "line": position.line if position else None,
            "column": position.column if position else None,
            "field": self.origin.field or None,
            "message": self.message,
            "hint": self.hint or None,
            "about": self.about or None,
        }
