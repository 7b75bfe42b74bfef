"""Addresses that outlive a control plane: of load balancers, and of stand-in pods.

Kept in two equal files, so that one damaged file moves no address.  What is
read is checked value by value; a value that is no address is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from penstock.objects.naming import is_ip
from penstock.runtime.addresses import PodAddresses
from penstock.runtime.keeper import Keeper
from penstock.runtime.state import StateDir

LOAD_BALANCERS: Final = "addresses.json"
PODS: Final = "pods.json"
_COPY: Final = ".copy"

PodKey = tuple[str, int]
"""A workload, and which of its pods."""


class Remembered:
    """What the last run decided, and what this one decides."""

    def __init__(self, state: StateDir, keeper: Keeper) -> None:
        self._state = state
        self._keeper = keeper
        self._noted: dict[str, Mapping[str, str]] = {}

    def load_balancers(self) -> dict[str, str]:
        """Load balancer → address."""
        return self._read(LOAD_BALANCERS)

    def pods(self, addresses: PodAddresses) -> dict[PodKey, str]:
        """Pod → address, those that can still be had."""
        found: dict[PodKey, str] = {}
        for name, address in self._read(PODS).items():
            workload, _, index = name.rpartition("#")
            if index.isdigit() and ":" not in address and addresses.keep(address):
                found[workload, int(index)] = address
        return found

    def note(self, load_balancers: Mapping[str, str], pods: Mapping[PodKey, str]) -> None:
        """Remember these, if they are not what is remembered already."""
        self._note(LOAD_BALANCERS, load_balancers)
        self._note(PODS, {f"{workload}#{index}": a for (workload, index), a in pods.items()})

    def _note(self, name: str, values: Mapping[str, str]) -> None:
        if self._noted.get(name) == values:
            return
        self._noted[name] = dict(values)
        content = json.dumps(values, indent=1, sort_keys=True).encode() + b"\n"
        self._keeper.note(name, lambda: content)
        self._keeper.note(name + _COPY, lambda: content)

    def _read(self, name: str) -> dict[str, str]:
        values: dict[str, str] = {}
        for candidate in (name + _COPY, name):
            found = self._state.read_json(candidate)
            if isinstance(found, dict):
                values |= {str(k): str(v) for k, v in found.items() if is_ip(str(v))}
        return values
