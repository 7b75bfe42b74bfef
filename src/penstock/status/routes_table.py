"""The table of a load balancer's routes: host, path, backends and how their endpoints are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from penstock.status.report import NOT_PROBED, Json
from penstock.status.route_order import ordered
from penstock.status.words import visible

_MAX_ROUTES = 40
_UNHEALTHY = ("unhealthy", NOT_PROBED)


class _Block(NamedTuple):
    """Hosts with the same routes."""

    hosts: list[str]
    routes: list[Json]
    is_whole_port: bool = False
    """Whether it is all that a port does, where others have hosts and paths."""

    @property
    def is_default(self) -> bool:
        return str(self.routes[0]["pathType"]) == "default"

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the URL map answers that the routes are of."""
        return tuple(self.routes[0].get("ports", ()))


def routes_table(lb: Json) -> RenderableType:
    """Hosts that share their routes are listed beside them, once."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Host", "Path", "Backend", "Endpoints"):
        table.add_column(column, overflow="fold")
    blocks = _blocks(_reached(lb["routes"]))
    rows = (row for block in _numbered(blocks) for row in _rows(block, lb))
    for row in itertools.islice(rows, _MAX_ROUTES):
        table.add_row(*row)
    hidden = sum(len(block.routes) for block in blocks) - _MAX_ROUTES
    more = Text(f"… and {hidden} more: penstock show model", style="dim")
    return Group(table, more) if hidden > 0 else table


def _reached(routes: Sequence[Json]) -> list[Json]:
    """All but defaults of which nothing is left, for a route takes every path of every host."""
    whole = {tuple(route.get("ports", ())) for route in routes if _takes_everything(route)}
    return [
        route
        for route in routes
        if route["pathType"] != "default" or tuple(route.get("ports", ())) not in whole
    ]


def _takes_everything(route: Json) -> bool:
    every_path = route["pathType"] in ("PREFIX", "TEXT_PREFIX") and route["path"] in ("", "/")
    return route["host"] == "*" and every_path and not route.get("conditions")


def _numbered(blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Hosts with their ports, where not every port has the same ones."""
    with_hosts = {block.ports for block in blocks if not block.is_default}
    differ = len({block.ports for block in blocks}) > 1
    for block in blocks:
        on = f"on port {_listed(block.ports)}"
        if block.is_default and differ and block.ports not in with_hosts:
            yield _Block([on], block.routes, is_whole_port=True)
        elif len(with_hosts) > 1:
            yield _Block([f"{host} {on}" for host in block.hosts], block.routes)
        else:
            yield block


def _rows(block: _Block, lb: Json) -> Iterator[tuple[Text, ...]]:
    if block.is_whole_port:
        [route] = block.routes
        target, health = _target(route, lb)
        by = health if health.plain else Text(visible(route.get("object") or ""), style="dim")
        yield Text(block.hosts[0]), Text("everything", style="dim"), target, by
        return
    for row, route in enumerate(ordered(block.routes)):
        end = row + 1 if row + 1 < len(block.routes) else None
        hosts = "\n".join(block.hosts[row:end])
        yield (Text(hosts), _path(route), *_target(route, lb))


def _listed(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports)) or "none"


def _blocks(routes: Sequence[Json]) -> list[_Block]:
    """Routes by host, in order; what all hosts fall back to stays by itself."""
    blocks: list[_Block] = []
    for route in routes:
        block = _Block([route["host"]], [route])
        if blocks and not block.is_default and _is_of_one(blocks[-1], block):
            blocks[-1].routes.append(route)
        else:
            blocks.append(block)
    return _together(blocks)


def _is_of_one(one: _Block, other: _Block) -> bool:
    """Whether both are about one host of one URL map."""
    return (one.hosts, one.is_default, one.ports) == (other.hosts, other.is_default, other.ports)


