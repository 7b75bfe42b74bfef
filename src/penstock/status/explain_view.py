"""`penstock explain` as text: the way of the request from top to bottom.

Three columns: what, how and why, and who wrote it.  Made from the JSON values,
so that people and programs never read different facts.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status import explain_choice, explain_parts, render
from penstock.status.explain_rows import limit, print_rows, row, seconds, why
from penstock.status.report import Json
from penstock.status.words import host_part

_MANY_ENDPOINTS = 10
_MANY_LEFT_OUT = 8
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
    print_rows(console, table)
    if data["findings"]:
        console.print()
        render.print_findings(console, data["findings"], marked=True)
    _left_out(console, data["leftOut"])
    for note in data["notes"]:
        console.print(Text.assemble(("note: ", "yellow"), note), highlight=False)


def _left_out(console: Console, findings: list[Json]) -> None:
    if not findings:
        return
    console.print(Text("\nLeft out, else it might have taken the request:", style="bold"))
    render.print_findings(console, findings[:_MANY_LEFT_OUT], marked=True)
    if len(findings) > _MANY_LEFT_OUT:
        console.print(f"… and {len(findings) - _MANY_LEFT_OUT} more", highlight=False)


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
    reason = f": {answer['why']}" if answer["why"] else ""
    if answer["by"] == "nobody":
        return Text(f"→ no connection{reason}", style="bold red")
    if answer["by"] == "backend":
        line = f"→ {' or '.join(answer['backends'])} answers, asked for {answer['path']}"
        return Text.assemble((line, "bold green"), (reason, "yellow"))
    is_good = answer["status"] < _GOOD
    where = f" to {answer['location']}" if answer["location"] else ""
    style = "bold yellow" if is_good else "bold red"
    return Text(f"→ the proxy answers {answer['status']}{where}{reason}", style=style)


def _entrance(table: Table, data: Json) -> None:
    lb, rule, proxy = data["loadBalancer"], data["forwardingRule"], data["targetProxy"]
    if lb is None:
        return
    row(table, "Load balancer", why(lb["name"], lb["why"]), lb["origin"])
    if lb["others"]:
        row(table, "", f"not {', '.join(lb['others'])}; choose one with --lb")
    address = host_part(rule["address"])
    moved = f"moved from {rule['requestedPort']}" if rule["requestedPort"] != rule["port"] else ""
    row(table, "Forwarding rule", why(f"{address}:{rule['port']}", moved), rule["origin"])
    asked = rule["requestedAddress"]
    if asked and asked["value"] != rule["address"]:
        row(table, "", f"in the place of {asked['value']}", asked["origin"])
    explain_parts.access(table, rule["access"])
    row(table, "Target proxy", why(proxy["name"], proxy["protocol"]), proxy["origin"])
    limit(table, "client may idle", proxy["clientIdleTimeout"])
    limit(table, "client sends headers", proxy["requestHeadersTimeout"])
    limit(table, "client sends request", proxy["requestTimeout"])
    if proxy["via"]:
        row(table, "", f"Via: 1.1 {proxy['via']['value']}, both ways", proxy["via"]["origin"])


def _tls(table: Table, data: Json) -> None:
    if data["tls"] is None:
        return
    label = "Certificate"
    explain_parts.tls_rules(table, data["targetProxy"])
    for certificate in data["tls"]["certificates"]:
        row(table, label, why(certificate["name"], data["tls"]["why"]), certificate["origin"])
        kind = "generated" if certificate["kind"] == "generated" else "from a Secret"
        expiry = f", until {certificate['notAfter'][:10]}" if certificate["notAfter"] else ""
        names = ", ".join(certificate["dnsNames"]) or "no name"
        row(table, "", f"{kind}, {certificate['keyType']}{expiry}, for {names}")
        if certificate["problem"]:
            row(table, "", Text(f"clients will not trust it: {certificate['problem']}", "red"))
        label = ""


def _normalisation(table: Table, data: Json) -> None:
    label = "Normalised"
    for step in data["normalisation"]:
        row(table, label, why(f"{step['before']} → {step['after']}", step["what"]))
        label = ""


def _host(table: Table, data: Json) -> None:
    rule = data["hostRule"]
    if rule is None:
        return
    row(table, "Host rule", why(rule["host"] or "none", rule["why"]))
    for lost in rule["lost"]:
        row(table, "", Text(f"not {lost['host']}: {lost['why']}", style="dim"))


def _route(table: Table, data: Json) -> None:
    rule = data["routeRule"]
    if rule is not None:
        row(table, "Route rule", why(_path(rule), rule["why"]), rule["origin"])
    label = "Near misses"
    for miss in data["nearMisses"]:
        own = data["hostRule"] and miss["host"] == data["hostRule"]["host"]
        host = "" if own else f"{miss['host']} "
        shown = Text.assemble(f"{host}{_path(miss)}", (f"  {miss['why']}", "dim"))
        row(table, label, shown, miss["origin"])
        label = ""


def _path(rule: Json) -> str:
    if rule["pathType"] == "default":
        return "none: the default"
    kind = rule["pathType"].lower().replace("_", " ")
    case = ", in any case" if rule["ignoreCase"] else ""
    conditions = "".join(f", {condition}" for condition in rule["conditions"])
    return f"{kind} {rule['path']}{case}{conditions}"


def _action(table: Table, data: Json) -> None:
    action = data["action"]
    if action is None:
        return
    if action["kind"] == "respond":
        body = (action["body"] or "").strip()
        row(table, "Answer", why(str(action["status"]), body))
        if meant := action["unserved"]:
            asked = why(meant["backend"] or "a backend", meant["reason"])
            row(table, "In the place of", asked, meant["origin"])
        return
    if action["kind"] == "redirect":
        row(table, "Redirect", f"{action['status']} to {data['answer']['location']}")
        return
    label = "Rewrite"
    for rewrite in (action["rewrite"], action["hostRewrite"]):
        if rewrite:
            shown = f"{rewrite['before']} → {rewrite['after']}"
            row(table, label, shown, rewrite["origin"])
            label = ""
    explain_parts.policies(table, action)
    row(
        table,
        "Time limits",
        f"whole answer {seconds(action['timeout'])}",
        action["timeout"]["origin"],
    )
    limit(table, "silence", action["idleTimeout"])
    if action["maxDuration"]:
        limit(table, "request and answer", action["maxDuration"])


def _backends(table: Table, data: Json) -> None:
    for backend in (data["action"] or {}).get("backends", ()):
        share = f"{backend['share']:.0%} of requests" if backend["share"] < 1 else ""
        row(table, "Backend service", why(backend["name"], share), backend["origin"])
        row(table, "", f"speaks {backend['protocol']}", backend["protocolOrigin"])
        limit(table, "connect", backend["connectTimeout"])
        retry = backend["retry"]
        if retry:
            row(table, "", explain_parts.retry(retry), retry["origin"])
        explain_parts.connections(table, backend)
        explain_parts.groups(table, backend)
        explain_choice.choice(table, backend)
        explain_parts.probing(table, backend["healthCheck"])
        _endpoints(table, backend)


def _endpoints(table: Table, backend: Json) -> None:
    endpoints = backend["endpoints"]
    if not endpoints:
        row(table, "Endpoints", Text("none", style="red"))
    label = "Endpoints"
    for endpoint in endpoints[:_MANY_ENDPOINTS]:
        row(table, label, _endpoint(endpoint))
        label = ""
    if len(endpoints) > _MANY_ENDPOINTS:
        row(table, "", f"… and {len(endpoints) - _MANY_ENDPOINTS} more")


def _endpoint(endpoint: Json) -> Text:
    host = host_part(endpoint["address"])
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
            words = [change["change"], change["level"] or ""]
            words.append(f"{change['backend']} only" if change["backend"] else "")
            how = ", ".join(filter(None, words))
            row(table, shown, why(f"{change['name']}{value}", how), change["origin"])
            shown = ""
