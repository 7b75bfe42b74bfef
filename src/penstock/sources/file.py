"""One file: its bytes, what they gave, and whether they have to be read again."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from penstock.objects.parse import MAX_BYTES, Parser
from penstock.sources import codes
from penstock.sources.discover import about, unreadable
from penstock.sources.last_good import FORGET_HINT, Memory, View, keep_all, merge

_Signature = tuple[int, int, int, int]


class File:
    """A manifest file through its life."""

    def __init__(self, name: str, path: str, memory: Memory | None = None) -> None:
        """`memory` is asked only if the file's first text does not give everything."""
        self.name = name
        self.path = path
        self.view = View()
        self._memory = memory
        self.held_blank = False
        """Whether the file was just emptied, which may be the first half of a save."""
        self._parser = Parser(name)
        self._data: bytes | None = None
        self._signature: _Signature | None = None
        self._names: frozenset[str] = frozenset()
        self._stream = False

    @property
    def names(self) -> frozenset[str]:
        """Every path by which the watcher may report the file."""
        return self._names

    def named_by(self, touched: frozenset[str]) -> bool:
        """Whether the file is among paths that the watcher reported."""
        return not touched.isdisjoint(self._names)

    def refresh(self, certain: bool, accept_blank: bool, may_wait: bool = False) -> bool:
        """Read the file again if it seems to have changed; says whether what it gives changed.

        `certain` skips the look at the file's times, which are coarse: two saves within a few
        milliseconds may have the same.  Without `accept_blank` an emptied file is held back.
        Only with `may_wait` a pipe is read, once: that may take as long as its writer likes.

        Raises:
            FileNotFoundError: the file is gone.
        """
        if self._stream:
            return False
        try:
            status = os.stat(self.path)  # noqa: PTH116 - thousands of files a look
            signature = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
            if signature == self._signature and not certain and not self.held_blank:
                return False
            is_stream = may_wait and not stat.S_ISREG(status.st_mode)
            data = _read(self.path, may_wait=is_stream)
        except FileNotFoundError:
            raise
        except OSError as error:
            return self._unreadable(error)
        self._stream = is_stream
        self._signature = signature
        self._names = _names(self.path)
        return self.take(data, accept_blank)

    def take(self, data: bytes, accept_blank: bool = True) -> bool:
        """Take over the file's bytes; says whether what it gives changed."""
        if data == self._data:
            self.held_blank = False
            return False
        blank = not data.strip()
        if blank and self.view.objects and not accept_blank:
            self.held_blank = True
            return False
        self.held_blank = False
        self._data = data
        if blank:
            empty = about(codes.EMPTY, self.name, f"`{self.name}` is empty.")
            # Emptied before our eyes it is meant so; found empty, it may be an accident.
            before = self._recall() or View()
            self.view = keep_all(before, empty, self.name, FORGET_HINT)
            return True
        parsed = self._parser.parse(data)
        if parsed.broken or parsed.left_out:
            self.view = self._recall() or self.view
        self._memory = None
        self.view = merge(self.view, parsed, self.name)
        return True

    def restore(self) -> None:
        """Give what is remembered, in place of a file that is not there."""
        self.view = keep_all(self._recall() or View(), None, self.name, FORGET_HINT)

    def _recall(self) -> View | None:
        """What the file gave before we started, for its first reading only."""
        memory, self._memory = self._memory, None
        return memory.recall(self.name) if memory is not None else None

    def _unreadable(self, error: OSError) -> bool:
        self.view = self._recall() or self.view
        view = keep_all(self.view, unreadable(self.name, error), self.name)
        changed = view != self.view
        self.view, self._data, self._signature = view, None, None
        return changed


def read_stream(stream: BinaryIO) -> bytes:
    """All of a stream, up to just beyond the limit at which the parser refuses it."""
    return stream.read(MAX_BYTES + 1)


def _read(path: str, *, may_wait: bool) -> bytes:
    opener = None if may_wait else _open_at_once
    with open(path, "rb", opener=opener) as stream:
        return read_stream(stream)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for anybody who writes, as one would for a pipe."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISCHR(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise OSError(errno.ESPIPE, "it is a pipe; those are read at the start only, given by name")


def _names(path: str) -> frozenset[str]:
    """The paths by which a watcher may speak of a file."""
    folder = os.path.realpath(Path(path).parent)
    return frozenset((str(Path(folder, Path(path).name)), os.path.realpath(path)))
