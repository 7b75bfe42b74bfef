"""The example of an internal Application Load Balancer: every row of its table, really asked."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.clients import http2_get, trusting
from e2e.harness import Answer, Up, address_of, request, until, up

EXAMPLE = Path(__file__).parents[2] / "examples" / "internal-alb"
PAGES, API = "shop.internal.example", "api.internal.example"


@pytest.fixture(scope="module")
def alb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up([EXAMPLE], tmp_path_factory.mktemp("internal-alb") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def address(alb: Up) -> str:
    return address_of(alb.events[0])


def seen(answer: Answer, header: str) -> list[str]:
    """A header as the backend saw it."""
    values: list[str] = answer.echo["headers"].get(header, [])
    return values


def requests_to(alb: Up, service: str) -> float:
    """How many requests Envoy has sent to a backend service."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(next(alb.state.rglob("control.sock"))))
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    lines = [line for line in text.splitlines() if f'/{service}"}}' in line]
    values = [x.split()[-1] for x in lines if x.startswith("envoy_cluster_upstream_rq_total{")]
    return sum(map(float, values))


@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        (PAGES, "/", "storefront"),
        (PAGES, "/old-shop", "storefront"),
        (PAGES, "/assets/logo.svg", "assets"),
        (PAGES, "/legacy", "legacy"),
        (PAGES, "/legacy/cart", "legacy"),
        ("nobody.example", "/assets/logo.svg", "storefront"),
        (API, "/", "api-v1"),
        ("eu.api.internal.example", "/stock", "api-v1"),
    ],
)
def test_hosts_and_paths_lead_to_their_services(
    address: str, host: str, path: str, service: str
) -> None:
    answer = request(address, path, host=host)
    assert (answer.status, answer.echo["service"]) == (200, service)
    assert seen(answer, "X-Client") == ["127.0.0.1"]
    assert seen(answer, "X-Forwarded-For") == [f"127.0.0.1,{address}"]
    assert seen(answer, "Via") == ["1.1 google"]
    assert answer.headers["via"] == "1.1 google"


def test_an_old_path_is_redirected(address: str) -> None:
    answer = request(address, "/old-shop/shoes?ref=mail", host=PAGES)
    assert answer.status == 301
    assert answer.headers["location"] == f"http://{PAGES}/shoes"


def test_testers_get_the_new_version(address: str) -> None:
    answer = request(address, "/orders/7", host=API, headers={"X-Preview": "yes"})
    assert answer.echo["service"] == "api-v2"
    assert "x-canary" not in answer.headers


def test_some_orders_go_to_the_new_version(address: str) -> None:
    services: Counter[str] = Counter()
    # A thousand requests all to one side: less likely than one in 10^45.
    for _ in range(1000):
        answer = request(address, "/orders", host=API)
        service = answer.echo["service"]
        services[service] += 1
        assert answer.headers.get("x-canary") == ("v2" if service == "api-v2" else None)
        if len(services) == 2 and services.total() >= 50:
            break
    assert services.keys() == {"api-v1", "api-v2"}


def test_searches_are_rewritten(address: str) -> None:
    answer = request(address, "/shops/berlin/search?q=shoes", host=API)
    assert (answer.echo["service"], answer.echo["path"]) == ("api-v1", "/search/berlin?q=shoes")


def test_the_new_version_gets_a_copy_of_every_search(alb: Up, address: str) -> None:
    def copies() -> float:
        return requests_to(alb, "api-v2")

    before = copies()
    assert request(address, "/shops/berlin/search", host=API).echo["service"] == "api-v1"
    until(lambda: copies() == before + 1)


def test_https_with_http2(alb: Up, address: str) -> None:
    context = trusting(alb.state / "ca" / "ca.crt", "h2", "http/1.1")
    status, headers, _ = http2_get(address, 443, context, PAGES, "/assets/logo.svg")
    assert (status, headers["via"]) == (200, "1.1 google")


def test_the_ssl_policy_refuses_old_versions(alb: Up, address: str) -> None:
    context = trusting(alb.state / "ca" / "ca.crt")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match=r"(?i)version|alert|protocol"):
        request(address, "/", host=PAGES, port=443, tls=context, server_name=PAGES)


def test_the_url_maps_own_tests_pass(alb: Up) -> None:
    results = alb.cli("show", "url-map-tests", "-o", "json")
    assert [each["result"]["testPassed"] for each in results.values()] == [True]
    assert not [f for f in alb.events[0]["findings"] if f["severity"] == "error"]
