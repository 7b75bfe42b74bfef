"""What the YAML steps raise among themselves; `parse` turns it into a finding."""

from __future__ import annotations

from penstock.model import FindingCode


class BadYamlError(Exception):
    """A document cannot be read; `index` counts characters from the document's start."""

    def __init__(self, code: FindingCode, index: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.index = index
        self.message = message
        self.hint = hint
