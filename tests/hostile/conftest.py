from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.site import Site, site


@pytest.fixture(scope="module")
def attacked() -> Iterator[Site]:
    """One running instance for the tests of a module; Envoy must survive them all."""
    with site() as running:
        yield running
        assert running.restarts() == 0
