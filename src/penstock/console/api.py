"""The control API: what `penstock status`, `show`, `stand-in` and Prometheus ask.

Served over a Unix socket in the state directory (its mode keeps other users
out); metrics also over TCP when the user asks for it, and nothing but metrics.
"""

from __future__ import annotations

import random

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from penstock.console import metrics
from penstock.explain import UrlError
from penstock.runtime.fleets import UnknownRegionError
from penstock.runtime.instance import Instance
from penstock.standin import StandInError
from penstock.status import explanation, fleets, names, url_map_tests
from penstock.status.dump import dump_messages, dump_model
from penstock.status.firewall import firewall
from penstock.status.instance_report import status_report
from penstock.status.stand_ins import changed_json, pod_json


def control_app(instance: Instance) -> Starlette:
    """Everything; for the Unix socket only."""
    api = _Api(instance)
    return Starlette(
        routes=[
            Route("/status", api.status),
            Route("/model", api.model),
            Route("/envoy", api.envoy),
            Route("/url-map-tests", api.url_map_tests),
            Route("/firewall", api.firewall),
            Route("/explain", api.explain, methods=["POST"]),
            Route("/resolve", api.resolve, methods=["POST"]),
            Route("/metrics", api.metrics),
            Route("/ready", api.ready),
            Route("/stand-ins", api.stand_ins),
            Route("/stand-ins", api.set_stand_in, methods=["POST"]),
            Route("/regions", api.regions),
            Route("/regions", api.set_region, methods=["POST"]),
        ]
    )


def metrics_app(instance: Instance) -> Starlette:
    """Metrics and readiness; for TCP."""
    api = _Api(instance)
    return Starlette(routes=[Route("/metrics", api.metrics), Route("/ready", api.ready)])


class _Api:
    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    async def status(self, _request: Request) -> Response:
        return JSONResponse(await status_report(self._instance))

    async def model(self, _request: Request) -> Response:
        revision = self._instance.revision
        return _not_yet() if revision is None else JSONResponse(dump_model(revision.model))

    async def envoy(self, request: Request) -> Response:
        revision = self._instance.revision
        if revision is None:
            return _not_yet()
        region = request.query_params.get("region", "")
        if (configuration := revision.configurations.get(region)) is None:
            return JSONResponse({"error": f"no proxies of region {region!r}"}, status_code=400)
        return JSONResponse(dump_messages(configuration.snapshot))

    async def url_map_tests(self, _request: Request) -> Response:
        revision = self._instance.revision
        return _not_yet() if revision is None else JSONResponse(url_map_tests.results(revision))

    async def firewall(self, _request: Request) -> Response:
        revision = self._instance.revision
        return _not_yet() if revision is None else JSONResponse(firewall(revision))

    async def explain(self, request: Request) -> Response:
        revision = self._instance.revision
        if revision is None:
            return _not_yet()
        try:
            asked = explanation.parse(await request.json())
            return JSONResponse(await explanation.of_instance(self._instance, revision, asked))
        except UrlError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    async def resolve(self, request: Request) -> Response:
        revision = self._instance.revision
        if revision is None:
            return _not_yet()
        asked = dict(await request.json())
        name, of_type, client = (str(asked.get(key, "")) for key in ("name", "type", "client"))
        knowledge = self._instance.names.knowledge(revision)
        draw = random.SystemRandom().random()
        try:
            return JSONResponse(names.resolved(knowledge, name, of_type, client, draw))
        except names.UnknownNameError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    async def metrics(self, _request: Request) -> Response:
        body = await metrics.exposition(self._instance)
        return Response(body, headers={"content-type": metrics.CONTENT_TYPE})

    async def ready(self, _request: Request) -> Response:
        ready = self._instance.is_ready
        return JSONResponse({"ready": ready}, status_code=200 if ready else 503)

    async def stand_ins(self, _request: Request) -> Response:
        return JSONResponse([pod_json(pod) for pod in await self._instance.stand_ins.list()])

    async def set_stand_in(self, request: Request) -> Response:
        changes = dict(await request.json())
        try:
            pod = await self._instance.stand_ins.set(str(changes.pop("pod", "")), changes)
        except StandInError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        revision = self._instance.revision
        return JSONResponse(changed_json(pod, revision.model if revision else None))

    async def regions(self, _request: Request) -> Response:
        return JSONResponse(fleets.fleets(self._instance))

    async def set_region(self, request: Request) -> Response:
        asked = dict(await request.json())
        revision = self._instance.revision
        if revision is None:
            return _not_yet()
        region, control = str(asked.get("region", "")), self._instance.regions
        try:
            if asked.get("stopped"):
                with_backends = bool(asked.get("withBackends"))
                count = await control.stop(region, revision.model, with_backends=with_backends)
            else:
                count = await control.start(region)
        except (UnknownRegionError, StandInError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        found = [f for f in fleets.fleets(self._instance) if f["region"] == region]
        state = found[0] if found else {"region": region, "state": "ended"}
        return JSONResponse({**state, "standIns": count})


def _not_yet() -> Response:
    return JSONResponse({"error": "no revision yet"}, status_code=503)
