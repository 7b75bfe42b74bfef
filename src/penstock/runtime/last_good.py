"""The last good state on disk: what each file gave to the world that is served.

Every record is one file of `last-good/` in the state directory, for one file of
the input: its name, and the text of the documents whose objects are live.  A
restart reads a record only when the file itself does not give all.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock.runtime.keeper import Keeper
from penstock.runtime.state import StateDir
from penstock.sources.files import Batch
from penstock.sources.last_good import View
from penstock.sources.record import DamagedError, decode, decode_name, encode

_log = logging.getLogger(__name__)
_FOLDER = "last-good"


class LastGood:
    """Remembers for the next start, and recalls from the last one."""

    def __init__(self, state: StateDir, keeper: Keeper) -> None:
        self._folder = state.path / _FOLDER
        self._keeper = keeper
        self._noted: dict[str, View] = {}

    def forget(self) -> None:
        """Remove every record."""
        for record in self._records():
            record.unlink(missing_ok=True)

    def recall(self, name: str) -> View | None:
        """What the file gave when it was last good; None if nothing is remembered."""
        path = self._folder / _file_name(name)
        try:
            where, view = decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as error:
            _log.warning("event=last-good-damaged path=%s error=%r", path, str(error))
            return None
        return view if where == os.path.abspath(name) else None  # noqa: PTH100

    def names(self) -> Iterator[str]:
        """Files of which something is remembered."""
        for record in self._records():
            with contextlib.suppress(OSError, DamagedError), record.open("rb") as file:
                yield decode_name(file.readline(65536))

    def note(self, batch: Batch) -> None:
        """The batch is served now: remember it."""
        for name in self._noted.keys() - batch.views.keys():
            del self._noted[name]
            self._keeper.note(f"{_FOLDER}/{_file_name(name)}", lambda: None)
        for name, view in batch.views.items():
            if self._noted.get(name) is not view:
                self._noted[name] = view
                make = functools.partial(_content, name, view)
                self._keeper.note(f"{_FOLDER}/{_file_name(name)}", make)

    def sweep(self, views: Mapping[str, View]) -> None:
        """Remove the records of files that gave nothing at the start."""
        known = {_file_name(name) for name in views}
        for record in self._records():
            if record.name not in known:
                self._keeper.note(f"{_FOLDER}/{record.name}", lambda: None)

    def _records(self) -> list[Path]:
        return sorted(self._folder.glob("*.record")) if self._folder.is_dir() else []


def _content(name: str, view: View) -> bytes | None:
    return encode(name, view) if view.objects else None


def _file_name(name: str) -> str:
    return hashlib.blake2b(os.fsencode(name), digest_size=12).hexdigest() + ".record"
