"""Where something was written: the thread from every setting back to its author.

An origin names the object and the field path; the line is looked up only when
somebody asks (a finding is shown, `show` prints a model), because thousands of
origins are made on every start and few are ever read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

FieldPath = tuple[str | int, ...]
"""Keys and list indexes from an object's root, e.g. ``("spec", "rules", 0, "host")``."""

T_co = TypeVar("T_co", covariant=True)


class Position(NamedTuple):
    """A place in a file; both counted from one."""

    line: int
    column: int


class Locator(Protocol):
    """Knows the source text of one object."""

    @property
    def file(self) -> str:
        """The file as the user named it, or a description of the source (``<stdin>``)."""
        ...

    def locate(self, path: FieldPath) -> Position:
        """Where ``path`` is written, or its nearest parent that is written."""
        ...

    def written(self, path: FieldPath) -> FieldPath:
        """``path`` as it was written, if items were left out of the object's lists."""
        ...


def format_path(path: FieldPath) -> str:
    """Write a field path: ``spec.rules[0].host``, ``metadata.annotations["a/b"]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif all(c.isalnum() or c in "-_" for c in step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: a field of an object, or a default and whose it is."""

    object: str
    """As people write it, ``Ingress default/web``; empty for a default or a whole file."""
    path: FieldPath = ()
    """The field in the typed object; `written` is the one that people count."""
    locator: Locator | None = field(default=None, compare=False, repr=False)
    default_of: str | None = None
    """For a default: who set it, e.g. ``dialect ingress``."""
    at: str = field(default="", repr=False)
    """Which text it is in, if the object's name does not say; keeps equal findings of two files,
    or of two objects without a name, apart."""

    @classmethod
    def default(cls, owner: str) -> Origin:
        """The origin of a value that nobody wrote: ``owner``'s default."""
        return cls(object="", default_of=owner)

    @property
    def written(self) -> FieldPath:
        """The field path as it was written, before bad items were left out of lists."""
        return self.locator.written(self.path) if self.locator else self.path

    @property
    def field(self) -> str:
        """The field path as text, as it was written."""
        return format_path(self.written)

    @property
    def file(self) -> str | None:
        """The file in which the object is written, if it is in one."""
        return self.locator.file if self.locator else None

    @property
    def position(self) -> Position | None:
        """Line and column of the field, if it is written in a file."""
        return self.locator.locate(self.path) if self.locator else None

    def child(self, *steps: str | int) -> Origin:
        """The origin of a field below this one."""
        return Origin(self.object, (*self.path, *steps), self.locator, self.default_of, self.at)

    def describe(self) -> str:
        """One line for people: ``shop.yaml:12 Ingress default/web spec.rules[0]``."""
        if self.default_of is not None:
            return f"default of {self.default_of}"
        position = self.position
        place = f"{self.file}:{position.line}" if position else self.file
        return " ".join(part for part in (place, self.object, self.field) if part)


class Setting(msgspec.Struct, Generic[T_co], frozen=True):
    """A value that can say who set it."""

    value: T_co
    origin: Origin
