"""Files to a revision without running anything; for `check` and `show -f`.

No address is claimed, no certificate kept, no proxy started: the compiled
messages are those of an instance that had the machine for itself.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from penstock.runtime.addresses import AddressAssigner, Claims, Unavailable
from penstock.runtime.authority import Authority
from penstock.runtime.pipeline import Inputs, Pipeline, compile_options
from penstock.runtime.revision import Revision
from penstock.runtime.settings import POD_NETWORK, Settings
from penstock.runtime.state import StateDir
from penstock.sources.files import FileSource
from penstock.standin.plan import Planner


class _FreeAssigner(AddressAssigner):
    """Assigns as on an idle machine: nothing is probed or claimed."""

    def _check(self, address: str, ports: Sequence[int]) -> list[Unavailable]:
        return []


class _NoClaims(Claims):
    """Every name is free."""

    def take(self, name: str) -> bool:
        return True


def revision(settings: Settings) -> Revision:
    """What an instance would run for these settings."""
    batch = FileSource(settings.sources, sys.stdin.buffer).load()
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        state = StateDir(Path(scratch))
        pipeline = Pipeline(
            settings,
            Planner(settings.stand_ins, _pod_addresses()),
            _FreeAssigner(settings.address_pool, _NoClaims(), {}),
            Authority(state),
            settings.port_offset or 0,
            compile_options(settings.access_log or "stdout"),
        )
        pipeline.plan_stand_ins(batch.objects)
        return pipeline.build(Inputs(batch.objects, batch.findings, {}))


def _pod_addresses() -> Callable[[], str]:
    hosts = POD_NETWORK.hosts()
    return lambda: str(next(hosts))
