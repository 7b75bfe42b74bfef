"""Where one proxy keeps its files, and what to do when that path is too long for sockets."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_SOCKET_PATH_LIMIT: Final = 107
"""`sun_path` has 108 bytes, the last is NUL."""

_LONGEST_SOCKET_NAME: Final = len("/admin.sock")


@dataclass(frozen=True, slots=True)
class ProxyPaths:
    """Files and sockets of one proxy, all below directories that only we can enter."""

    state: Path
    sockets: Path
    """The state directory, or a short directory elsewhere that it names in `sockets`."""

    @classmethod
    def prepare(cls, state: Path) -> Self:
        """Make the directories (mode 0700); raises OSError when that fails."""
        state = state.absolute()
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if len(os.fsencode(state)) + _LONGEST_SOCKET_NAME <= _SOCKET_PATH_LIMIT:
            return cls(state, state)
        return cls(state, _short_directory(state / "sockets"))

    def discard_sockets(self) -> None:
        """Remove a socket directory outside of the state directory, once nobody uses it."""
        if self.sockets != self.state:
            shutil.rmtree(self.sockets, ignore_errors=True)
            (self.state / "sockets").unlink(missing_ok=True)

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
    def admin_socket(self) -> Path:
        """Envoy's admin interface."""
        return self.sockets / "admin.sock"

    @property
    def xds_socket(self) -> Path:
        """The control plane's xDS server."""
        return self.sockets / "xds.sock"


def _short_directory(record: Path) -> Path:
    """The directory that `record` names, if it is still there and ours alone, or a new one."""
    try:
        known = Path(record.read_text())
        status = known.lstat()
        if known.is_dir() and status.st_uid == os.geteuid() and status.st_mode & 0o77 == 0:
            return known
    except OSError:
        pass
    made = Path(tempfile.mkdtemp(prefix="penstock-", dir=_runtime_directory()))
    record.write_text(str(made))
    return made


def _runtime_directory() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    short = bool(runtime) and len(os.fsencode(runtime)) < 60 and os.access(runtime, os.W_OK)
    return runtime if short else "/tmp"  # noqa: S108 - mkdtemp makes the name unguessable
