"""The example that `make demo` runs, with every kind of client."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.clients import grpc_channel, http2_get, trusting, unary, websocket
from e2e.harness import Up, address_of, request, up

PENSTOCK = (sys.executable, "-m", "penstock")
SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):
    with up([SHOP], tmp_path_factory.mktemp("shop") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def address(shop: Up) -> str:
    return address_of(shop.events[0])


def authority(shop: Up) -> Path:
    return shop.state / "ca" / "ca.crt"


def test_the_ready_line_has_the_documented_shape(shop: Up) -> None:
    ready = shop.events[0]
    assert set(ready) == {"event", "revision", "loadBalancers", "findings", "dns"}
    assert ready["dns"] == {"server": None, "names": []}
    (lb,) = ready["loadBalancers"]
    assert lb["dialect"] == "ingress"
    assert lb["objects"] == ["Ingress shop/shop", "Ingress shop/stock"]
    assert [(x["port"], x["protocol"]) for x in lb["listeners"]] == [(80, "HTTP"), (443, "HTTPS")]
    assert lb["hosts"] == ["api.shop.example", "shop.example", "stock.shop.example"]
    assert {f["severity"] for f in ready["findings"]} == {"warning"}
    for finding in ready["findings"]:
        assert set(finding) == {
            "code", "severity", "object", "file", "line", "column", "field", "message", "hint",
            "about",
        }  # fmt: skip
        assert finding["file"].endswith("ingress.yaml")
        assert finding["line"] > 1


def test_hosts_and_paths_lead_to_their_services(address: str) -> None:
    table = {
        ("shop.example", "/"): "storefront",
        ("shop.example", "/about/us"): "storefront",
        ("api.shop.example", "/v1/catalog"): "catalog",
        ("api.shop.example", "/v1/catalog/shoes"): "catalog",
        ("api.shop.example", "/v1/checkout"): "checkout",
        ("nobody.example", "/"): "lost-and-found",
        ("api.shop.example", "/nothing"): "lost-and-found",
    }
    for (host, path), service in table.items():
        answer = request(address, path, host=host)
        assert answer.status == 200
        assert (answer.echo["service"], answer.echo["host"]) == (service, host)


def test_answers_look_like_a_load_balancers(address: str) -> None:
    answer = request(address, "/v1/catalog", host="api.shop.example")
    for header in ("content-length", "content-type", "date", "server", "x-request-id"):
        assert header in answer.headers
    seen = answer.echo["headers"]
    assert seen["X-Forwarded-For"] == ["127.0.0.1"]
    assert seen["X-Forwarded-Proto"] == ["http"]
    assert seen["X-Request-Id"] == [answer.headers["x-request-id"]]


def test_clients_cannot_forge_their_address(address: str) -> None:
    answer = request(
        address, "/", host="shop.example",
        headers={"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"},
    )  # fmt: skip
    seen = answer.echo["headers"]
    assert seen["X-Forwarded-For"] == ["6.6.6.6,127.0.0.1"]
    assert seen["X-Forwarded-Proto"] == ["http"]


def test_proxies_connect_from_their_own_subnet(shop: Up, address: str) -> None:
    dump = shop.cli("show", "envoy", "-o", "json")
    (cluster,) = [c for n, c in dump["Cluster"].items() if "storefront" in n]
    assert cluster["upstream_bind_config"]["source_address"]["address"] == "127.30.0.1"


def test_every_replica_gets_its_share(address: str) -> None:
    pods = {request(address, "/v1/catalog", host="api.shop.example").echo["pod"] for _ in range(30)}
    assert len(pods) == 3


def test_tls_with_the_local_authority(shop: Up, address: str) -> None:
    answer = request(
        address, "/", host="shop.example", port=443,
        tls=trusting(authority(shop)), server_name="shop.example",
    )  # fmt: skip
    assert answer.echo["service"] == "storefront"
    assert answer.echo["headers"]["X-Forwarded-Proto"] == ["https"]


def test_http2_by_alpn(shop: Up, address: str) -> None:
    context = trusting(authority(shop), "h2", "http/1.1")
    status, _, body = http2_get(address, 443, context, "shop.example", "/about")
    assert status == 200
    assert json.loads(body)["service"] == "storefront"


@pytest.mark.parametrize("tls", [False, True])
def test_websocket(shop: Up, address: str, tls: bool) -> None:
    context = trusting(authority(shop)) if tls else None
    port = 443 if tls else 80
    with websocket(
        address, port, "shop.example", "/chat", context, "shop.example" if tls else None
    ) as ws:
        ws.send("hello")
        assert ws.recv() == "hello"
        ws.send(b"\x00\x01")
        assert ws.recv() == b"\x00\x01"


def test_grpc(shop: Up, address: str) -> None:
    with grpc_channel(address, 443, "stock.shop.example", authority(shop).read_bytes()) as channel:
        assert unary(channel, "/shop.Stock/Count")(b"shoes") == b"shoes"
        stream = channel.stream_stream("/shop.Stock/Follow")
        assert list(stream(iter([b"1", b"2", b"3"]))) == [b"1", b"2", b"3"]


def test_the_admin_interface_is_no_network_port(shop: Up) -> None:
    sockets = list(shop.state.rglob("*.sock"))
    assert sockets
    assert all(s.stat().st_mode & 0o077 == 0 for s in sockets)


def test_access_log_has_one_json_line_a_request(shop: Up, address: str) -> None:
    from e2e.harness import until

    marker = "/about/log-me"
    request(address, marker, host="shop.example")
    log = shop.state / "access.log"
    until(lambda: marker in log.read_text())
    (line,) = [x for x in log.read_text().splitlines() if marker in x]
    entry = json.loads(line)
    assert entry["status"] == 200
    assert entry["authority"] == "shop.example"


def test_status_tells_it_all(shop: Up) -> None:
    status = shop.cli("status", "-o", "json")
    assert status["ready"] is True
    (proxy,) = status["proxies"]
    assert proxy["upToDate"] is True
    assert proxy["revision"] == status["revision"]
    endpoints = [
        e for lb in status["loadBalancers"] for b in lb["backends"] for e in b["endpoints"]
    ]
    assert len(endpoints) > 8
    assert {e["health"] for e in endpoints} == {"healthy"}


def test_status_tells_what_each_stage_takes(shop: Up) -> None:
    stages = shop.cli("status", "-o", "json")["stages"]
    assert {"world", "translate", "place", "certify", "compile"} <= stages.keys()
    assert all(stage["runs"] >= 1 for stage in stages.values())
    done = subprocess.run(
        [*PENSTOCK, "status", "--stages", "--state-dir", str(shop.state)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "translate" in done.stdout
    assert "Mean ms" in done.stdout


def test_metrics_of_both_through_one_endpoint(shop: Up) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        control = next(shop.state.rglob("control.sock"))
        client.connect(str(control))
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    assert "penstock_load_balancers 1.0" in text
    assert 'penstock_findings{severity="error"} 0.0' in text
    assert "envoy_cluster_upstream_rq_total" in text
    assert "penstock_build_info" in text
    assert 'penstock_stage_seconds_count{stage="translate"}' in text


def test_nothing_listens_beyond_loopback(shop: Up) -> None:
    listed = subprocess.run(
        ["ss", "-Hltnup"], capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    status = shop.cli("status", "-o", "json")
    pids = {str(status["pid"]), *(str(p["pid"]) for p in status["proxies"] if p.get("pid"))}
    for line in listed.splitlines():
        if any(f"pid={pid}," in line for pid in pids):
            assert line.split()[4].startswith(("127.", "[::1]")), line


def test_the_text_output_can_be_acted_on(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PENSTOCK, "up", "-f", str(SHOP), "--state-dir", str(tmp_path / "s")],
        stdout=subprocess.PIPE,
        text=True,
        env={"COLUMNS": "120", "PATH": "/usr/bin", "HOME": str(tmp_path)},
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C stops" in line:
                break
        text = "".join(lines)
        try:
            try_curl_lines(lines)
        finally:
            process.send_signal(2)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    assert "stopped" in rest
    for expected in ("shop.example", "/v1/catalog", "3/3 ready", "127.10.", "443 HTTPS", "ca.crt"):
        assert expected in text


def try_curl_lines(lines: list[str]) -> None:
    tried = [x.split() for x in lines if x.strip().startswith("curl ")]
    assert len(tried) == 2
    for command in tried:
        done = subprocess.run([*command, "-sS"], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["namespace"] == "shop"
