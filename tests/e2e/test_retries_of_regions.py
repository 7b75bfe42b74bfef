"""Second tries where an endpoint and all of the next region are dead, and nobody knows it yet."""

from __future__ import annotations

import socket
from collections import Counter
from pathlib import Path

import pytest

from e2e.harness import request, up
from e2e.load import servers
from e2e.test_capacity_regions import FRONT

GROUP = (
    "---\n{{kind: compute#networkEndpointGroup, name: {0}, zone: {0}-1, "
    "networkEndpointType: GCE_VM_IP_PORT, networkEndpoints: [{1}]}}\n"
)
RETRIED = (
    "defaultService: web, defaultRouteAction: "
    "{{retryPolicy: {{numRetries: {0}, retryConditions: [connect-failure]}}}}}}"
)


def group(name: str, *places: tuple[str, int]) -> str:
    listed = (f"{{ipAddress: {address}, port: {port}}}" for address, port in places)
    return GROUP.format(name, ", ".join(listed))


@pytest.mark.parametrize(("tries", "statuses"), [(1, {200, 503}), (2, {200})])
def test_the_second_try_is_in_the_next_region_the_third_one_at_home(
    tmp_path: Path, tries: int, statuses: set[int]
) -> None:
    """One try more leaves the region, as it should if all of it is dead; after the last region
    it is the first one's turn again, at an endpoint that was not asked."""
    (tmp_path / "manifests").mkdir()
    with (
        servers(("home", "127.44.217.1")) as [alive],
        socket.socket() as near,
        socket.socket() as far,
    ):
        # Bound, but nobody listens: connections are refused.
        near.bind(("127.44.217.2", 0))
        far.bind(("127.44.217.3", 0))
        text = FRONT.replace("maxRate: 40", "maxRate: 10000")
        text = text.replace("defaultService: web}", RETRIED.format(tries))
        text += group("eu", near.getsockname(), (alive.address, alive.port)) + group(
            "us", far.getsockname()
        )
        (tmp_path / "manifests" / "web.yaml").write_text(text)
        options = ("--address-pool", "127.10.217.0/24", "--port-offset", "0")
        with up([tmp_path / "manifests"], tmp_path / "state", *options) as running:
            vip = running.events[0]["loadBalancers"][0]["listeners"][0]["address"]
            answers = Counter(request(vip).status for _ in range(40))
    assert set(answers) == statuses
