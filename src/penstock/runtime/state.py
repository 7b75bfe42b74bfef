"""The state directory: what an instance keeps between runs, and how others find it.

One instance a directory (an flock says so).  Everything in it is private to the
user (0700); files are replaced atomically.  Sockets live in it too unless its
path is too long for a Unix socket, then in a private directory under the
runtime directory that the state directory records.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from penstock.envoy import atomic
from penstock.envoy.paths import discard_socket_directory, socket_directory

_LOCK: Final = "lock"
"""The first file in every state directory, which stays; by it we know one."""


class StateDirBusyError(Exception):
    """Another instance runs on the state directory."""


class NotAStateDirError(Exception):
    """The directory was not made for an instance; the message says why."""


def base_dir() -> Path:
    """Where state directories live unless asked otherwise: ``$XDG_STATE_HOME/penstock``."""
    configured = os.environ.get("XDG_STATE_HOME")
    if configured:
        return Path(configured) / "penstock"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if home.is_absolute() and os.access(home, os.W_OK):
        return home / ".local" / "state" / "penstock"
    return Path(tempfile.gettempdir()) / f"penstock-{os.getuid()}"


def default_state_dir(sources: Sequence[str]) -> Path:
    """A directory of their own for these sources: same sources, same addresses next time."""
    absolute = sorted(s if s == "-" else os.path.abspath(s) for s in sources)  # noqa: PTH100
    digest = hashlib.blake2b("\0".join(absolute).encode(), digest_size=4).hexdigest()
    stem = "stdin" if absolute == ["-"] else Path(absolute[0]).stem or "root"
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", stem)[:32]
    return base_dir() / f"{readable}-{digest}"


class StateDir:
    """An open, locked state directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @classmethod
    def open(cls, path: Path) -> StateDir:
        """Create the directory if need be and lock it.

        Raises:
            StateDirBusyError: another instance holds it.
            NotAStateDirError: it is there, but not for us, and stays as it is.
            OSError: it cannot be made or written.
        """
        if not _made(path) and (reason := _not_ours(path)):
            raise NotAStateDirError(f"{path} is no state directory: {reason}")
        path.chmod(0o700)
        state = cls(path.resolve())
        state._lock = _lock_file(state.path / _LOCK)
        return state

    @classmethod
    def open_for(cls, sources: Sequence[str]) -> StateDir:
        """Open the sources' own directory, or a numbered sibling while that one is busy."""
        first = default_state_dir(sources)
        for number in range(1, 100):
            candidate = first if number == 1 else first.with_name(f"{first.name}-{number}")
            with contextlib.suppress(StateDirBusyError):
                return cls.open(candidate)
        raise StateDirBusyError(f"99 instances already run on {first}")

    def close(self) -> None:
        """Let another instance have it; sockets stay only for a proxy that runs on."""
        if self._lock is not None:
            if not (self.path / "envoy.pid").exists():
                discard_socket_directory(self.path)
            os.close(self._lock)
            self._lock = None

    @property
    def sockets(self) -> Path:
        """A directory whose path is short enough for Unix sockets."""
        return socket_directory(self.path, make=self._lock is not None)

    @property
    def control_socket(self) -> Path:
        """Where the running instance serves its control API."""
        return self.sockets / "control.sock"

    def read_json(self, name: str) -> object:
        """A JSON file of the directory, or None if it is missing or damaged."""
        try:
            return json.loads((self.path / name).read_text())
        except (OSError, ValueError):
            return None

    def write(self, name: str, data: bytes, mode: int = 0o600) -> Path:
        """Replace a file atomically: readers see the old or the new content, never a part."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic.replace(target, data, mode)
        return target


def _made(path: Path) -> bool:
    """Make the directory; False if there is one."""
    try:
        path.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        return False
    return True


def _not_ours(path: Path) -> str | None:
    """Why an existing directory must not become private to us, None if it may.

    It may if it is the user's own, and empty or a state directory already: `/tmp` or a
    project must not be closed to everybody else by a slip of the hand.
    """
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        return "it is a file"
    if status.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if status.st_mode & stat.S_ISVTX:
        return "it is shared by all users"
    if any(path.iterdir()) and not _has_lock(path / _LOCK):
        return "there is something else in it"
    return None


def _has_lock(path: Path) -> bool:
    """Whether there is a lock file as we write it: a process id, or still nothing."""
    try:
        return path.is_file() and re.fullmatch(rb"(\d+\n)?", path.read_bytes()) is not None
    except OSError:
        return False


def _lock_file(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise StateDirBusyError(f"another instance runs on {path.parent}") from error
        raise
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def is_running(path: Path) -> bool:
    """Whether an instance holds the state directory's lock."""
    try:
        descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def register(state: StateDir) -> None:
    """Leave a pointer so that `penstock status` finds directories that are elsewhere."""
    registry = base_dir() / "instances"
    registry.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.blake2b(os.fsencode(state.path), digest_size=6).hexdigest()
    pointer = registry / digest
    temporary = registry / f".{digest}.{os.getpid()}"
    temporary.write_text(f"{state.path}\n")
    temporary.replace(pointer)


def running_instances() -> Iterator[Path]:
    """State directories of the user's running instances; forgets those that ended."""
    registry = base_dir() / "instances"
    if not registry.is_dir():
        return
    for pointer in sorted(p for p in registry.iterdir() if not p.name.startswith(".")):
        path = Path(pointer.read_text().strip())
        if is_running(path):
            yield path
        else:
            pointer.unlink(missing_ok=True)
