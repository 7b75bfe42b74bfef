"""Stand-in pods as JSON and as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from penstock.model import Model
from penstock.standin.spec import PodStatus
from penstock.status.report import Json
from penstock.status.stand_in_checks import unmoved


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


def changed_json(pod: PodStatus, model: Model | None) -> Json:
    """A pod that was changed, and which health checks are not moved by its not being ready."""
    found = unmoved(pod, model) if model is not None else {}
    passes = [{"healthCheck": name, "path": path} for name, path in sorted(found.items())]
    return {**pod_json(pod), "passes": passes}


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
    """One line about one pod, and one for each way in which health checks still find it healthy."""
    lines = [f"{pod['namespace']}/{pod['name']}: {state_words(pod)}"]
    paths = {check["path"] for check in pod.get("passes", ())}
    for path in sorted(paths - {None}):
        lines.append(
            f"  its load balancer's health check decides; it asks {path}, which answers 200 also "
            "when the pod is not ready: use --status 503"
        )
    if None in paths:
        lines.append(
            "  its load balancer's health check decides; it only connects, which works also when "
            "the pod is not ready: use --stop"
        )
    return "\n".join(lines)


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
