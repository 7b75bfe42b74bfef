"""A workload's pods while whatever leads to them adds its ports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.standin.spec import PodPort
from penstock.standin.workloads import Workload


@dataclass(slots=True)
class Draft:
    """What is known so far of the pods of one workload."""

    workload: Workload
    services: list[str] = field(default_factory=list)
    ports: dict[tuple[int, str], PodPort] = field(default_factory=dict)
    """By the port as the input has it, and the transport."""
    health: tuple[tuple[str, str], ...] = ()
    """As in `PodSpec.health`."""
    fixed: dict[tuple[int, str], int] = field(default_factory=dict)
    """Ports whose bound number was chosen for several workloads together."""


def fix_together(drafts: Sequence[Draft], number: int, offset: int) -> None:
    """Move a TCP port below 1024 to a number that is free in all of these workloads."""
    if not offset or number >= 1024:
        return
    taken = {
        port for draft in drafts for port in (*(p for p, _ in draft.ports), *draft.fixed.values())
    }
    actual = number + offset
    while actual in taken:
        actual += 1
    for draft in drafts:
        draft.fixed[number, "tcp"] = actual


def bound_numbers(
    wanted: Collection[tuple[int, str]],
    offset: int,
    fixed: Mapping[tuple[int, str], int] | None = None,
) -> dict[tuple[int, str], int]:
    """The number each port binds: a fixed one, its own, or moved by `offset` past what is taken."""
    bound = {key: key[0] for key in wanted if not offset or key[0] >= 1024}
    bound.update(fixed or {})
    taken = {(number, transport) for (_, transport), number in bound.items()}
    for number, transport in sorted(key for key in wanted if key not in bound):
        actual = number + offset
        while (actual, transport) in taken:
            actual += 1
        taken.add((actual, transport))
        bound[number, transport] = actual
    return bound
