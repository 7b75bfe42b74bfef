"""`penstock status` as data: a revision plus what the running parts say of themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping

from penstock import __version__
from penstock.envoy.admin import ClusterStatus
from penstock.runtime.instance import Instance
from penstock.runtime.revision import Revision
from penstock.runtime.stages import StageTimes
from penstock.status import names, report
from penstock.status.report import Json


async def status_report(instance: Instance) -> Json:
    """Everything; docs/json-output.md lists the keys."""
    revision = instance.revision
    lbs = await _load_balancers(instance, revision) if revision else []
    return {
        "version": __version__,
        "pid": os.getpid(),
        "stateDir": str(instance.state.path),
        "startedAt": instance.started,
        "ready": instance.is_ready,
        "revision": revision.id if revision else None,
        "stagesMs": {
            name: round(seconds * 1000, 2)
            for name, seconds in (revision.stages.items() if revision else ())
        },
        "stages": {name: _stage(stage) for name, stage in instance.stages.items()},
        "loadBalancers": lbs,
        "proxies": await _proxies(instance),
        "xds": _xds(instance),
        "dns": _dns(instance, revision) if revision else None,
        "findings": report.findings(revision.findings) if revision else [],
    }


def _dns(instance: Instance, revision: Revision) -> Json:
    known = instance.names
    return {
        "server": names.place(known.place),
        "listening": known.is_open,
        "answers": dict(sorted(known.counts.items())),
        "names": names.names(revision, known.knowledge(revision)),
    }


def _stage(stage: StageTimes) -> Json:
    return {
        "runs": stage.runs,
        "lastMs": round(stage.last * 1000, 3),
        "meanMs": round(stage.total / stage.runs * 1000, 3),
        "longestMs": round(stage.longest * 1000, 3),
    }


async def _load_balancers(instance: Instance, revision: Revision) -> list[Json]:
    lbs = report.load_balancers(revision)
    health = await instance.proxy.health()
    for lb in lbs:
        for backend in lb["backends"]:
            _add_health(backend, health)
    return lbs


def _add_health(backend: Json, health: Mapping[str, ClusterStatus]) -> None:
    cluster = health.get(backend["name"])
    flags = {e.address: e.health_flags for e in cluster.endpoints} if cluster else {}
    for endpoint in backend["endpoints"]:
        endpoint["health"] = _words(endpoint, flags)


def _words(endpoint: Json, flags: Mapping[str, tuple[str, ...]]) -> str:
    """``healthy``, ``not ready`` (so the proxy does not have it), or the proxy's reasons."""
    if not endpoint["ready"]:
        return "not ready"
    host = endpoint["address"]
    address = f"[{host}]:{endpoint['port']}" if ":" in host else f"{host}:{endpoint['port']}"
    if address not in flags:
        return "not yet known to the proxy"
    return ", ".join(flags[address]) or "healthy"


async def _proxies(instance: Instance) -> list[Json]:
    process = instance.proxy.process
    current = instance.revision.id if instance.revision else None
    return [
        {
            "node": proxy.node_id,
            "pid": process.pid if process else None,
            "phase": process.phase.value if process else None,
            "restarts": process.restarts if process else 0,
            "connectedSince": proxy.connected_since.isoformat(),
            "revision": proxy.revision,
            "upToDate": proxy.revision == current and not proxy.nacks,
            "activeRequests": await instance.proxy.active_requests(),
            "rejections": [
                {"type": n.type_url.rsplit(".", 1)[-1], "name": n.name, "message": n.message}
                for n in proxy.nacks
            ],
        }
        for proxy in instance.proxy.states
    ]


def _xds(instance: Instance) -> Json:
    counters = instance.proxy.statistics()
    return {
        "streams": counters["streams"],
        "responses": counters["responses"],
        "resourcesSent": counters["resources_sent"],
        "bytesSent": counters["bytes_sent"],
        "rejections": counters["nacks"],
    }
