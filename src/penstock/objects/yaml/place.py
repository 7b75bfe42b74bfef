"""The place of a YAML error, for those who explain it."""

from __future__ import annotations

import yaml


class Place:
    """Where libyaml stopped, and the lines around it."""

    def __init__(self, error: yaml.MarkedYAMLError, text: str) -> None:
        self.text = text
        self.problem = str(error.problem or "")
        self.context = str(error.context or "")
        mark, context_mark = error.problem_mark, error.context_mark
        self.index = min(mark.index if mark else 0, len(text))
        self.context_index = context_mark.index if context_mark else self.index

    def line_start(self, index: int) -> int:
        """Where the line of a character starts."""
        return self.text.rfind("\n", 0, index) + 1

    def line_at(self, index: int) -> str:
        """The line of a character."""
        start = self.line_start(index)
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)]

    def first_of_line(self, index: int) -> int:
        """The first character of a line that is no space."""
        line = self.line_at(index)
        return self.line_start(index) + len(line) - len(line.lstrip(" "))

    @property
    def before(self) -> str:
        """The text before the place, on its line."""
        return self.text[self.line_start(self.index) : self.index]

    @property
    def character(self) -> str:
        """The character at the place."""
        return self.text[self.index : self.index + 1]
