"""Health of endpoints, as people see it: events on a line, the table of `penstock status`."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from penstock.model import EndpointHealth
from penstock.runtime.health import EndpointChange
from penstock.status import events, render
from penstock.status.instance_view import print_status


def line(healthy: bool, before: bool | None, address: str = "10.0.0.1") -> str:
    health = EndpointHealth(healthy, "HTTP 503", 0.0)
    change = EndpointChange(
        address, 80, ("backendService r/a", "backendService r/b"), health, before
    )
    return render.health_line(events.health(change))


@pytest.mark.parametrize(
    ("healthy", "before", "words"),
    [
        (False, True, "became unhealthy"),
        (True, False, "became healthy"),
        (False, None, "is unhealthy"),
    ],
)
def test_a_turn_is_one_line(healthy: bool, before: bool | None, words: str) -> None:
    users = "backendService r/a, backendService r/b"
    assert line(healthy, before) == f"endpoint 10.0.0.1:80 of {users} {words}: HTTP 503"


def test_addresses_of_ipv6_are_in_brackets() -> None:
    assert line(False, True, "fd00::1").startswith("endpoint [fd00::1]:80 of ")


def status(*endpoints: dict[str, Any]) -> str:
    usual = {"address": "10.0.0.1", "port": 80, "target": None, "ready": True}
    backend = {"name": "web", "endpoints": [{**usual, **each} for each in endpoints], "groups": []}
    lb = {
        "name": "lb", "addresses": [], "listeners": [], "routes": [], "backends": [backend],
    }  # fmt: skip
    return printed(loadBalancers=[lb])


def printed(**keys: Any) -> str:
    data = {
        "version": "1", "ready": True, "startedAt": 0, "revision": "r", "pid": 1, "stateDir": "/s",
        "loadBalancers": [], "proxies": [], "findings": [], "fleets": [], **keys,
    }  # fmt: skip
    out = io.StringIO()
    print_status(Console(file=out, width=200), data)
    return out.getvalue()


def test_without_a_load_balancer_the_status_says_so() -> None:
    assert "\nno load balancer (no Ingress of the input is served)\n" in printed()
    assert "no load balancer" not in printed(ready=False), "it may be on its way"
    assert "no load balancer" not in status({})


def test_the_table_has_reasons_and_times_where_there_are_probes() -> None:
    text = status(
        {
            "health": "unhealthy",
            "probe": {"healthy": False, "reason": "HTTP 503", "since": 86400.0},
        },
        {"health": "healthy", "probe": {"healthy": True, "reason": "HTTP 200", "since": 0.0}},
        {"health": "healthy", "probe": {"healthy": True, "reason": "x\x1b[2J", "since": None}},
        {"health": "not probed yet"},
    )
    [head] = [line for line in text.splitlines() if "Last probe" in line]
    assert "Since" in head
    [bad] = [line for line in text.splitlines() if "HTTP 503" in line]
    assert "unhealthy" in bad
    assert re.search(r"\d d  HTTP 503", bad)
    assert "\x1b[2J" not in text
    assert "not probed yet" in text


def routes_of(*endpoints: dict[str, Any]) -> str:
    usual = {"address": "10.0.0.1", "port": 80, "ready": True}
    backend = {
        "name": "r/web", "protocol": "HTTP", "endpoints": [{**usual, **each} for each in endpoints],
    }  # fmt: skip
    route = {"host": "*", "pathType": "default", "path": "*", "backends": ["r/web"]}
    lb = {
        "name": "r/lb", "addresses": [], "listeners": [], "routes": [route], "backends": [backend],
    }  # fmt: skip
    out = io.StringIO()
    Console(file=out, width=80).print(render.load_balancer_block(lb))
    return out.getvalue()


def test_an_endpoint_that_probes_keep_away_does_not_count_as_ready() -> None:
    assert "1/3 healthy" in routes_of(
        {"health": "healthy"}, {"health": "unhealthy"}, {"health": "unhealthy", "ready": False}
    )
    assert "0/1 healthy" in routes_of({"health": "not probed yet"})
    assert "2/2 ready" in routes_of({"health": "healthy"}, {})
    assert "1/2 ready" in routes_of({"health": "healthy"}, {"ready": False})


def test_without_probes_the_table_is_as_it_always_was() -> None:
    text = status({"health": "healthy"})
    assert "Last probe" not in text
