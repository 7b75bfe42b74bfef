"""What the server tells the rest of Penstock: rejections, proxies, rollouts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from penstock.envoy.resources import EnvoyResource


@dataclass(frozen=True, slots=True)
class Nack:
    """A proxy refused one resource; it keeps running the version it had, if any."""

    node_id: str
    type_url: str
    name: str
    version: str
    """Of the refused resource."""
    message: str
    """Envoy's own words."""
    revision: str
    """The snapshot that was being rolled out."""


class Outcome(Enum):
    """How a rollout ended at one proxy."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    """Everything is answered, but at least one resource was refused."""
    TIMED_OUT = "timed out"
    """Not answered in time; the server goes on trying."""
    DISCONNECTED = "disconnected"


_ANSWERED = (Outcome.ACKNOWLEDGED, Outcome.REJECTED)


@dataclass(frozen=True, slots=True)
class Rollout:
    """What became of one published snapshot."""

    revision: str
    outcomes: Mapping[str, Outcome]
    """By node id; empty when no proxy was connected."""
    nacks: tuple[Nack, ...]
    """Refusals that stand at the end of the rollout."""
    seconds: float
    superseded: bool = False
    """A newer snapshot took over; the outcomes are those of the newer one."""

    @property
    def applied(self) -> bool:
        """Whether at least one proxy is connected and every one runs all of it."""
        return bool(self.outcomes) and all(
            outcome is Outcome.ACKNOWLEDGED for outcome in self.outcomes.values()
        )

    def answered_by(self, nodes: Iterable[str]) -> bool:
        """Whether each of these proxies has answered all of it, with or without refusals.

        One that is not connected has not: it runs what it had, or nothing yet.
        """
        return all(self.outcomes.get(node) in _ANSWERED for node in nodes)


@dataclass(frozen=True, slots=True)
class ProxyState:
    """One connected proxy."""

    node_id: str
    cluster: str
    connected_since: datetime
    revision: str | None
    """The last snapshot that it has answered in full (with or without refusals)."""
    target: str | None
    """The snapshot that it is meant to run."""
    pending: int
    """Responses that it has not answered yet."""
    settled: bool
    """Whether the target is applied and what it no longer needs is removed."""
    nacks: tuple[Nack, ...]
    """Refusals that stand."""
    resources: Mapping[str, int]
    """Type URL → how many resources it has."""


@dataclass(slots=True)
class Statistics:
    """Counters since the server was made."""

    streams: int = 0
    requests: int = 0
    responses: int = 0
    resources_sent: int = 0
    resources_removed: int = 0
    bytes_sent: int = 0
    """Of resource bodies."""
    nacks: int = 0
    """Refused responses, those that were only narrowed down included."""
    publishes: int = 0

    def count(self, resources: Collection[EnvoyResource], removed: Collection[str]) -> None:
        """One more response."""
        self.responses += 1
        self.resources_sent += len(resources)
        self.resources_removed += len(removed)
        self.bytes_sent += sum(len(resource.body) for resource in resources)

    def frozen(self) -> Mapping[str, int]:
        """The counters now, for metrics and tests."""
        return MappingProxyType(asdict(self))


class Warm(Protocol):
    """Waits until a proxy uses what it has acknowledged.

    Envoy acknowledges clusters and listeners before they are in service; only
    its admin interface tells when they are.  Implementations return early when
    they cannot know; the server bounds the wait.
    """

    async def clusters(self, node_id: str, names: Collection[str]) -> None:
        """Return when none of these clusters is warming."""

    async def listeners(self, node_id: str, names: Collection[str]) -> None:
        """Return when these listeners take connections in their newest version."""
