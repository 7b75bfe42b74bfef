"""The values that all parts are made of, and who set them."""

from __future__ import annotations

import msgspec

from penstock.model import Origin, Setting


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """Base of all parts: keys in camel case."""


class Source(Part, frozen=True):
    """Where something comes from."""

    text: str
    """All of it in one line."""
    file: str | None
    line: int | None
    object: str | None
    field: str | None
    annotation: str | None
    default_of: str | None
    """Whose default it is, if nobody wrote it."""


def source(origin: Origin) -> Source:
    """An origin with its position looked up."""
    position = origin.position
    path = origin.path
    is_annotation = path[:2] == ("metadata", "annotations") and len(path) > 2
    return Source(
        text=origin.describe(),
        file=origin.file,
        line=position.line if position else None,
        object=origin.object or None,
        field=origin.field or None,
        annotation=str(path[2]) if is_annotation else None,
        default_of=origin.default_of,
    )


PLANE = source(Origin.default("the Envoy plane"))
"""What holds for every proxy, whatever the input says."""


class Text(Part, frozen=True):
    """A value with who set it."""

    value: str
    origin: Source


class Count(Part, frozen=True):
    """A number with who set it; None where a name stands for it."""

    value: int | None
    origin: Source


class Seconds(Part, frozen=True):
    """A time limit; 0 is no limit."""

    seconds: float
    origin: Source


def text(setting: Setting[str] | None) -> Text | None:
    """A text with who set it."""
    return None if setting is None else Text(setting.value, source(setting.origin))


def seconds(setting: Setting[float]) -> Seconds:
    """A time limit with who set it."""
    return Seconds(setting.value, source(setting.origin))
