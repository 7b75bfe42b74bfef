"""The table of a load balancer's routes: host, path, backends and their readiness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

from penstock.status.report import Json

_MAX_ROUTES = 40
_UNHEALTHY = ("unhealthy", "not probed yet")


class _Block(NamedTuple):
    """Hosts with the same routes."""

    hosts: list[str]
    routes: list[Json]

    @property
    def is_default(self) -> bool:
        return str(self.routes[0]["pathType"]) == "default"


def routes_table(lb: Json) -> Table:
    """Hosts that share their routes are listed beside them, once."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Host", "Path", "Backend", "Endpoints"):
        table.add_column(column, overflow="fold")
    shown = lb["routes"][:_MAX_ROUTES]
    for block in _blocks(shown):
        names = "\n".join(block.hosts)
        for row, route in enumerate(block.routes):
            table.add_row(Text("" if row else names), _path(route), *_target(route, lb))
    hidden = len(lb["routes"]) - len(shown)
    if hidden:
        table.add_row("", Text(f"… and {hidden} more: penstock show model", style="dim"), "", "")
    return table


def _blocks(routes: Sequence[Json]) -> list[_Block]:
    """Routes by host, in order; what all hosts fall back to stays by itself."""
    blocks: list[_Block] = []
    for route in routes:
        is_default = route["pathType"] == "default"
        if blocks and blocks[-1].hosts == [route["host"]] and blocks[-1].is_default == is_default:
            blocks[-1].routes.append(route)
        else:
            blocks.append(_Block([route["host"]], [route]))
    return _together(blocks)


def _together(blocks: Sequence[_Block]) -> list[_Block]:
    merged: list[_Block] = []
    for block in blocks:
        twin = next((other for other in merged if _is_alike(other, block)), None)
        if twin is None:
            merged.append(block)
        else:
            twin.hosts.extend(block.hosts)
    return merged


def _is_alike(one: _Block, other: _Block) -> bool:
    """Whether both have the same routes; their names may differ, for each has its place."""
    if one.is_default or other.is_default:
        return False
    return [_essence(route) for route in one.routes] == [_essence(route) for route in other.routes]


def _essence(route: Json) -> Json:
    return {key: value for key, value in route.items() if key not in ("host", "name")}


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


def _label(backend: Json, share: float | None, lb: Json) -> str:
    name = _short(str(backend["name"]), str(lb["name"]))
    protocol = "" if backend["protocol"] == "HTTP" else f" ({backend['protocol']})"
    return name + protocol + ("" if share is None else f" {share * 100:.3g}%")


def _short(name: str, balancer: str) -> str:
    """Without what it shares with the load balancer's own place."""
    place = balancer.rpartition("/")[0] + "/"
    return name.removeprefix(place) if name.startswith(place) else name.partition("/")[2]


def _health(backends: Sequence[Json]) -> Text:
    """How many endpoints are ready, or, where probes say that some are not, healthy."""
    endpoints = [endpoint for backend in backends for endpoint in backend["endpoints"]]
    if not endpoints:
        return Text("none: answers 503", style="bold red")
    bad = [e for e in endpoints if e["ready"] and e.get("health") in _UNHEALTHY]
    good = sum(1 for e in endpoints if e["ready"]) - len(bad)
    style = "green" if good == len(endpoints) else "yellow" if good else "bold red"
    return Text(f"{good}/{len(endpoints)} {'healthy' if bad else 'ready'}", style=style)
