"""The gRPC side of load reports: one stream a proxy, asked for some clusters at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial
from typing import Final

import grpc.aio
from envoy.service.load_stats.v3.lrs_pb2 import LoadStatsRequest, LoadStatsResponse
from envoy.service.load_stats.v3.lrs_pb2_grpc import LoadReportingServiceServicer

from penstock.envoy.load_reports.report import ClusterReport, reports_of
from penstock.envoy.streams import ENDINGS, StreamEnded, read, send

_log = logging.getLogger(__name__)

_Context = grpc.aio.ServicerContext[LoadStatsRequest, LoadStatsResponse]
Sink = Callable[[int, ClusterReport | None], None]
"""Is told of every report, with the number of the stream it came by; None: that stream ended."""

_INTERVAL: Final = 1.0
"""Seconds between two reports of one proxy."""
_SELDOM: Final = 3600.0
"""Seconds between reports that nobody needs any more: the protocol knows no end."""


class LoadReports(LoadReportingServiceServicer):  # type: ignore[misc]  # generated, untyped
    """Asks every connected proxy for the clusters that are watched, and hands on what it says."""

    def __init__(self, sink: Sink, interval: float = _INTERVAL) -> None:
        self._sink = sink
        self._interval = interval
        self._watched: tuple[str, ...] = ()
        self._streams: dict[int, asyncio.Event] = {}
        """Number → set when the proxy has to be asked anew."""
        self._count = 0
        self._closed = False

    def watch(self, clusters: Collection[str]) -> None:
        """From now on these are reported; costs nothing if they are the same as before."""
        watched = tuple(sorted(clusters))
        if watched != self._watched:
            self._watched = watched
            self._wake()

    @property
    def streams(self) -> int:
        """Proxies that are connected."""
        return len(self._streams)

    def close(self) -> None:
        """End all streams; proxies try again later."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        for event in self._streams.values():
            event.set()

    async def StreamLoadStats(  # noqa: N802 - the name is the protocol's
        self, requests: AsyncIterator[LoadStatsRequest], context: _Context
    ) -> None:
        """One proxy, from connect to disconnect."""
        self._count += 1
        number, ask = self._count, asyncio.Event()
        self._streams[number] = ask
        ask.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(read(requests, partial(self._take, number)))
                tasks.create_task(self._ask(ask, context))
        except* ENDINGS as ended:
            _log.debug("load reports ended stream=%d cause=%r", number, ended.exceptions)
        finally:
            del self._streams[number]
            self._sink(number, None)

    def _take(self, number: int, request: LoadStatsRequest) -> None:
        for report in reports_of(request):
            self._sink(number, report)

    async def _ask(self, ask: asyncio.Event, context: _Context) -> None:
        asked: tuple[str, ...] = ()
        while True:
            await ask.wait()
            ask.clear()
            if self._closed:
                raise StreamEnded
            if self._watched != asked:
                asked = self._watched
                await send(context, self._request(asked))

    def _request(self, clusters: tuple[str, ...]) -> LoadStatsResponse:
        response = LoadStatsResponse(clusters=clusters)
        seconds = self._interval if clusters else _SELDOM
        response.load_reporting_interval.FromMilliseconds(round(seconds * 1000))
        return response
