"""`penstock status` as data: a revision plus what the running parts say of themselves."""

from __future__ import annotations

import os
import time

from penstock import __version__
from penstock.envoy.xds import ProxyState
from penstock.model import BackendServiceName
from penstock.runtime.fleets import together
from penstock.runtime.instance import Instance
from penstock.runtime.revision import Revision
from penstock.runtime.stages import StageTimes
from penstock.status import names, report
from penstock.status.endpoint_health import add_health
from penstock.status.fleets import fleets
from penstock.status.group_shares import group_shares
from penstock.status.object_statuses import object_statuses
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
        "objects": object_statuses(revision, lbs, time.time()) if revision else [],
        "fleets": fleets(instance),
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
    seen, view = await together.health(instance.fleets.running), instance.health.latest()
    now = instance.loads.now
    model, pods = revision.model, instance.stand_ins.names()
    for lb in lbs:
        for backend in lb["backends"]:
            service = model.backend_services[BackendServiceName(backend["name"])]
            for endpoint in backend["endpoints"]:
                endpoint["target"] = endpoint["target"] or pods.get(endpoint["address"])
            add_health(backend, service, model, seen.get(service.name), view)
            backend["groups"] = group_shares(backend["name"], revision, now)
    return lbs


async def _proxies(instance: Instance) -> list[Json]:
    revision = instance.revision
    return [
        {
            "node": proxy.node_id,
            "region": fleet.region,
            "pid": process.pid if process else None,
            "phase": process.phase.value if process else None,
            "restarts": process.restarts if process else 0,
            "connectedSince": proxy.connected_since.isoformat(),
            "revision": proxy.revision,
            "upToDate": _is_up_to_date(proxy, fleet.region, revision),
            "activeRequests": await fleet.active_requests(proxy.node_id),
            "rejections": [
                {"type": n.type_url.rsplit(".", 1)[-1], "name": n.name, "message": n.message}
                for n in proxy.nacks
            ],
        }
        for fleet in instance.fleets.running
        for proxy in fleet.states
        for process in (fleet.processes.get(proxy.node_id),)
    ]


def _is_up_to_date(proxy: ProxyState, region: str, revision: Revision | None) -> bool:
    wanted = revision.id_in(region) if revision else None
    return proxy.revision == wanted and not proxy.nacks


def _xds(instance: Instance) -> Json:
    counters = together.xds_statistics(instance.fleets.running)
    return {
        "streams": counters["streams"],
        "responses": counters["responses"],
        "resourcesSent": counters["resources_sent"],
        "bytesSent": counters["bytes_sent"],
        "rejections": counters["nacks"],
    }
