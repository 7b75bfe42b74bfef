"""Reports as text for a terminal: tables a person can act on.

Everything is made from the JSON values of `report`, so text and JSON agree.
User text goes through `Text`/`escape`, never through markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from penstock.model import GKE
from penstock.status.report import Json
from penstock.status.routes_table import routes_table
from penstock.status.words import host_part, visible

WIDEST = 400
"""Columns of a table that must not be broken: names in it are for copying."""


def print_block(console: Console, block: RenderableType) -> None:
    """Print what folds its cells by itself; the terminal wraps other lines that are too long."""
    console.print(block, crop=False, no_wrap=True, overflow="ignore")


NO_LOAD_BALANCER = "no load balancer (no Ingress of the input is served)"
_MANY_RANGES = 5
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def finding_block(finding: Json, begin: str = "", marked: bool = False) -> Text:
    """A finding as compilers print them: place, severity, words, code, then where and the hint.

    `marked` ones say it if they are GKE's verdict; others stand below a title that says so.
    """
    text = Text(begin)
    if finding["file"]:
        line = f":{finding['line']}:{finding['column']}" if finding["line"] else ""
        text.append(f"{visible(finding['file'])}{line}: ", style="bold")
    whose = " on GKE" if marked and finding["about"] == GKE else ""
    text.append(f"{finding['severity']}{whose}: ", style=_STYLES[finding["severity"]])
    text.append(visible(finding["message"]))
    text.append(f"  [{finding['code']}]", style="dim")
    where = "  ".join(part for part in (finding["object"], finding["field"]) if part)
    if where:
        text.append(f"\n    {visible(where)}", style="dim")
    if finding["hint"]:
        text.append("\n    hint: ", style="green")
        text.append("\n          ".join(visible(line) for line in finding["hint"].split("\n")))
    return text


def health_line(event: Json) -> str:
    """``endpoint 10.0.0.1:80 of backendService r/web became unhealthy: HTTP 503``."""
    address = f"{host_part(event['address'])}:{event['port']}"
    verb = "is" if event["wasHealthy"] is None else "became"
    state = "healthy" if event["healthy"] else "unhealthy"
    users = ", ".join(event["backendServices"])
    return f"endpoint {address} of {users} {verb} {state}: {event['reason']}"


def summary(counts: Json) -> str:
    """``2 errors, 1 warning``; ``no findings``."""
    words = {"error": "error", "warning": "warning", "info": "note"}
    parts = [
        f"{counts[severity]} {word}{'' if counts[severity] == 1 else 's'}"
        for severity, word in words.items()
        if counts[severity]
    ]
    return ", ".join(parts) or "no findings"


def load_balancer_block(lb: Json) -> RenderableType:
    """One load balancer: its front ends, its routes with the backends' readiness."""
    head = Text()
    head.append(lb["name"], style="bold")
    between = "\n  " if len(lb["addresses"]) > 1 else "  "
    for address in lb["addresses"]:
        listeners = [listener for listener in lb["listeners"] if listener["address"] == address]
        wanted = listeners[0]["requestedAddress"] or address
        head.append(between)
        if wanted != address:
            head.append(f"{visible(wanted)} → ")
        head.append(address, style="bold green")
        head.append(f"  {', '.join(_port(listener) for listener in listeners)}")
    if not lb["addresses"]:
        head.append("  no listener")
    for line in _refused(lb["listeners"]):
        head.append(f"\n  refuses clients of {line}", style="yellow")
    for closed in lb.get("closedPorts", ()):
        head.append(f"\n  not on port {closed['port']}: {visible(closed['why'])}", style="dim")
    return Group(head, Padding(routes_table(lb), (0, 0, 0, 2)))


def _refused(listeners: Sequence[Json]) -> list[str]:
    """Ranges that some listener refuses, with the ports where not all of them do."""
    ports: dict[str, list[int]] = {}
    for listener in listeners:
        for clients in listener["refusedClients"]:
            ports.setdefault(clients["range"], []).append(listener["port"])
    rows: dict[str, list[str]] = {}
    for clients_range, where in ports.items():
        everywhere = len(where) == len(listeners)
        on = "" if everywhere else f" on port {', '.join(map(str, where))}"
        rows.setdefault(on, []).append(clients_range)
    return [_some(ranges) + on for on, ranges in rows.items()]


def _some(ranges: Sequence[str]) -> str:
    more = f" and {len(ranges) - _MANY_RANGES} more" if len(ranges) > _MANY_RANGES else ""
    return ", ".join(ranges[:_MANY_RANGES]) + more


def _port(listener: Json) -> str:
    moved = listener["requestedPort"] != listener["port"]
    note = f" (moved from {listener['requestedPort']})" if moved else ""
    return f"{listener['port']} {listener['protocol']}{note}"


def print_findings(
    console: Console, findings: Iterable[Json], begin: str = "", marked: bool = False
) -> None:
    """Findings one after the other, as `finding_block`; what notes say of several objects is
    said once."""
    for same in folded(findings):
        console.print(finding_block(same[0], begin, marked), soft_wrap=True, highlight=False)
        if len(same) > 1:
            names = others(same)
            console.print(Text(f"    also: {names}", style="dim"), soft_wrap=True, highlight=False)


def folded(findings: Iterable[Json]) -> list[list[Json]]:
    """What is said once: each finding by itself, or a note with those that say the same."""
    twins: dict[tuple[str, str], list[Json]] = {}
    for finding in findings:
        twins.setdefault((finding["code"], finding["message"]), []).append(finding)
    rows: list[list[Json]] = []
    for same in twins.values():
        rows += [same] if same[0]["severity"] == "info" else [[finding] for finding in same]
    return rows


def others(same: Sequence[Json]) -> str:
    """Where else the first one of them is."""
    return ", ".join(dict.fromkeys(visible(f["object"] or f["file"] or "") for f in same[1:]))
