from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A directory of manifests and an instance on it that may be killed and started again."""
    made = Stage(tmp_path)
    try:
        yield made
    finally:
        made.end()
