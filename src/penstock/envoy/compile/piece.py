"""What compile steps hand on: bytes with their findings, remembered by their inputs.

The results of unchanged inputs are kept from one compilation to the next
(DESIGN.md, invariant 10).  Inputs are compared by identity first, which is what
Python's tuple comparison does, then by value.  A piece with findings is never
reused: findings point into source text, and text may have moved where values
have not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from penstock.envoy.compile.codes import INVALID_REGEX, INVALID_RESOURCE
from penstock.envoy.resources import EnvoyResource
from penstock.model import Finding, Origin


@dataclass(frozen=True, slots=True)
class Piece:
    """A resource, or None where preflight refused it, and what was found on the way."""

    resource: EnvoyResource | None
    findings: tuple[Finding, ...] = ()


class Memo:
    """Pieces by name, each good as long as its inputs are equal."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tuple[object, ...], Piece]] = {}

    def get(self, name: str, inputs: tuple[object, ...], build: Callable[[], Piece]) -> Piece:
        """The piece made from ``inputs``, built unless the last one was made from equal ones."""
        entry = self._entries.get(name)
        if entry is not None and not entry[1].findings and entry[0] == inputs:
            return entry[1]
        piece = build()
        self._entries[name] = (inputs, piece)
        return piece

    def retain(self, names: Iterable[str]) -> None:
        """Forget all but ``names``."""
        kept = set(names)
        if len(self._entries) > len(kept):
            self._entries = {name: self._entries[name] for name in kept & self._entries.keys()}


def refused(origin: Origin, problems: Iterable[str], consequence: str) -> Finding:
    """The finding that Envoy would refuse what ``origin`` is compiled to."""
    reasons = "; ".join(problem.removeprefix(": ") for problem in problems)
    code = INVALID_REGEX if "regular expression" in reasons else INVALID_RESOURCE
    return code.at(origin, f"The proxy would refuse this ({reasons}); {consequence}.")
