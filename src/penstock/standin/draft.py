"""A workload's pods while whatever leads to them adds its ports."""

from __future__ import annotations

from collections.abc import Collection
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
    check_path: str | None = None
    """What a load balancer's health check asks for; None leaves it to the readiness probe."""


def bound_numbers(wanted: Collection[tuple[int, str]], offset: int) -> dict[tuple[int, str], int]:
    """The number each port binds: its own, or moved by `offset` past what is taken."""
    bound = {key: key[0] for key in wanted if not offset or key[0] >= 1024}
    taken = {(number, transport) for (_, transport), number in bound.items()}
    for number, transport in sorted(key for key in wanted if key not in bound):
        actual = number + offset
        while (actual, transport) in taken:
            actual += 1
        taken.add((actual, transport))
        bound[number, transport] = actual
    return bound
