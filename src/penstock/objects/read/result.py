"""What reading gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.model import Finding
from penstock.objects.meta import Object
from penstock.objects.read.identity import Identity


@dataclass(frozen=True, slots=True)
class Read:
    """What one document, or one item of it, gave."""

    objects: tuple[Object[Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: tuple[Identity, ...] = ()
    broken: bool = False


def joined(reads: Sequence[Read]) -> Read:
    """What the items of one document gave together."""
    if len(reads) == 1:
        return reads[0]
    return Read(
        tuple(obj for read in reads for obj in read.objects),
        tuple(finding for read in reads for finding in read.findings),
        tuple(identity for read in reads for identity in read.left_out),
        any(read.broken for read in reads),
    )
