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

from penstock.envoy.resources import CLUSTER, LISTENER, SCOPES, TYPE_URLS
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
    doubt: float = 0.5
    """For a proxy to ask for new shards if nobody knows whether it still has use for scopes."""
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
            await self._lead(target)
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

    async def _lead(self, target: Target) -> None:
        """Let a serving proxy have the shards of URL maps before listeners look into them.

        All listeners of an Envoy that find routes by scopes share one subscription, and
        only the listener that begins it waits for what it brings: another one would serve
        at once, with answers 404.  So shards come first where there is a subscription, and
        else one listener begins it alone.
        """
        session = self._session
        if not target.of(SCOPES):
            return
        await session.changed.until(lambda: session.asked_for(LISTENER))
        listeners = session.newly_sharded(target)
        if not listeners:
            return
        maps = frozenset().union(*listeners.values())
        session.lead(target, maps)
        if session.finds_by_scopes():
            await self._bounded(self._took_shards(maps), target)
            return
        if session.may_have_scopes():
            await self._bounded(self._took_shards(maps), target, self._pace.doubt)
        for listener in listeners:
            if session.may_lead(target, listener) and await self._begin(target, maps, listener):
                return

    async def _begin(self, target: Target, maps: frozenset[str], listener: str) -> bool:
        """Let one listener begin the subscription to scopes; False if it is refused."""
        session = self._session
        session.lead(target, maps, listener)
        await session.changed.until(lambda: session.answered_all(SWITCH))
        if session.refuses(LISTENER, listener):
            return False
        if self._warm is not None:
            await self._bounded(self._warm.listeners(session.node_id, {listener}), target)
        await self._bounded(self._took_shards(maps), target)
        return True

    async def _took_shards(self, maps: frozenset[str]) -> None:
        await self._session.changed.until(lambda: self._session.took_shards(maps))

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

    async def _bounded(
        self, waiting: Awaitable[None], target: Target, within: float | None = None
    ) -> bool:
        """Wait, but not past the limits, which a newer target shortens; False if in vain.

        With limits of its own it may well be in vain.
        """
        session, pace = self._session, self._pace
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(pace.warm_timeout if within is None else within) as limit:

                def shorten() -> None:
                    if not limit.expired():
                        limit.reschedule(min(limit.when() or 0.0, clock() + pace.patience))

                session.on_offer = shorten
                if session.target is not target:
                    shorten()
                await waiting
                return True
        except TimeoutError:
            if within is None:
                _log.warning(
                    "xds not in service in time node=%s revision=%s",
                    session.node_id,
                    target.revision,
                )
            return False
        finally:
            session.on_offer = None
