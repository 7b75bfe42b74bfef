"""Waits for changes in directories.

Every directory is watched by itself, not recursively: the set is small, links
and missing paths are handled alike, and a new directory is simply a new member
of the set, with which the watch starts again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import NamedTuple

import watchfiles

_STEP_MS = 10
"""A burst is over when nothing happened for one step."""
_LONGEST_BURST_MS = 300
_TICK_MS = 100


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
    events = watchfiles.awatch(
        *sorted(directories),
        watch_filter=None,
        recursive=False,
        step=_STEP_MS,
        debounce=_LONGEST_BURST_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    async with contextlib.aclosing(events):
        async for changes in events:
            yield frozenset(path for _, path in changes)
