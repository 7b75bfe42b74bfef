"""Rows of `penstock explain` for what only some load balancers have.

TLS rules, policies of a route, and how a backend service connects.
"""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from penstock.status.explain_rows import limit, row, why
from penstock.status.report import Json

_MANY_RANGES = 8
_SERVING_PORT = "the port that serves"


def access(table: Table, rules: Json | None) -> None:
    """Who may connect: what decides about the client, otherwise who may not."""
    if rules is None:
        return
    decisive = rules["decisive"]
    shown = [decisive] if decisive else [r for r in rules["ranges"] if not r["allowed"]]
    label = "Clients"
    for clients in shown[:_MANY_RANGES]:
        verdict = Text("may connect") if clients["allowed"] else Text("refused", style="red")
        words = Text.assemble(f"of {clients['range']}: ", verdict)
        row(table, label, why(words, clients["why"]), clients["origin"])
        label = ""
    if len(shown) > _MANY_RANGES:
        row(table, "", f"… and {len(shown) - _MANY_RANGES} more")
    if not decisive:
        row(table, label, "all others may connect", rules["origin"])


def tls_rules(table: Table, proxy: Json) -> None:
    """What is negotiated with clients."""
    rules, clients = proxy["sslPolicy"], proxy["clientCertificates"]
    if rules:
        suites = f", {', '.join(rules['cipherSuites'])}" if rules["cipherSuites"] else ""
        curves = f", groups {', '.join(rules['curves'])}" if rules["curves"] else ""
        shown = f"{rules['minimum']} to {rules['maximum']}{suites}{curves}"
        row(table, "SSL policy", shown, rules["origin"])
    if clients:
        asked = why(f"are asked for: {clients['mode']}", clients["why"])
        row(table, "Client certificates", asked, clients["origin"])


def policies(table: Table, action: Json) -> None:
    """Mirror, CORS and faults of a route."""
    mirror, cors, fault = action["mirror"], action["cors"], action["fault"]
    if mirror:
        shown = f"{mirror['percent']:g} % copied to {mirror['backend']}, for host {mirror['host']}"
        row(table, "Mirror", shown, mirror["origin"])
    if cors:
        row(table, "CORS", _cors(cors), cors["origin"])
    if fault:
        row(table, "Faults", _fault(fault), fault["origin"])


def _cors(cors: Json) -> Text:
    kinds = {
        "none": "does not apply",
        "refused": "gives no permission",
        "preflight": "answers the preflight",
        "simple": "gives permission",
    }
    return why(kinds[cors["kind"]], cors["why"])


def _fault(fault: Json) -> str:
    parts = []
    if fault["abortPercent"]:
        parts.append(f"{fault['abortPercent']:g} % get {fault['abortStatus']}")
    if fault["delayPercent"]:
        parts.append(f"{fault['delayPercent']:g} % wait {fault['delay']:g} s")
    return ", ".join(parts) or "none"


def retry(policy: Json) -> Text:
    """When and how often a request is tried again."""
    each = policy["perTryTimeout"]
    tries = f"{policy['attempts']} {'retry' if policy['attempts'] == 1 else 'retries'}"
    shown = tries + (f" of {each:g} s each" if each else "")
    methods = f"; only {', '.join(policy['methods'])}" if policy["methods"] else ""
    return why(shown, ", ".join(policy["conditions"]) + methods)


def connections(table: Table, backend: Json) -> None:
    """How endpoints are connected to."""
    if backend["idleTimeout"]:
        limit(table, "connection may idle", backend["idleTimeout"])
    source, tls = backend["source"], backend["tls"]
    if source:
        row(table, "", f"connects from {source['value']}", source["origin"])
    if tls:
        row(table, "", _tls(tls), tls["origin"])


def groups(table: Table, backend: Json) -> None:
    """How requests are shared out over groups, if not over all endpoints alike."""
    label = "Groups"
    for group in backend["groups"]:
        later = f", after {group['priority']} other" if group["priority"] else ""
        shown = f"{group['name']}  {group['share']:6.1%}{later}"
        row(table, label, why(shown, group["why"]), group["origin"])
        label = ""


def probing(table: Table, check: Json | None) -> None:
    """How endpoints are probed, and who set what of it."""
    if check is None:
        return
    row(table, "Health check", why(check["type"]["value"], check["name"]), check["type"]["origin"])
    port = check["port"]
    row(table, "", f"port {port['value']}" if port["value"] else _SERVING_PORT, port["origin"])
    for words in ("path", "host"):
        if check[words]:
            row(table, "", f"{words} {check[words]['value']}", check[words]["origin"])
    limit(table, "every", check["interval"])
    limit(table, "an answer within", check["timeout"])
    for words, what in (("healthy", "success"), ("unhealthy", "failure")):
        count = check[f"{words}Threshold"]
        row(table, "", f"{words} after {_in_a_row(count['value'], what)}", count["origin"])
    if check["description"]:
        row(table, "", check["description"], check["origin"])


def _in_a_row(count: int, what: str) -> str:
    plural = {"success": "successes", "failure": "failures"}[what]
    return f"1 {what}" if count == 1 else f"{count} {plural} in a row"


def _tls(tls: Json) -> str:
    asked = f"TLS for {tls['serverName'] or 'the host of the request'}"
    names = tls["subjectAltNames"] or ([tls["serverName"]] if tls["serverName"] else [])
    checked = f", the certificate must be for {' or '.join(names)}" if names else ""
    issuer = ", from a trusted issuer" if tls["isIssuerChecked"] else ", from any issuer"
    return asked + checked + issuer