def _together(blocks: Sequence[_Block]) -> list[_Block]:
    """Blocks with the same routes are one; their names may differ, for each has its place."""
    merged: dict[str, _Block] = {}
    for number, block in enumerate(blocks):
        same = json.dumps([_essence(route) for route in block.routes])
        twin = merged.setdefault(f"{number}" if block.is_default else same, block)
        if twin is not block:
            twin.hosts.extend(block.hosts)
    return list(merged.values())


def _essence(route: Json) -> Json:
    return {key: value for key, value in route.items() if key not in ("host", "name", "object")}


def _path(route: Json) -> Text:
    if route["pathType"] == "default":
        return Text("anything else", style="dim")
    kind = route["pathType"]
    text = Text(f"{route['path']}*" if kind == "TEXT_PREFIX" else route["path"])
    if kind not in ("PREFIX", "TEXT_PREFIX"):
        text.append(f"  {kind.lower().replace('_', ' ')}", style="dim")
    for condition in route.get("conditions", ()):
        text.append(f"\n{condition}", style="dim")
    return text


def _target(route: Json, lb: Json) -> tuple[Text, Text]:
    if "why" in route:
        return _unserved(route, lb)
    if "backends" not in route:
        status = route["status"]
        style = "dim" if status == 404 or status < 400 else "bold red"
        words = f"redirects ({status})" if 300 <= status < 400 else f"answers {status}"
        return Text(words, style=style), Text("")
    backends = {backend["name"]: backend for backend in lb["backends"]}
    known = [backends[name] for name in route["backends"] if name in backends]
    shares = route.get("shares") or [None] * len(known)
    labels = [_label(b, share, lb) for b, share in zip(known, shares, strict=True)]
    return Text("\n".join(labels)), _health(known)


def _unserved(route: Json, lb: Json) -> tuple[Text, Text]:
    """What the route was to lead to, and why it answers by itself."""
    answers, why = f"answers {route['status']}", visible(route["why"])
    if not route["meantFor"]:
        return Text(answers, style="bold red"), Text(why)
    name = visible(_beside(route["meantFor"], str(lb["name"])))
    return Text(name), Text.assemble((answers, "bold red"), f": {why}")


def _label(backend: Json, share: float | None, lb: Json) -> str:
    name = _short(backend, str(lb["name"]))
    protocol = "" if backend["protocol"] == "HTTP" else f" ({backend['protocol']})"
    return name + protocol + ("" if share is None else f" {share * 100:.3g}%")


def _short(backend: Json, balancer: str) -> str:
    """Without what it shares with the load balancer's own place."""
    name = str(backend["name"])
    if str(backend.get("object", "")).startswith("Service "):
        return _beside("/".join(name.split("/")[-2:]), balancer)
    place = balancer.rpartition("/")[0] + "/"
    return name.removeprefix(place) if name.startswith(place) else name.partition("/")[2]


def _beside(service: str, balancer: str) -> str:
    """A Service and its port, without the namespace if the load balancer is of one, the same."""
    places = balancer.split("/")[1:-1]
    return service.removeprefix(f"{places[0]}/") if len(places) == 1 else service


def _health(backends: Sequence[Json]) -> Text:
    """How many endpoints are healthy, or, where no health check decides, ready."""
    endpoints = [endpoint for backend in backends for endpoint in backend["endpoints"]]
    if not endpoints:
        return Text("none: answers 503", style="bold red")
    bad = [e for e in endpoints if e["ready"] and e.get("health") in _UNHEALTHY]
    good = sum(1 for e in endpoints if e["ready"]) - len(bad)
    style = "green" if good == len(endpoints) else "yellow" if good else "bold red"
    word = "healthy" if bad or _is_probed(backends) else "ready"
    return Text(f"{good}/{len(endpoints)} {word}", style=style)


def _is_probed(backends: Sequence[Json]) -> bool:
    """Whether health checks decide, and it is known what of (proxies may not have said yet)."""
    checked = [backend for backend in backends if backend.get("healthCheck")]
    ready = [e for backend in checked for e in backend["endpoints"] if e["ready"]]
    return bool(checked) and all("health" in endpoint for endpoint in ready)
