"""The access log of a local instance: kept within bounds, and shown if asked for.

Envoy writes to a file.  One in the state directory is rotated when it has grown
large; `--access-log -` copies what is written to standard output (Envoy outlives
the control plane, so its own output is no place for it).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

_POLL_SECONDS = 0.1
_LARGEST = 64 << 20
"""Bytes; one older log is kept beside the current one."""
STDOUT = "stdout"
OFF = "off"


class UnusableError(OSError):
    """The access log cannot be written where the user wants it."""


class AccessLog:
    """The file that Envoy writes, and what becomes of it."""

    def __init__(self, wanted: str | None, state: Path) -> None:
        """`wanted` is a path, ``stdout``, ``off``, or None for a file in the state directory.

        Raises:
            UnusableError: the path cannot be written.
        """
        self._owned = wanted in (None, STDOUT)
        self._copied = wanted == STDOUT
        self.path: Path | None = None
        if wanted == OFF:
            return
        self.path = Path(wanted) if wanted and wanted != STDOUT else state / "access.log"
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            raise UnusableError(f"--access-log {self.path}: {error.strerror}") from error

    async def run(self, reopen: Callable[[], Awaitable[None]], out: BinaryIO) -> None:
        """Copy and rotate until cancelled; `reopen` makes Envoy open the file anew."""
        if self.path is None:
            return
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(self.path.open("rb")) if self._copied else None
            if source is not None:
                source.seek(0, os.SEEK_END)
            while True:
                await asyncio.sleep(_POLL_SECONDS if source else 1.0)
                if source is not None:
                    _copy(source, out)
                if self._owned and _rotate(self.path):
                    await reopen()
                    if source is not None:
                        _copy(source, out)
                        source = stack.enter_context(self.path.open("rb"))


def _rotate(path: Path) -> bool:
    try:
        if path.stat().st_size < _LARGEST:
            return False
        path.replace(path.with_name(f"{path.name}.1"))
        path.touch(0o600)
    except OSError:
        return False  # a full disk, say: the next look tries again
    return True


def _copy(source: BinaryIO, out: BinaryIO) -> None:
    if text := source.read():
        out.write(text)
        out.flush()
