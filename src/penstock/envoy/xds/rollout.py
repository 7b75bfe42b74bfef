"""Make before break, for one proxy: the order in which a target reaches it.

Each connected proxy has one such loop, so a slow proxy delays nobody else.

Removals wait for the answer to the switch without limit: a proxy that does not
answer must not lose what it still uses.  The switch waits for new clusters
within limits: Envoy holds its answer back while a cluster is warming, and one
that never becomes ready must not hold up the rest of the configuration.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass

from penstock.envoy.resources import CLUSTER, LISTENER, TYPE_URLS
from penstock.envoy.xds.report import Warm
from penstock.envoy.xds.session import Session
from penstock.envoy.xds.target import Target
from penstock.envoy.xds.view import MAKE, SWITCH

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long each step may take, in seconds."""

    warm_timeout: float = 4.0
    """For new clusters and listeners to come into service."""
    patience: float = 0.25
    """What is left of `warm_timeout` once a newer target is there."""
    removal_grace: float = 1.0
    """Between the answer to the switch and the removals: requests under way finish."""


class ProxyRollout:
    """Brings one session to its newest target, again and again."""

    def __init__(self, session: Session, warm: Warm | None, pace: Pace) -> None:
        self._session = session
        self._warm = warm
        self._pace = pace
        self._warming: set[str] = set()
        """Clusters that were sent and not seen in service since."""

    async def run(self) -> None:
        """Runs until cancelled (when the stream ends)."""
        session = self._session
        while True:
            await session.changed.until(
                lambda: session.target is not None and session.settled is not session.target
            )
            target = await self._make()
            await self._switch(target)
            await self._break(target)

    async def _make(self) -> Target:
        """Wait for what `offer` sent; returns the target to switch to.

        A target that arrives meanwhile is taken along, but not without end:
        under steady change every second or so a switch must get its turn.
        """
        session, clock = self._session, asyncio.get_running_loop().time
        enough = clock() + self._pace.patience
        while True:
            target = session.target
            assert target is not None
            in_time = await self._bounded(self._additions_in_service(), target)
            if not in_time and session.target is target:
                session.give_up(MAKE)
                session.take_sent(CLUSTER)
                self._warming = set()
            if session.target is target or clock() >= enough:
                return target

    async def _additions_in_service(self) -> None:
        session = self._session
        # A proxy that returns asks for everything at once: its routes must not
        # overtake clusters that it has not even asked for yet.
        await session.changed.until(
            lambda: session.asked_for(CLUSTER) and session.took_additions(MAKE)
        )
        self._warming |= session.take_sent(CLUSTER)
        if self._warming and self._warm is not None:
            await self._warm.clusters(session.node_id, self._warming)
        self._warming = set()

    async def _switch(self, target: Target) -> None:
        session = self._session
        session.switch(target)
        await session.changed.until(
            lambda: session.asked_for(LISTENER) and session.answered_all(SWITCH)
        )
        listeners = session.take_sent(LISTENER)
        if listeners and self._warm is not None:
            await self._bounded(self._warm.listeners(session.node_id, listeners), target)
            await session.changed.until(lambda: session.answered_all(SWITCH))
        session.answered = target
        session.changed.notify()

    async def _break(self, target: Target) -> None:
        session = self._session
        if session.has_superfluous:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.removal_grace):
                    await session.changed.until(lambda: session.target is not target)
        if session.target is not target:
            return
        if session.has_superfluous:
            session.prune(target)
            await session.changed.until(
                lambda: session.answered_all(TYPE_URLS) or session.target is not target
            )
        session.settled = target
        session.changed.notify()

    async def _bounded(self, waiting: Awaitable[None], target: Target) -> bool:
        """Wait, but not past the limits, which a newer target shortens; False if in vain."""
        session, pace = self._session, self._pace
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(pace.warm_timeout) as limit:

                def shorten() -> None:
                    if not limit.expired():
                        limit.reschedule(min(limit.when() or 0.0, clock() + pace.patience))

                session.on_offer = shorten
                if session.target is not target:
                    shorten()
                await waiting
                return True
        except TimeoutError:
            _log.warning(
                "xds not in service in time node=%s revision=%s", session.node_id, target.revision
            )
            return False
        finally:
            session.on_offer = None
