"""Waits for changes in directories.

Every directory is watched by itself, not recursively: the set is small, links
and missing paths are handled alike, and a new directory is simply a new member
of the set, with which the watch starts again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from asyncinotify import Event, Inotify, Mask

_NAMES: Final = Mask.CREATE | Mask.MOVED_TO | Mask.MOVED_FROM | Mask.DELETE | Mask.ATTRIB
_WRITES: Final = Mask.MODIFY | Mask.CLOSE_WRITE
_DONE: Final = Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.MOVED_FROM | Mask.DELETE
"""Somebody has finished something."""
_WATCHED_ITSELF: Final = Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.ONLYDIR
_QUIET_SECONDS: Final = 0.002
"""A burst is over when nothing happened for so long after something was finished,"""
_QUIET_UNDER_WAY_SECONDS: Final = 0.025
"""and for so long if somebody still writes (or never closes what is written)."""
_LONGEST_BURST_SECONDS: Final = 0.3
_TICK_SECONDS: Final = 0.2


class Stir(NamedTuple):
    """What a watch reports: paths that changed, or a tick without any."""

    paths: frozenset[str]
    begins: bool
    """The first report after a start: what changed before the watch stood is not in `paths`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to watch.  A log that grows beside the manifests must not wake anybody."""

    directories: frozenset[str]
    """Where names matter: what comes, goes, is renamed or gets other rights."""
    holding: frozenset[str]
    """Those in which it matters, too, what is written."""
    is_manifest: Callable[[str], bool]
    """Whether it matters what is written to the file of a path."""

    def present(self) -> frozenset[tuple[str, bool]]:
        """The directories that are there, and whether writing matters."""
        there = filter(os.path.isdir, self.directories)
        return frozenset((path, path in self.holding) for path in there)

    def concerns(self, event: Event) -> bool:
        """Whether anything may be different after the event."""
        written = not event.mask & ~_WRITES
        return not written or event.path is None or self.is_manifest(str(event.path))


async def watch(wanted: Callable[[], Wanted]) -> AsyncGenerator[Stir, None]:
    """Report every burst of changes, and several times a second that there was none.

    Ends when there is no directory to watch.
    """
    while watched := wanted().present():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            async with contextlib.aclosing(_watch(watched, wanted)) as events:
                begins = True
                async for paths in events:
                    yield Stir(paths, begins)
                    if (paths or begins) and wanted().present() != watched:
                        break
                    begins = False


async def _watch(
    directories: Iterable[tuple[str, bool]], wanted: Callable[[], Wanted]
) -> AsyncGenerator[frozenset[str], None]:
    """Paths of one burst after the other; an empty set for a tick without any.

    Ends when the kernel lost count, so that the watch starts again.
    """
    with Inotify(cache_size=64, sync_timeout=0) as inotify:
        for directory, holding in sorted(directories):
            with contextlib.suppress(PermissionError):
                mask = _NAMES | _WRITES if holding else _NAMES
                inotify.add_watch(directory, mask | _WATCHED_ITSELF)
        yield frozenset()
        while True:
            burst = await _burst(inotify, wanted().concerns)
            if any(event.mask & Mask.Q_OVERFLOW for event in burst):
                return
            yield frozenset(str(event.path) for event in burst if event.path is not None)


async def _burst(inotify: Inotify, concerns: Callable[[Event], bool]) -> list[Event]:
    """All events that concern us until there is a pause; none if nothing happens for a tick."""
    clock = asyncio.get_running_loop().time
    first = await _next(inotify, concerns, clock() + _TICK_SECONDS)
    if first is None:
        return []
    events, latest = [first], clock() + _LONGEST_BURST_SECONDS
    while clock() < latest:
        is_done = events[-1].mask & _DONE
        pause = _QUIET_SECONDS if is_done else _QUIET_UNDER_WAY_SECONDS
        event = await _next(inotify, concerns, min(clock() + pause, latest))
        if event is None:
            break
        events.append(event)
    return events


async def _next(inotify: Inotify, concerns: Callable[[Event], bool], until: float) -> Event | None:
    """The next event that concerns us, or None if there is none until then."""
    clock = asyncio.get_running_loop().time
    while True:
        event = await next_event(inotify, max(until - clock(), 0.0))
        if event is None or concerns(event):
            return event
        if clock() >= until:
            return None


async def next_event(inotify: Inotify, within: float) -> Event | None:
    """The next event, or None if there is none in time.

    Not `Inotify.get`: what that has read when its time is up is lost.
    """
    event = inotify.sync_get()
    if event is None and await _readable(inotify.fd, within):
        event = inotify.sync_get()
    return event


async def _readable(descriptor: int, within: float) -> bool:
    """Whether there is something to read in time; nothing is read."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        async with asyncio.timeout(within):
            await ready.wait()
            return True
    except TimeoutError:
        return ready.is_set()
    finally:
        loop.remove_reader(descriptor)
