"""The table of routes: whose they are, where they lead, how that is."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from penstock.status.route_order import ordered
from penstock.status.routes_table import routes_table

Row = dict[str, Any]


def path(kind: str, value: str, **keys: Any) -> Row:
    return {"host": "a.example", "pathType": kind, "path": value, "backends": ["web"], **keys}


def answer(value: str, **keys: Any) -> Row:
    return {"host": "a.example", "pathType": "EXACT", "path": value, **keys}


def default(**keys: Any) -> Row:
    return {"host": "*", "pathType": "default", "path": "*", **keys}


def backend(name: str, *healths: str | None, **keys: Any) -> Row:
    endpoints = [{"ready": True} | ({"health": health} if health else {}) for health in healths]
    return {"name": name, "protocol": "HTTP", "endpoints": endpoints, **keys}


WEB = backend("gke/gce/shop/web:80", "healthy", object="Service shop/web", healthCheck="web")


def table(*routes: Row, backends: tuple[Row, ...] = (WEB,), width: int = 80) -> list[str]:
    for route in routes:
        if "backends" in route:
            route["backends"] = [backends[0]["name"]]
    lb = {"name": "gke/shop/lb", "routes": list(routes), "backends": list(backends)}
    out = io.StringIO()
    Console(file=out, width=width).print(routes_table(lb))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()[2:]]


def segments(text: str) -> str:
    return text.rstrip("/") + "/"


def paths(*routes: Row) -> list[str]:
    return [f"{route['path']}{'' if route['pathType'] == 'EXACT' else '*'}" for route in routes]


def test_paths_of_one_stem_are_together_and_the_more_exact_ones_first() -> None:
    # As GKE has them: the longer ones first.
    texts = ["/catalog/new/", "/catalog/", "/cart/", "/a/", "/"]
    routes = [path("TEXT_PREFIX", text) for text in texts[:2]]
    routes += [path("EXACT", "/catalog"), path("TEXT_PREFIX", "/cart/"), path("EXACT", "/cart")]
    routes += [path("TEXT_PREFIX", text) for text in texts[3:]]
    assert paths(*ordered(routes)) == [
        "/a/*", "/cart", "/cart/*", "/catalog", "/catalog/new/*", "/catalog/*", "/*",
    ]  # fmt: skip


def test_prefixes_of_segments_cover_themselves() -> None:
    routes = [path("EXACT", "/shop"), path("PREFIX", "/shop/new"), path("PREFIX", "/shop")]
    routes += [path("PREFIX", "/ab"), path("PREFIX", "/")]
    assert paths(*ordered(routes)) == ["/ab*", "/shop", "/shop/new*", "/shop*", "/*"]
    wrong = [path("PREFIX", "/b"), path("EXACT", "/b"), path("EXACT", "/a")]
    assert ordered(wrong) == wrong


def test_an_order_that_somebody_chose_stays() -> None:
    for first in (
        path("TEXT_PREFIX", "/"),
        path("REGEX", "/z.*"),
        path("TEMPLATE", "/{x}"),
        path("EXACT", "/z", conditions=["header a is b"]),
    ):
        routes = [first, path("EXACT", "/b"), path("EXACT", "/a")]
        assert ordered(routes) == routes


def test_path_prefixes_sorted_still_have_their_winner_first() -> None:
    # As Ingress has them: the longer ones first, of one length the exact one.
    texts = ["/shop/new", "/status", "/shop", "/chat", "/"]
    routes = [path(kind, text) for text in texts for kind in ("EXACT", "PREFIX")]
    shown = ordered(routes)
    assert shown != routes
    for probe in [*texts, "/shop/", "/shop/new/1", "/shopping", "/chat/1", "/x"]:
        winners = [
            next(
                r for r in rows
                if probe == r["path"]
                or (r["pathType"] == "PREFIX" and f"{probe}/".startswith(segments(r["path"])))
            )
            for rows in (routes, shown)
        ]  # fmt: skip
        assert winners[0] == winners[1], probe


def test_every_pair_of_sorted_routes_still_has_its_winner_first() -> None:
    texts = ["/a/b/", "/a/b", "/a/", "/ab/", "/ab", "/a", "/"]
    routes = [path(kind, text) for text in texts for kind in ("EXACT", "TEXT_PREFIX")]
    shown = ordered(routes)
    assert shown != routes
    for probe in [*texts, "/a/b/c", "/abc", "/x"]:
        winners = [
            next(
                r for r in table
                if probe == r["path"]
                or (r["pathType"] == "TEXT_PREFIX" and probe.startswith(r["path"]))
            )
            for table in (routes, shown)
        ]  # fmt: skip
        assert winners[0] == winners[1], probe


def test_a_port_of_its_own_says_what_it_does_and_who_wants_it() -> None:
    rows = table(
        path("TEXT_PREFIX", "/", ports=[443]),
        default(status=404, ports=[443]),
        default(status=301, ports=[80], object="FrontendConfig shop/fe"),
    )
    assert rows == [
        "a.example /* web:80 1/1 healthy",
        "* anything else answers 404",
        "on port 80 everything redirects (301) FrontendConfig shop/fe",
    ]


def test_what_nothing_can_reach_has_no_row() -> None:
    whole = path("TEXT_PREFIX", "/", host="*")
    assert table(whole, default(status=404)) == ["* /* web:80 1/1 healthy"]
    segments = path("PREFIX", "/", host="*")
    assert table(segments, default(status=404)) == ["* / web:80 1/1 healthy"]
    for first in (
        path("TEXT_PREFIX", "/"),
        path("EXACT", "/", host="*"),
        path("TEXT_PREFIX", "/a", host="*"),
        path("TEXT_PREFIX", "/", host="*", conditions=["header a is b"]),
    ):
        assert table(first, default(status=404))[-1] == "* anything else answers 404"
    redirect = default(status=301, ports=[80])
    rows = table({**whole, "ports": [443]}, default(status=404, ports=[443]), redirect)
    assert rows == ["* /* web:80 1/1 healthy", "on port 80 everything redirects (301)"]


def test_hosts_of_two_maps_say_their_ports() -> None:
    def both(port: int) -> tuple[Row, Row]:
        return path("TEXT_PREFIX", "/", ports=[port]), default(status=404, ports=[port])

    assert table(*both(80), *both(443), width=100) == [
        "a.example on port 80 /* web:80 1/1 healthy",
        "* on port 80 anything else answers 404",
        "a.example on port 443 /* web:80 1/1 healthy",
        "* on port 443 anything else answers 404",
    ]
    assert table(default(status=404, ports=[443]), default(status=301, ports=[80])) == [
        "on port 443 everything answers 404",
        "on port 80 everything redirects (301)",
    ]


def test_who_answers_by_himself_says_for_whom_and_why() -> None:
    why = "there is no security policy edge"
    meant = {"status": 403, "meantFor": "shop/web:80", "why": why}
    system = {**meant, "meantFor": "kube-system/default-http-backend:80"}
    broken = {"status": 500, "meantFor": None, "why": "GKE does not take the path"}
    found = table(
        answer("/a", **meant),
        answer("/b", **broken),
        default(**system),
        width=120,
    )
    assert found == [
        f"a.example /a exact web:80 answers 403: {why}",
        "/b exact answers 500 GKE does not take the path",
        f"* anything else kube-system/default-http-backend:80 answers 403: {why}",
    ]


def test_health_decides_what_endpoints_are_called() -> None:
    name = "gke/gce/shop/web:80"

    def shown(*healths: str | None, check: str | None) -> str:
        return table(default(backends=[]), backends=(backend(name, *healths, healthCheck=check),))[
            0
        ]

    assert shown("healthy", "healthy", check="c").endswith("2/2 healthy")
    assert shown("healthy", "unhealthy", check="c").endswith("1/2 healthy")
    assert shown(None, None, check="c").endswith("2/2 ready"), "proxies probe, and have not said"
    assert shown(None, None, check=None).endswith("2/2 ready")


def test_hosts_with_the_same_routes_stand_beside_them_once() -> None:
    routes = [
        {**path("EXACT", f"/{i:02}"), "host": host, "object": f"Ingress shop/{host}"}
        for host in ("a.example", "b.example")
        for i in range(25)
    ]
    rows = table(*routes, default(status=404))
    assert rows[:3] == [
        "a.example /00 exact web:80 1/1 healthy",
        "b.example /01 exact web:80 1/1 healthy",
        "/02 exact web:80 1/1 healthy",
    ]
    assert len(rows) == 26

    many = table(*(path("EXACT", f"/{i:02}") for i in range(50)), default(status=404))
    assert many[40:] == ["… and 11 more: penstock show model"]


def test_two_url_maps_on_one_port_have_a_row_each() -> None:
    plain = [default(status=404, ports=[80]), default(status=404, ports=[80])]
    rows = table(*plain, default(status=301, ports=[443]))
    assert rows == [
        "on port 80 everything answers 404",
        "on port 80 everything answers 404",
        "on port 443 everything redirects (301)",
    ]
