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
from typing import Final, NamedTuple

from asyncinotify import Event, Inotify, Mask

_DONE: Final = Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.MOVED_FROM | Mask.DELETE
"""Somebody has finished something."""
_UNDER_WAY: Final = Mask.CREATE | Mask.MODIFY | Mask.ATTRIB
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


async def watch(directories: Callable[[], frozenset[str]]) -> AsyncGenerator[Stir, None]:
    """Report every burst of changes, and several times a second that there was none.

    Ends when there is no directory to watch.
    """
    while watched := _present(directories()):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            async with contextlib.aclosing(_watch(watched)) as events:
                begins = True
                async for paths in events:
                    yield Stir(paths, begins)
                    if (paths or begins) and _present(directories()) != watched:
                        break
                    begins = False


def _present(directories: Iterable[str]) -> frozenset[str]:
    return frozenset(path for path in directories if os.path.isdir(path))  # noqa: PTH112


async def _watch(directories: frozenset[str]) -> AsyncGenerator[frozenset[str], None]:
    """Paths of one burst after the other; an empty set for a tick without any.

    Ends when the kernel lost count, so that the watch starts again.
    """
    with Inotify(cache_size=64, sync_timeout=0) as inotify:
        for directory in sorted(directories):
            with contextlib.suppress(PermissionError):
                inotify.add_watch(directory, _DONE | _UNDER_WAY | _WATCHED_ITSELF)
        yield frozenset()
        while True:
            burst = await _burst(inotify)
            if any(event.mask & Mask.Q_OVERFLOW for event in burst):
                return
            yield frozenset(str(event.path) for event in burst if event.path is not None)


async def _burst(inotify: Inotify) -> list[Event]:
    """All events until there is a pause; none if nothing happens for a tick."""
    first = await next_event(inotify, _TICK_SECONDS)
    if first is None:
        return []
    clock = asyncio.get_running_loop().time
    events, deadline = [first], clock() + _LONGEST_BURST_SECONDS
    while (left := deadline - clock()) > 0:
        is_done = events[-1].mask & _DONE
        pause = _QUIET_SECONDS if is_done else _QUIET_UNDER_WAY_SECONDS
        event = await next_event(inotify, min(pause, left))
        if event is None:
            break
        events.append(event)
    return events


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
