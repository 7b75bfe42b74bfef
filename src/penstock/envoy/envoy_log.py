"""Envoy's warnings and errors in our own log.

Envoy writes to a file, not to a pipe, because it must be able to outlive us;
so we follow the file.
"""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Final

LOG_FORMAT: Final = "[%Y-%m-%dT%T.%e%z][%l][%n] %v"
"""For `--log-format`, together with `--log-format-escaped`: one event, one line."""

_LINE: Final = re.compile(r"\[[^\]]+\]\[(?P<level>\w+)\]\[(?P<component>[\w-]+)\] (?P<text>.*)")
_LEVELS: Final = {
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_POLL: Final = 0.25
_READ: Final = 1 << 20

_log = logging.getLogger("penstock.envoy.log")


class LogFollower:
    """Passes on what is appended to the file after the follower was made."""

    def __init__(self, path: Path, node_id: str) -> None:
        self._path = path
        self._node_id = node_id
        self.expected = False
        """Whether what Envoy complains about is our doing (it is being ended)."""
        self._offset = path.stat().st_size if path.exists() else 0

    async def run(self) -> None:
        """Look for new lines until cancelled."""
        while True:
            await asyncio.sleep(_POLL)
            self.poll()

    def poll(self) -> None:
        """Pass on all whole lines that are there now."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._offset:
                    self._offset = 0  # Rotated.
                file.seek(self._offset)
                text = file.read(_READ)
        except OSError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._pass_on(line)

    def _pass_on(self, line: str) -> None:
        match = _LINE.fullmatch(line)
        level = _LEVELS.get(match["level"]) if match else None
        if match and level is not None:
            _log.log(
                logging.INFO if self.expected else level,
                "envoy said node=%s component=%s text=%r",
                self._node_id,
                match["component"],
                match["text"],
            )


def last_lines(path: Path, count: int = 5) -> list[str]:
    """The end of the file, for an error message."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 8192))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
