"""`penstock explain` as text: the way of the request from top to bottom.

Three columns: what, how and why, and who wrote it.  Made from the JSON values,
so that people and programs never read different facts.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status import render
from penstock.status.report import Json

_MANY_ENDPOINTS = 10
_GOOD = 400


def print_explanation(console: Console, data: Json) -> None:
    """Answer first, then how it came to that."""
    _head(console, data)
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=2, overflow="fold", style="dim")
    for rows in (_entrance, _tls, _normalisation, _host, _route, _action, _backends, _headers):
        rows(table, data)
    console.print(table, highlight=False)
    if data["findings"]:
        console.print()
        render.print_findings(console, data["findings"])
    for note in data["notes"]:
        console.print(Text.assemble(("note: ", "yellow"), note), highlight=False)


def _head(console: Console, data: Json) -> None:
    asked = data["request"]
    host = asked["host"] if asked["host"] is not None else "(no host)"
    console.print(
        Text.assemble(
            (asked["method"], "bold"), f" {asked['scheme']}://{host}", (asked["target"], "bold")
        ),
        highlight=False,
        soft_wrap=True,
    )
    console.print(_answer(data["answer"]), highlight=False, soft_wrap=True)
    console.print()


def _answer(answer: Json) -> Text:
    why = f": {answer['why']}" if answer["why"] else ""
    if answer["by"] == "nobody":
        return Text(f"→ no connection{why}", style="bold red")
    if answer["by"] == "backend":
        line = f"→ {' or '.join(answer['backends'])} answers, asked for {answer['path']}"
        return Text.assemble((line, "bold green"), (why, "yellow"))
    is_good = answer["status"] < _GOOD
    where = f" to {answer['location']}" if answer["location"] else ""
    style = "bold yellow" if is_good else "bold red"
    return Text(f"→ the proxy answers {answer['status']}{where}{why}", style=style)


def _origin(origin: Json | None) -> Text:
    """The place, as short as one can act on it."""
    if origin is None:
        return Text("")
    if origin["defaultOf"]:
        return Text(f"default of {origin['defaultOf']}")
    if not origin["file"]:
        return Text(origin["text"])
    line = f":{origin['line']}" if origin["line"] else ""
    annotation = f" {origin['annotation']}" if origin["annotation"] else ""
    return Text(f"{origin['file']}{line}{annotation}")


def _row(table: Table, label: str, value: str | Text, origin: Json | None = None) -> None:
    shown = value if isinstance(value, Text) else Text(value)
    table.add_row(Text(label, style="bold"), shown, _origin(origin))


def _why(value: str, why: str) -> Text:
    return Text.assemble(value, (f"  {why}" if why else "", "dim"))


def _entrance(table: Table, data: Json) -> None:
    lb, rule, proxy = data["loadBalancer"], data["forwardingRule"], data["targetProxy"]
    if lb is None:
        return
    _row(table, "Load balancer", _why(lb["name"], lb["why"]), lb["origin"])
    if lb["others"]:
        _row(table, "", f"not {', '.join(lb['others'])}; choose one with --lb")
    address = f"[{rule['address']}]" if ":" in rule["address"] else rule["address"]
    moved = f"moved from {rule['requestedPort']}" if rule["requestedPort"] != rule["port"] else ""
    _row(table, "Forwarding rule", _why(f"{address}:{rule['port']}", moved), rule["origin"])
    _row(table, "Target proxy", _why(proxy["name"], proxy["protocol"]), proxy["origin"])
    _limit(table, "client may idle", proxy["clientIdleTimeout"])
    _limit(table, "client sends headers", proxy["requestHeadersTimeout"])
    _limit(table, "client sends request", proxy["requestTimeout"])


def _limit(table: Table, what: str, limit: Json) -> None:
    _row(table, "", f"{what} {_seconds(limit)}", limit["origin"])


def _seconds(limit: Json) -> str:
    return f"{limit['seconds']:g} s" if limit["seconds"] else "without limit"


def _tls(table: Table, data: Json) -> None:
    if data["tls"] is None:
        return
    label = "Certificate"
    for certificate in data["tls"]["certificates"]:
        _row(table, label, _why(certificate["name"], data["tls"]["why"]), certificate["origin"])
        kind = "generated" if certificate["kind"] == "generated" else "from a Secret"
        expiry = f", until {certificate['notAfter'][:10]}" if certificate["notAfter"] else ""
        names = ", ".join(certificate["dnsNames"]) or "no name"
        _row(table, "", f"{kind}, {certificate['keyType']}{expiry}, for {names}")
        if certificate["problem"]:
            _row(table, "", Text(f"clients will not trust it: {certificate['problem']}", "red"))
        label = ""


def _normalisation(table: Table, data: Json) -> None:
    label = "Normalised"
    for step in data["normalisation"]:
        _row(table, label, _why(f"{step['before']} → {step['after']}", step["what"]))
        label = ""


def _host(table: Table, data: Json) -> None:
    rule = data["hostRule"]
    if rule is None:
        return
    _row(table, "Host rule", _why(rule["host"] or "none", rule["why"]))
    for lost in rule["lost"]:
        _row(table, "", Text(f"not {lost['host']}: {lost['why']}", style="dim"))


def _route(table: Table, data: Json) -> None:
    rule = data["routeRule"]
    if rule is not None:
        _row(table, "Route rule", _why(_path(rule), rule["why"]), rule["origin"])
    label = "Near misses"
    for miss in data["nearMisses"]:
        own = data["hostRule"] and miss["host"] == data["hostRule"]["host"]
        host = "" if own else f"{miss['host']} "
        shown = Text.assemble(f"{host}{_path(miss)}", (f"  {miss['why']}", "dim"))
        _row(table, label, shown, miss["origin"])
        label = ""


def _path(rule: Json) -> str:
    if rule["pathType"] == "default":
        return "none: the default"
    kind = {"EXACT": "exact", "PREFIX": "prefix", "REGEX": "regex"}[rule["pathType"]]
    return f"{kind} {rule['path']}"


def _action(table: Table, data: Json) -> None:
    action = data["action"]
    if action is None:
        return
    if action["kind"] == "respond":
        body = (action["body"] or "").strip()
        _row(table, "Answer", _why(str(action["status"]), body))
        return
    rewrite = action["rewrite"]
    if rewrite:
        shown = f"{rewrite['before']} → {rewrite['after']}"
        _row(table, "Rewrite", shown, rewrite["origin"])
    _row(
        table,
        "Time limits",
        f"whole answer {_seconds(action['timeout'])}",
        action["timeout"]["origin"],
    )
    _limit(table, "silence", action["idleTimeout"])


def _backends(table: Table, data: Json) -> None:
    for backend in (data["action"] or {}).get("backends", ()):
        share = f"{backend['share']:.0%} of requests" if backend["share"] < 1 else ""
        _row(table, "Backend service", _why(backend["name"], share), backend["origin"])
        _row(table, "", f"speaks {backend['protocol']}", backend["protocolOrigin"])
        _limit(table, "connect", backend["connectTimeout"])
        retry = backend["retry"]
        if retry:
            words = ", ".join(retry["conditions"])
            _row(table, "", _why(f"{retry['attempts']} retries", words), retry["origin"])
        _endpoints(table, backend)


def _endpoints(table: Table, backend: Json) -> None:
    endpoints = backend["endpoints"]
    if not endpoints:
        _row(table, "Endpoints", Text("none", style="red"))
    label = "Endpoints"
    for endpoint in endpoints[:_MANY_ENDPOINTS]:
        _row(table, label, _endpoint(endpoint))
        label = ""
    if len(endpoints) > _MANY_ENDPOINTS:
        _row(table, "", f"… and {len(endpoints) - _MANY_ENDPOINTS} more")


def _endpoint(endpoint: Json) -> Text:
    host = f"[{endpoint['address']}]" if ":" in endpoint["address"] else endpoint["address"]
    style = "green" if endpoint["share"] else "red"
    return Text.assemble(
        f"{host}:{endpoint['port']}  {endpoint['share']:6.1%}  ",
        (endpoint["health"], style),
        (f"  {endpoint['target']}" if endpoint["target"] else "", "dim"),
    )


def _headers(table: Table, data: Json) -> None:
    groups: Iterable[tuple[str, list[Json]]] = (
        ("To the backend", data["requestHeaders"]),
        ("To the client", data["responseHeaders"]),
    )
    for label, changes in groups:
        shown = label
        for change in changes:
            value = f": {change['value']}" if change["value"] is not None else ""
            _row(table, shown, _why(f"{change['name']}{value}", change["change"]))
            shown = ""
