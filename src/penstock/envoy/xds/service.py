"""The gRPC side of a session: one delta ADS stream, its reader, writer and rollout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import grpc.aio
from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceServicer
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
)

from penstock.envoy.streams import ENDINGS, StreamEnded, read, send
from penstock.envoy.xds.report import Warm
from penstock.envoy.xds.rollout import Pace, ProxyRollout
from penstock.envoy.xds.session import Session

_log = logging.getLogger(__name__)

_Context = grpc.aio.ServicerContext[DeltaDiscoveryRequest, DeltaDiscoveryResponse]


class DeltaAds(AggregatedDiscoveryServiceServicer):  # type: ignore[misc]  # generated, untyped
    """Serves `DeltaAggregatedResources`; the state-of-the-world call stays unimplemented."""

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Session]],
        warm: Warm | None,
        pace: Pace,
    ) -> None:
        self._connect = connect
        self._warm = warm
        self._pace = pace

    async def DeltaAggregatedResources(  # noqa: N802 - the name is the protocol's
        self, requests: AsyncIterator[DeltaDiscoveryRequest], context: _Context
    ) -> None:
        """One proxy, from connect to disconnect."""
        with self._connect() as session:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(read(requests, session.receive))
                    tasks.create_task(_write(session, context))
                    tasks.create_task(ProxyRollout(session, self._warm, self._pace).run())
            except* ENDINGS as ended:
                _log.debug("xds stream ended node=%s cause=%r", session.node_id, ended.exceptions)


async def _write(session: Session, context: _Context) -> None:
    """Make up each response only when the one before is handed over.

    A proxy that reads slowly thus gets fewer and newer responses, not a queue
    of old ones.
    """
    while True:
        await session.outgoing.wait()
        session.outgoing.clear()
        if session.closed:
            raise StreamEnded
        while (response := session.next_response()) is not None:
            await send(context, response)
