"""The example of an internal GKE Ingress: every row of its table, really asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.clients import careless, leaf_names
from e2e.harness import Up, address_of, request, until, up

EXAMPLE = Path(__file__).parents[2] / "examples" / "gke-internal"
HOST = "shop.internal.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    state = tmp_path_factory.mktemp("gke-internal") / "state"
    with up([EXAMPLE], state, "--address-pool", "127.10.181.0/24") as running:
        yield running


@pytest.mark.parametrize("port", [80, 443])
@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        (HOST, "/", "storefront"),
        (HOST, "/api", "storefront"),
        (HOST, "/api/", "orders"),
        (HOST, "/api/v1/7", "orders"),
        (HOST, "/static", "storefront"),
        (HOST, "/static/logo.svg", "storefront"),
        (HOST, "/statics", "storefront"),
        ("nobody.example", "/api/v1/7", "storefront"),
    ],
)
def test_requests_go_where_the_table_says(
    shop: Up, port: int, host: str, path: str, service: str
) -> None:
    tls = careless() if port == 443 else None
    address = address_of(shop.events[0])
    answer = request(address, path, host=host, port=port, tls=tls, server_name=HOST)
    assert (answer.status, answer.echo["service"]) == (200, service)


def test_the_certificate_is_for_the_host(shop: Up) -> None:
    assert HOST in leaf_names(address_of(shop.events[0]), 443, HOST)


def test_both_ports_are_on_one_address(shop: Up) -> None:
    (lb,) = shop.cli("status", "-o", "json")["loadBalancers"]
    assert len(lb["addresses"]) == 1


def test_backends_see_the_client_and_the_address(shop: Up) -> None:
    address = address_of(shop.events[0])
    headers = request(address, "/api/x", host=HOST).echo["headers"]
    assert headers["X-Forwarded-For"] == [f"127.0.0.1,{address}"]
    assert headers["X-Forwarded-Proto"] == ["http"]


def test_status_has_what_the_controller_writes(shop: Up) -> None:
    def written() -> dict[str, dict[str, Any]]:
        return {item["object"]: item for item in shop.cli("status", "-o", "json")["objects"]}

    until(lambda: set(written()["Ingress default/shop"]["backends"].values()) == {"HEALTHY"})
    found = written()
    annotations = found["Ingress default/shop"]["annotations"]
    assert annotations["ingress.kubernetes.io/ssl-cert"] == "shop-internal-cert"
    assert annotations["ingress.kubernetes.io/url-map"].startswith("k8s2-um-")
    pods = {name: item for name, item in found.items() if name.startswith("Pod ")}
    assert pods
    for item in pods.values():
        [condition] = item["conditions"]
        assert (condition["status"], condition["reason"]) == ("True", "LoadBalancerNegReady")
        assert condition["message"].startswith("Pod has become Healthy in NEG ")


def test_status_has_the_address_and_says_it_as_event(shop: Up):
    [ingress] = [
        item
        for item in shop.cli("status", "-o", "json")["objects"]
        if item["object"] == "Ingress default/shop"
    ]
    address = address_of(shop.events[0])
    assert ingress["status"] == {"loadBalancer": {"ingress": [{"ip": address}]}}
    assert ingress["events"] == [
        {"type": "Normal", "reason": "IPChanged", "message": f"IP is now {address}"}
    ]
