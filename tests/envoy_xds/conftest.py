from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from penstock.envoy.xds import XdsServer


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """pytest's own directories may be too long for a socket."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
async def server(short_dir: Path) -> AsyncIterator[XdsServer]:
    async with XdsServer(short_dir / "xds.sock", ack_timeout=1.5, removal_grace=0.05) as made:
        yield made
