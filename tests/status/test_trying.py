"""Which name a printed `curl` line asks for, and what it trusts."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.status.tls_names import name_for
from penstock.status.trying import try_lines


@pytest.mark.parametrize(
    ("host", "names", "hosts", "name"),
    [
        ("a.example", ["b.example", "a.example"], ["a.example", "b.example"], "a.example"),
        ("a.example", ["b.example"], ["a.example"], None),
        ("*.example", ["a.b.example", "a.example"], ["*.example"], "a.example"),
        ("*.example", ["example", ".example"], ["*.example"], None),
        ("*", ["a.example", "localhost"], ["*", "a.example"], "localhost"),
        ("*", ["www.example"], ["*", "*.example"], None),
        ("*", ["a.example"], [], "a.example"),
    ],
)
def test_a_name_leads_to_the_rule_for_its_host(
    host: str, names: list[str], hosts: list[str], name: str | None
) -> None:
    assert name_for(host, names, hosts) == name


def balancer(
    *hosts: str, named: dict[str, bool], ports: tuple[int, ...] = (8443,)
) -> dict[str, Any]:
    return {
        "listeners": [{"protocol": "HTTPS", "port": 8443, "address": "127.0.0.9"}],
        "hosts": list(hosts),
        "tlsNames": [{"name": name, "generated": made} for name, made in named.items()],
        "routes": [
            {"host": h, "pathType": "PREFIX", "path": "/a", "backends": ["b"], "ports": list(ports)}
            for h in hosts
        ],
        "backends": [{"name": "b", "protocol": "HTTP"}],
    }


def test_a_host_with_a_certificate_is_asked_for_before_others() -> None:
    lb = balancer("a.example", "b.example", named={"b.example": True})
    assert try_lines([lb], "ca.crt") == [
        "curl --cacert ca.crt --resolve b.example:8443:127.0.0.9 https://b.example:8443/a"
    ]


def test_what_the_authority_did_not_sign_is_not_checked_against_it() -> None:
    given = balancer("a.example", named={"a.example": False})
    none = balancer("a.example", named={"c.example": True})
    line = "curl -k --resolve a.example:8443:127.0.0.9 https://a.example:8443/a"
    assert try_lines([given, none], "ca.crt") == [line, line]


def test_routes_of_another_port_are_not_asked_for() -> None:
    lb = balancer("a.example", named={"a.example": True, "c.example": True}, ports=(80,))
    assert try_lines([lb], "ca.crt") == [
        "curl --cacert ca.crt --resolve c.example:8443:127.0.0.9 https://c.example:8443/"
    ]


def test_a_host_whose_backend_speaks_tls_is_asked_for_before_the_default() -> None:
    lb = balancer("a.example", "*", named={"a.example": True})
    lb["routes"][0]["backends"] = ["s"]
    lb["backends"].append({"name": "s", "protocol": "HTTPS"})
    assert try_lines([lb], "ca.crt") == [
        "curl --cacert ca.crt --resolve a.example:8443:127.0.0.9 https://a.example:8443/a"
    ]


def test_where_no_route_leads_anywhere_one_is_asked_for_that_says_why() -> None:
    lb = balancer("*", "a.example", named={"a.example": True})
    for route in lb["routes"]:
        del route["backends"]
        route["status"] = 404
    lb["routes"][1].update({"status": 503, "why": "there is no such Service", "meantFor": "web:80"})
    assert try_lines([lb], "ca.crt") == [
        "curl --cacert ca.crt --resolve a.example:8443:127.0.0.9 https://a.example:8443/a"
    ]
