"""Stand-in pods as JSON and as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from penstock.standin.spec import PodStatus
from penstock.status.report import Json


def pod_json(pod: PodStatus) -> Json:
    """One pod with what it listens on and how it behaves."""
    spec, state = pod.spec, pod.state
    return {
        "namespace": spec.namespace,
        "name": spec.name,
        "service": spec.service,
        "address": spec.address,
        "ports": [{"port": p.port, "protocol": p.protocol.value} for p in spec.ports],
        "ready": state.is_ready,
        "stopped": state.stopped,
        "delay": state.delay,
        "status": state.status,
        "flap": state.flap,
    }


def table(pods: Sequence[Json]) -> Table:
    """All pods, one a row."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Namespace", "Pod", "Service", "Address", "Ports", "State"):
        made.add_column(column, no_wrap=True)
    for pod in pods:
        ports = ", ".join(f"{p['port']} {p['protocol']}" for p in pod["ports"])
        style = "green" if pod["ready"] else "yellow"
        made.add_row(
            *(Text(pod[key]) for key in ("namespace", "name", "service", "address")),
            Text(ports),
            Text(state_words(pod), style=style),
        )
    return made


def describe(pod: Json) -> str:
    """One line about one pod."""
    return f"{pod['namespace']}/{pod['name']}: {state_words(pod)}"


def state_words(pod: Json) -> str:
    """``ready``, ``stopped``, ``not ready, delay 2 s, answers 503``."""
    words = ["stopped" if pod["stopped"] else "ready" if pod["ready"] else "not ready"]
    if pod["delay"]:
        words.append(f"delay {pod['delay']:g} s")
    if pod["status"]:
        words.append(f"answers {pod['status']}")
    if pod["flap"]:
        words.append(f"flaps every {pod['flap']:g} s")
    return ", ".join(words)
