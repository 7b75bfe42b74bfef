"""What is told about one proxy's process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ProcessPhase(Enum):
    """What the supervisor is doing."""

    STARTING = "starting"
    RUNNING = "running"
    RENEWING = "hot-restarting"
    WAITING = "waiting to restart"
    DRAINING = "draining"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One proxy's process, for people and metrics."""

    phase: ProcessPhase
    pid: int | None
    restarts: int
    """Times it died and was started anew."""
    last_exit: int | None
    """Exit code of the last Envoy that ended by itself; negative: the signal; None: unknown."""
    epoch: int = 0
    """Hot restarts since the first start."""
    adopted: bool = False
    """Whether a former control plane had started it."""
    former: int | None = None
    """The process before the last hot restart, while it finishes its connections."""
