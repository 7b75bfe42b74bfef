"""Where one proxy keeps its files, and what to do when that path is too long for sockets."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SOCKET_PATH_LIMIT: Final = 107
"""`sun_path` has 108 bytes, the last is NUL."""

_LONGEST_SOCKET_NAME: Final = len("/hot_udp_parent_18446744071900602630")
"""Envoy's own sockets for hot restarts have the longest names."""

_PREFIX: Final = "penstock-"
_OWNER: Final = "state-directory"


def socket_directory(state: Path, *, make: bool) -> Path:
    """The state directory, or a short one elsewhere that its link `sockets` leads to.

    Without `make` a directory that is missing is not made, for those who only look.
    Raises OSError when it cannot be made.
    """
    if len(os.fsencode(state)) + _LONGEST_SOCKET_NAME <= _SOCKET_PATH_LIMIT:
        return state
    link = state / "sockets"
    known = _linked(link)
    if known is not None or not make:
        return known or state
    base = Path(_runtime_directory())
    _sweep(base)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    (made / _OWNER).write_text(str(state))
    link.unlink(missing_ok=True)
    link.symlink_to(made)
    return made


def discard_socket_directory(state: Path) -> None:
    """Remove a directory that `socket_directory` made elsewhere, once nobody uses it."""
    link = state / "sockets"
    if (known := _linked(link)) is not None:
        shutil.rmtree(known, ignore_errors=True)
        link.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class ProxyPaths:
    """Files and sockets of one proxy, all below directories that only we can enter."""

    state: Path
    sockets: Path
    """As `socket_directory` says."""
    xds: Path | None = None
    """The xDS server's socket if it is another proxy's directory that has it."""

    @property
    def lock(self) -> Path:
        """Held by the control plane that is in charge."""
        return self.state / "envoy.lock"

    @property
    def bootstrap(self) -> Path:
        """What Envoy is started with."""
        return self.state / "envoy-bootstrap.json"

    @property
    def pid_file(self) -> Path:
        """Which Envoy runs; outlives the control plane."""
        return self.state / "envoy.pid"

    @property
    def log(self) -> Path:
        """Envoy's own log."""
        return self.state / "envoy.log"

    @property
    def base_id(self) -> Path:
        """Envoy's number on this machine, by which a hot restart finds its parent."""
        return self.state / "envoy.base-id"

    @property
    def admin_socket(self) -> Path:
        """Envoy's admin interface."""
        return self.sockets / "admin.sock"

    @property
    def hot_restart_socket(self) -> Path:
        """What the names of Envoy's sockets between parent and child begin with."""
        return self.sockets / "hot"

    @property
    def xds_socket(self) -> Path:
        """The control plane's xDS server."""
        return self.xds or self.sockets / "xds.sock"

    def sweep(self) -> None:
        """Remove what an Envoy leaves behind; none may be running."""
        self.pid_file.unlink(missing_ok=True)
        self.admin_socket.unlink(missing_ok=True)
        for socket in self.sockets.glob(f"{self.hot_restart_socket.name}_*"):
            # Envoy takes the same 32 bits as a signed number here, as an unsigned one there.
            number = int(socket.name.rpartition("_")[2]) % 2**32
            Path(f"/dev/shm/envoy_shared_memory_{number}").unlink(missing_ok=True)  # noqa: S108
            socket.unlink(missing_ok=True)
        self.base_id.unlink(missing_ok=True)


def _linked(link: Path) -> Path | None:
    """The directory behind the link, if it is there and ours alone."""
    with suppress(OSError):
        known = link.readlink()
        status = known.lstat()
        if known.is_dir() and status.st_uid == os.geteuid() and status.st_mode & 0o77 == 0:
            return known
    return None


def _sweep(base: Path) -> None:
    """Remove short directories whose state directory is gone (deleted while something ran)."""
    for known in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            owner = (known / _OWNER).read_text()
            if known.lstat().st_uid == os.geteuid() and _linked(Path(owner, "sockets")) != known:
                shutil.rmtree(known, ignore_errors=True)


def _runtime_directory() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    short = bool(runtime) and len(os.fsencode(runtime)) < 40 and os.access(runtime, os.W_OK)
    return runtime if short else "/tmp"  # noqa: S108 - mkdtemp makes the name unguessable
