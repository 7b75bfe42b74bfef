from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.site import Site, site
from penstock.envoy.compile.shards import SHARDED_FROM


@pytest.fixture(scope="module", params=[0, SHARDED_FROM], ids=["whole", "sharded"])
def attacked(request: pytest.FixtureRequest) -> Iterator[Site]:
    """One running instance for the tests of a module; Envoy must survive them all.

    Its routes are in one table or, because of hosts that nobody asks for, in shards.
    """
    with site(request.param) as running:
        yield running
        assert running.restarts() == 0
