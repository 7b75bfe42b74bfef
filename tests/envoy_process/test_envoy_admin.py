"""The admin client against a real Envoy."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from envoy_lab import backend, cluster, endpoints, fetch, free_port, lab, listener, site

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.drain import current_load
from penstock.envoy.resources import LISTENER, ROUTES, Snapshot


async def test_what_the_admin_interface_tells(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port, 1])) as it:
        admin = it.envoy.admin
        await fetch(address, port)
        await it.envoy.wait_ready(within=5)
        assert (await admin.server_info()).state == "LIVE"
        status = (await admin.clusters(["c1"]))["c1"]
        assert [e.address for e in status.endpoints] == [f"127.0.0.1:{one.port}", "127.0.0.1:1"]
        assert all(endpoint.healthy for endpoint in status.endpoints)
        many = ["c1", *(f"x{i}" for i in range(200))]
        assert await admin.warming_clusters(many) == 0
        assert await admin.warming_listeners(["web"]) == 0
        assert await admin.warming_listeners(["web", "nowhere"]) == 1


async def test_a_listener_without_its_routes_does_not_listen(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one:
        whole = site(address, port, [one.port])
        tables = {name: whole.resources[name].values() for name in whole.resources}
        without = Snapshot.of(
            resource for name, table in tables.items() for resource in table if name != ROUTES
        )
        later = listener("web", address, port, "another table")
        changing = Snapshot.of(
            [*(r for name, t in tables.items() for r in t if name != LISTENER), later]
        )
        async with lab(state_dir, without, warm_timeout=0.1) as it:
            admin = it.envoy.admin
            # It has answered: that alone says nothing.
            assert (await it.server.applied(within=10)).applied
            assert not await admin.are_listening(["web"])
            with pytest.raises(ConnectionRefusedError):
                await fetch(address, port)
            await it.server.publish(whole)
            assert await admin.are_listening(["web"])
            assert not await admin.are_listening(["web", "nowhere"])
            assert (await fetch(address, port)).status == 200
            # A newer version that waits takes nothing away.
            await it.server.publish(changing)
            assert await admin.warming_listeners(["web"]) == 1
            assert await admin.are_listening(["web"])
            assert (await fetch(address, port)).status == 200


async def test_statistics_are_those_of_the_inclusion_list(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        for _ in range(3):
            await fetch(address, port)
        stats = await it.envoy.admin.stats()
        assert stats["http.web.downstream_rq_2xx"] == 3
        assert stats["cluster.c1.upstream_rq_total"] == 3
        assert stats["cluster.c1.membership_healthy"] == 1
        assert "server.live" in stats
        assert not any("upstream_flow_control" in name for name in stats)
        text = (await it.envoy.admin.prometheus()).decode()
        assert 'envoy_cluster_upstream_rq_total{envoy_cluster_name="c1"} 3' in text
        load = await current_load(it.envoy.admin)
        assert load.requests == 0


async def test_the_admin_socket_is_private(state_dir: Path) -> None:
    async with lab(state_dir, None) as it:
        assert stat.S_IMODE(it.paths.admin_socket.stat().st_mode) == 0o600


async def test_nobody_there(state_dir: Path) -> None:
    with pytest.raises(AdminError):
        await AdminClient(state_dir / "none.sock").ready()


async def test_what_envoy_refuses_is_an_error(state_dir: Path) -> None:
    async with lab(state_dir, None) as it:
        with pytest.raises(AdminError):
            await it.envoy.admin.stats("not a regular expression: (")


async def test_unhealthy_endpoints_say_why(state_dir: Path, address: str) -> None:
    snapshot = Snapshot.of([cluster("c1"), endpoints("c1", [9], healthy=False)])
    async with lab(state_dir, snapshot) as it:
        (endpoint,) = (await it.envoy.admin.clusters())["c1"].endpoints
        assert not endpoint.healthy
        assert endpoint.health_flags == ("eds_status_unhealthy",)
