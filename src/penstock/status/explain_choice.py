"""Rows of `penstock explain` for how a backend service chooses endpoints, and its limits."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from penstock.status.explain_rows import limit, row, why
from penstock.status.report import Json


def choice(table: Table, backend: Json) -> None:
    """Security, choice, limits, outliers, draining, logging; nothing for what nobody set."""
    policy, affinity = backend["choice"], backend["affinity"]
    if guard := backend["guard"]:
        shown = why(f"security policy {guard['policy']}: {guard['verdict']}", guard["why"])
        row(table, "", shown, guard["origin"])
    if policy:
        row(table, "", _policy(policy), policy["origin"])
    if affinity:
        row(table, "", _affinity(affinity), affinity["origin"])
    for each in backend["limits"]:
        row(table, "", f"at most {each['value']:,} {each['what']}", each["origin"])
    if backend["outliers"]:
        row(table, "", _outliers(backend["outliers"]["settings"]), backend["outliers"]["origin"])
    if backend["draining"]:
        limit(table, "drains for", backend["draining"])
    if backend["addressFamily"]:
        family = backend["addressFamily"]
        row(table, "", f"addresses: {family['value']}", family["origin"])
    if backend["logging"]:
        row(table, "", _logging(backend["logging"]), backend["logging"]["origin"])


def _policy(policy: Json) -> str:
    shown = f"endpoint by {policy['policy']}"
    if policy["minimumRingSize"]:
        shown += f", ring of at least {policy['minimumRingSize']:,}"
    return shown + (f", weighed by {', '.join(policy['metrics'])}" if policy["metrics"] else "")


def _affinity(affinity: Json) -> Text:
    name, value = affinity["name"], affinity["value"]
    what = f"session by {affinity['kind']}" + (f" {name}" if name else "")
    shown = what + (f" ({value})" if value is not None else "")
    cookie = ""
    if affinity["path"] is not None:
        life = f"{affinity['ttl']:g} s" if affinity["ttl"] else "the browser's session"
        cookie = f"; set for {affinity['path']}, {life}"
    return why(shown, affinity["why"] + cookie)


def _outliers(settings: Json) -> str:
    rules = []
    if settings["enforcing_consecutive_errors"]:
        rules.append(f"{settings['consecutive_errors']} errors in a row")
    if settings["enforcing_consecutive_gateway_failure"]:
        rules.append(f"{settings['consecutive_gateway_failure']} gateway errors in a row")
    if settings["enforcing_success_rate"]:
        rules.append("a lower success rate than others")
    length = f"{settings['base_ejection_time']:g} s and longer"
    most = f"at most {settings['max_ejection_percent']} % of them"
    return f"left out for {length} after {' or '.join(rules) or 'nothing'}, {most}"


def _logging(logging: Json) -> str:
    share = logging["share"]
    which = {0: "no request", 1: "every request"}.get(share, f"a share of {share:.6g}")
    return f"logs {which}" + (f", with {', '.join(logging['fields'])}" if logging["fields"] else "")
