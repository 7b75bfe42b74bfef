"""What a request must satisfy for a host or route rule to take it."""

from __future__ import annotations

import enum

import msgspec


class HostKind(enum.StrEnum):
    """How a host pattern covers names."""

    EXACT = "EXACT"
    ONE_LABEL_WILDCARD = "ONE_LABEL_WILDCARD"
    """``*.foo.com`` covers ``a.foo.com``, not ``a.b.foo.com`` (Kubernetes Ingress)."""
    SUFFIX = "SUFFIX"
    """``*.foo.com`` covers ``a.foo.com`` and ``a.b.foo.com``, ``*-foo.com`` covers ``a-foo.com``;
    the longest suffix wins (Compute URL maps)."""
    ANY = "ANY"
    """Every host, and requests without one."""


class HostPattern(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Which hosts a host rule is for."""

    kind: HostKind
    value: str = ""
    """Lower case: the name; of a wildcard for one label the part after ``*.``; of a SUFFIX the
    part after ``*``, with its ``.`` or ``-``; empty for ANY."""
    port: int = 0
    """Only requests whose Host header names this port; 0 leaves ports out of account."""

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        if self.kind is HostKind.EXACT:
            return self.value + port
        star = {HostKind.ANY: "*", HostKind.SUFFIX: f"*{self.value}"}
        return star.get(self.kind, f"*.{self.value}") + port


class PathKind(enum.StrEnum):
    """How a path is compared; the query string never takes part."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    """By path element: ``/foo`` covers ``/foo`` and ``/foo/bar``, not ``/foobar``."""
    TEXT_PREFIX = "TEXT_PREFIX"
    """By character: ``/foo`` covers ``/foobar`` too (Compute's prefixMatch)."""
    REGEX = "REGEX"
    """RE2 on the whole path."""
    TEMPLATE = "TEMPLATE"
    """``/a/*/{rest=**}``: ``*`` is one segment, ``**`` any number, braces name what was found
    (Compute's pathTemplateMatch)."""


class PathMatch(msgspec.Struct, frozen=True):
    """A test on the request's path."""

    kind: PathKind
    value: str
    """For PREFIX without trailing slash (but ``/`` itself); for REGEX an RE2."""
    ignore_case: bool = False


class ValueKind(enum.StrEnum):
    """How the value of a header or of a query parameter is compared."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    SUFFIX = "SUFFIX"
    REGEX = "REGEX"
    """RE2 on the whole value."""
    PRESENT = "PRESENT"
    RANGE = "RANGE"
    """A decimal integer from `start` up to, but without, `end`; nothing else matches."""


class HeaderMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test on one header; of several lines of one header it is enough that one passes."""

    name: str
    """Lower case; ``:method`` and ``:authority`` for the request line's parts, `HOST_PORT`."""
    kind: ValueKind
    value: str = ""
    """Empty for PRESENT and RANGE."""
    start: int = 0
    end: int = 0
    invert: bool = False
    """Whether the test has to fail; a missing header then matches."""


HOST_PORT = "PORT"
"""In place of a header's name: the port that the Host header names (Compute's ``PORT``)."""


class QueryMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test on one query parameter; of several with the same name the first counts."""

    name: str
    kind: ValueKind
    """EXACT, REGEX or PRESENT."""
    value: str = ""


class RouteMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a request must satisfy for a route rule."""

    path: PathMatch
    headers: tuple[HeaderMatch, ...] = ()
    query: tuple[QueryMatch, ...] = ()
