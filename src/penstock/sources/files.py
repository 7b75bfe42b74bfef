"""Objects from files, directories and standard input, once or continuously."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from penstock.model import Finding
from penstock.objects.meta import Object
from penstock.sources import codes
from penstock.sources.certificates import CertificateReader
from penstock.sources.collect import Collector
from penstock.sources.discover import STDIN, Discovery, about, discover, is_passing, is_plain
from penstock.sources.file import File, read_stream
from penstock.sources.last_good import Memory, NoMemory, View
from penstock.sources.watch import Wanted, watch

_log = logging.getLogger(__name__)

STDIN_NAME = "<stdin>"
_BLANK_GRACE = 0.4
"""Seconds that an emptied file may take to be filled again."""
_FULL_LOOK = 5.0
"""Seconds between looks at every file, for changes that the system did not report."""


@dataclass(frozen=True, slots=True)
class Batch:
    """All objects at one moment."""

    objects: tuple[Object[Any], ...]
    """By file name and line; each identity once."""
    findings: tuple[Finding, ...]
    changed_files: tuple[str, ...]
    """Names of files that came, changed or went since the batch before; sorted."""
    views: Mapping[str, View] = field(default_factory=dict)
    """What each file gave, by its name; not the standard input."""


class FileSource:
    """Reads manifests and keeps watching them.

    Not safe for concurrent use: call `load` before `changes`, and iterate `changes` once.
    """

    def __init__(
        self,
        paths: Sequence[str],
        stdin: BinaryIO | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Take paths of files and directories; ``-`` is `stdin`, which is read once.

        `memory` knows what files gave in an earlier run; it fills in for what is
        broken, empty, unreadable or missing when `load` is called.
        """
        self._paths = tuple(paths)
        self._memory = memory or NoMemory()
        self._absent: dict[str, str] = {}
        """Files that are remembered only, and the path given that has nothing in it."""
        self._stdin = stdin
        self._files: dict[str, File] = {}
        self._found = Discovery()
        self._blank_since: float | None = None
        self._is_start = True
        """Whether nobody waits for what is read, and so it may wait for a pipe's writer."""
        self._collector = Collector()
        self._certificates = CertificateReader()

    def load(self) -> Batch:
        """Read everything; whatever is wrong with it becomes a finding."""
        changed = self._read_stdin() + self._refresh(frozenset(), accept_blank=True)
        changed += self._restore()
        self._is_start = False
        self._memory = NoMemory()  # From now on we see with our own eyes what happens.
        self._certificates.refresh(self._live())
        return self._batch(changed)

    def _live(self) -> list[Object[Any]]:
        return [
            obj for _, file in sorted(self._files.items()) for obj in file.view.objects.values()
        ]

    def _restore(self) -> list[str]:
        """Bring back what cannot be looked at: below paths with nothing in them, or closed ones."""
        bare = [path for path in self._paths if path != STDIN and not self._holds_files(path)]
        if not bare and not self._found.closed:
            return []
        restored = []
        for name in sorted(self._memory.names()):
            root = next((path for path in bare if _is_below(name, path)), None)
            closed = not self._found.is_gone(name)
            if name in self._files or (root is None and not closed):
                continue
            file = File(name, name, self._memory)
            file.restore()
            if file.view.objects:
                self._files[name] = file
                restored.append(name)
                if root is not None:
                    self._absent[name] = root
        return restored

    def _holds_files(self, path: str) -> bool:
        return any(_is_below(name, path) for name in self._found.files)

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """Yield a batch after every change of what the files give.

        Ends at once when there is nothing to watch (only standard input).  Close it
        (`contextlib.aclosing`) when done.
        """
        looked = 0.0
        events = watch(self._wanted)
        async with contextlib.aclosing(events):
            async for paths, begins in events:
                now = time.monotonic()
                due = begins or self._blank_since is not None or now - looked >= _FULL_LOOK
                if not paths and not due:
                    continue
                looked = now
                batch = await asyncio.to_thread(self._look, paths)
                if batch is not None:
                    yield batch

    def _wanted(self) -> Wanted:
        found, certificates = self._found, self._certificates
        return Wanted(
            certificates.directories | found.directories,
            certificates.holding | found.holding,
            lambda path: found.is_manifest(path) or certificates.is_read(path),
        )

    def _look(self, touched: frozenset[str]) -> Batch | None:
        findings = self._found.findings
        since = self._blank_since
        accept_blank = since is not None and time.monotonic() - since >= _BLANK_GRACE
        changed = self._refresh(touched, accept_blank)
        renewed = self._certificates.refresh(self._live())
        if not changed and not renewed and self._found.findings == findings:
            return None
        _log.info("event=files-changed files=%s", ",".join(sorted(changed)))
        return self._batch(changed)

    def _read_stdin(self) -> list[str]:
        if STDIN not in self._paths or STDIN_NAME in self._files:
            return []
        file = self._files[STDIN_NAME] = File(STDIN_NAME, STDIN)
        file.take(read_stream(self._stdin) if self._stdin else b"")
        return [STDIN_NAME]

    def _refresh(self, touched: frozenset[str], accept_blank: bool) -> list[str]:
        """Look at all files again; returns the names of those that changed."""
        if not self._only_known(touched):
            self._found = discover(self._paths)
        changed = [name for name in self._files if self._is_gone(name)]
        for name in changed:
            del self._files[name]
        for name, path in self._found.files.items():
            if self._refresh_file(name, path, touched, accept_blank):
                changed.append(name)
        held = any(file.held_blank for file in self._files.values())
        self._blank_since = (self._blank_since or time.monotonic()) if held else None
        return changed

    def _only_known(self, touched: frozenset[str]) -> bool:
        """Whether all that was touched are files we have, so that there are no others to find.

        What editors leave beside a file while they save it does not count.
        """
        known = {name for file in self._files.values() for name in file.names}
        relevant = [path for path in touched if path in known or not is_passing(path)]
        return bool(relevant) and all(path in known and is_plain(path) for path in relevant)

    def _is_gone(self, name: str) -> bool:
        if name == STDIN_NAME or not self._found.is_gone(name):
            return False
        return name not in self._absent or self._holds_files(self._absent[name])

    def _refresh_file(
        self, name: str, path: str, touched: frozenset[str], accept_blank: bool
    ) -> bool:
        file = self._files.get(name)
        known = file is not None
        if file is None:
            file = File(name, path, self._memory)
        try:
            may_wait = self._is_start and path in self._paths
            changed = file.refresh(file.named_by(touched), accept_blank, may_wait)
        except FileNotFoundError:
            if os.path.islink(path):  # noqa: PTH114 - as elsewhere for paths as they were given
                message = f"`{name}` is a link that leads nowhere."
                self._found.findings.append(about(codes.MISSING, name, message))
            return self._files.pop(name, None) is not None
        self._files[name] = file
        return changed or not known

    def _batch(self, changed: Sequence[str]) -> Batch:
        views = [self._files[name].view for name in sorted(self._files)]
        objects, doubles = self._collector.collect(views)
        findings = [finding for view in views for finding in view.findings]
        return Batch(
            (*objects, *self._certificates.objects),
            (*self._found.findings, *findings, *doubles, *self._certificates.findings),
            tuple(sorted(changed)),
            {name: file.view for name, file in self._files.items() if name != STDIN_NAME},
        )


def _is_below(name: str, path: str) -> bool:
    """Whether a file is the one given as `path`, or in the directory given so."""
    absolute, root = os.path.abspath(name), os.path.abspath(path)  # noqa: PTH100
    return absolute == root or absolute.startswith(root.rstrip(os.sep) + os.sep)
