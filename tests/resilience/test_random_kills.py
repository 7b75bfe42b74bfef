"""kill -9 at random moments: afterwards it serves again, and what could live went on."""

from __future__ import annotations

import random
import time

import pytest
from stage import HOST, Stage

from e2e.harness import request, until
from e2e.manifests import ingress


def serves(stage: Stage, address: str) -> str:
    return str(request(address, host=HOST).echo["service"])


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_points(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    stage.start()
    address = stage.address
    for turn in range(6):
        target = chance.choice(("one", "two"))
        victim = chance.choice(("control plane", "proxy", "both"))
        stage.write("ingress.yaml", ingress("web", ("/", target), tls="tls"))
        time.sleep(chance.uniform(0, 0.15))
        if victim != "proxy":
            stage.kill()
        if victim != "control plane":
            stage.kill_envoy()
        else:
            assert serves(stage, address) in ("one", "two")
        if victim != "proxy":
            stage.running = stage.launch()
            time.sleep(chance.uniform(0, 0.8))
            stage.kill()
            stage.start()
            assert stage.address == address, turn
        until(lambda: _served(stage, address) == target)  # noqa: B023


def _served(stage: Stage, address: str) -> str:
    try:
        return serves(stage, address)
    except (OSError, ValueError, KeyError):
        return ""
