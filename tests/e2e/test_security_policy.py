"""Security policies of Compute backend services: by the address of the connection."""

from __future__ import annotations

from pathlib import Path

from e2e.harness import address_of, up
from e2e.sockets import http_connection

CASE = Path(__file__).parents[1] / "dialects" / "compute" / "cases" / "security-policy"
RESOURCES = CASE.with_name("security-policy-resource")
FRIEND, FOE = "127.0.77.1", "127.0.78.1"


def status(address: str, host: str, client: str, **headers: str) -> int:
    connection = http_connection((address, 80), client, 10)
    try:
        connection.request("GET", "/", headers={"Host": host, **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def test_rules_decide_by_the_connections_address(tmp_path: Path) -> None:
    pool = ("--address-pool", "127.10.197.0/24")
    with up([CASE / "in.yaml"], tmp_path / "state", *pool) as running:
        address = address_of(running.events[0])
        assert status(address, "any.example", FRIEND) == 200
        assert status(address, "any.example", FOE) == 404
        forged = {"X-Forwarded-For": FRIEND, "X-Envoy-External-Address": FRIEND}
        assert status(address, "any.example", FOE, **forged) == 404
        assert status(address, "open.example", FOE) == 200
        assert status(address, "lost.example", FRIEND) == 403  # Its policy is not there.


def test_policies_that_are_resources_are_enforced(tmp_path: Path) -> None:
    pool = ("--address-pool", "127.10.197.0/24")
    with up([RESOURCES / "in.yaml"], tmp_path / "state", *pool) as running:
        address = address_of(running.events[0])
        assert status(address, "any.example", FRIEND) == 200
        assert status(address, "any.example", "127.1.0.1") == 404
        asked = [status(address, "limited.example", FRIEND) for _ in range(3)]
        assert asked == [200, 200, 403]
        assert status(address, "limited.example", FOE) == 200
        assert status(address, "lost.example", FRIEND) == 403  # It is another project's.
