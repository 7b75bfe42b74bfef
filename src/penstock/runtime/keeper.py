"""Writes what has to outlive the control plane, beside the work, and survives a full disk.

Whoever has something to keep notes it under a name; the newest of each name is
written within `PAUSE` seconds, in a thread.  What cannot be written is a
finding, said once, and is tried again; serving does not depend on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from penstock.model import Finding, Origin, Severity, code
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)

PAUSE = 0.2
"""Seconds between two rounds of writing; changes in between are one write."""
RETRY = 2.0
"""Seconds until what could not be written is tried again."""

NOT_WRITTEN = code(
    "runtime/state-not-written", Severity.WARNING, "The state directory cannot be written"
)

Content = Callable[[], bytes | None]
"""Makes a file's content, in the writing thread; None removes the file."""


class Keeper:
    """One state directory's writer."""

    def __init__(self, state: StateDir, changed: Callable[[], None]) -> None:
        """`changed` is called when `findings` is no longer what it was."""
        self._state = state
        self._changed = changed
        self._pending: dict[str, Content] = {}
        self._wake = asyncio.Event()
        self._problem = ""
        self.writes = 0

    def note(self, name: str, content: Content) -> None:
        """Write `name` (a path below the state directory) soon."""
        self._pending[name] = content
        self._wake.set()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands in the way of writing."""
        if not self._problem:
            return ()
        message = f"State cannot be written to {self._state.path}: {self._problem}."
        hint = (
            "What serves goes on serving; a restart would not know the latest changes. "
            "It is tried again until it succeeds."
        )
        return (NOT_WRITTEN.at(Origin(""), message, hint),)

    async def run(self) -> None:
        """Write what is noted, until cancelled; then what is left, once."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                failed = await self._write_pending()
                await asyncio.sleep(RETRY if failed else PAUSE)
                if failed:
                    self._wake.set()
        finally:
            with contextlib.suppress(OSError):
                self._write(self._take())

    async def _write_pending(self) -> bool:
        work = self._take()
        try:
            await asyncio.to_thread(self._write, work)
        except OSError as error:
            self._pending = {**work, **self._pending}
            self._report(error.strerror or str(error))
            return True
        except BaseException:
            self._pending = {**work, **self._pending}
            raise
        self._report("")
        return False

    def _take(self) -> dict[str, Content]:
        work, self._pending = self._pending, {}
        return work

    def _write(self, work: dict[str, Content]) -> None:
        for name, make in work.items():
            target = self._state.path / name
            content = make()
            if content is None:
                target.unlink(missing_ok=True)
            elif not _holds(self._state, name, content):
                self._state.write(name, content)
                self.writes += 1

    def _report(self, problem: str) -> None:
        if problem == self._problem:
            return
        if problem:
            _log.error("event=state-not-written path=%s error=%r", self._state.path, problem)
        self._problem = problem
        self._changed()


def _holds(state: StateDir, name: str, content: bytes) -> bool:
    with contextlib.suppress(OSError):
        target = state.path / name
        return target.stat().st_size == len(content) and target.read_bytes() == content
    return False
