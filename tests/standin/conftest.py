"""Fixtures: stand-in processes that end with their test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from standin_process import Process, next_address


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes that end with the test."""
    started: list[Process] = []

    def run(name: str = "stand-in.sock") -> Process:
        started.append(Process(tmp_path / name))
        return started[-1]

    yield run
    for process in started:
        process.end()


@pytest_asyncio.fixture
async def process(start: Callable[..., Process]) -> AsyncIterator[Process]:
    """A process that is ready; a traceback in its log fails the test."""
    made = start()
    await made.client.wait_ready()
    yield made
    made.end()
    assert "Traceback" not in made.log()


@pytest.fixture
def address() -> str:
    """A fresh loopback address."""
    return next_address()
