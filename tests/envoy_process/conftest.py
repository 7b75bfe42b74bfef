from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_numbers = itertools.count(1)


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """Short, so that sockets fit."""
    with tempfile.TemporaryDirectory(prefix="pen-") as name:
        yield Path(name)


@pytest.fixture
def address() -> str:
    """A loopback address that no other test listens on."""
    import os

    return f"127.22.{os.getpid() % 250}.{next(_numbers)}"
