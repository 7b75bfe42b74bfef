"""The responder of an instance: what a revision says of names, answered on a socket.

Names and addresses change when the proxies have acknowledged a revision, not before: an
answer leads to a listener that is there.  Health counts at once.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable, Mapping

from penstock.dns import Answerer, Catalogue, Choice, Knowledge, Place, Places, Responder, choose
from penstock.model import DnsRecord, Finding, Origin, Severity, code
from penstock.runtime.dns_health import ProxyRuns, RevisionHealth
from penstock.runtime.revision import Revision

_RETRY_SECONDS = 2.0
"""How soon an address or port that was taken is tried again."""

UNAVAILABLE = code(
    "runtime/dns-unavailable", Severity.ERROR, "The address for DNS cannot be listened on"
)


class Names:
    """Answers for names of load balancers while it is told what is live."""

    def __init__(
        self, place: tuple[str, int] | None, proxy_runs: ProxyRuns, changed: Callable[[], None]
    ) -> None:
        """`place` is None where nobody asked for it; `changed` tells of other findings."""
        self._place = place
        self._proxy_runs = proxy_runs
        self._changed = changed
        self._answerer = Answerer(random.SystemRandom().random)
        self._responder = Responder(self._answerer)
        self._live: Revision | None = None
        self.findings: tuple[Finding, ...] = ()

    @property
    def place(self) -> tuple[str, int] | None:
        """Address and port that are asked for; None if it is off."""
        return self._place

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._responder.is_open

    @property
    def counts(self) -> Mapping[str, int]:
        """Answers so far by response code."""
        return self._answerer.counts

    async def open(self) -> bool:
        """Listen if asked to; whether it does.  A finding says why it cannot."""
        if self._place is None:
            return False
        try:
            await self._responder.open(*self._place)
        except OSError as error:
            self.findings = (_unavailable(self._place, error),)
        else:
            self.findings = ()
        return not self.findings

    async def run(self) -> None:
        """Try again until it listens, then until cancelled."""
        try:
            if self.findings:
                await self._retry()
            await asyncio.Event().wait()
        finally:
            self._responder.close()

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_SECONDS)
            if await self.open():
                self._changed()
                return

    def show(self, revision: Revision) -> None:
        """Answer by this revision from now on; it is live."""
        if self._place is not None:
            self._live = revision
            self._answerer.knowledge = self.knowledge(revision)

    def note(self, revision: Revision) -> None:
        """Take over what a revision says of health, before it is live: failing over must not wait
        for a proxy that may be what fails."""
        known = self._answerer.knowledge
        if self._live is not None and known is not None and known.catalogue.zones:
            health = RevisionHealth(revision, self._proxy_runs, self._live)
            self._answerer.knowledge = dataclasses.replace(known, health=health)

    @property
    def latest(self) -> Knowledge | None:
        """What is answered by now."""
        return self._answerer.knowledge

    def knowledge(self, revision: Revision) -> Knowledge:
        """What answers by a revision are made from."""
        return knowledge_of(revision, self._proxy_runs)


def knowledge_of(revision: Revision, proxy_runs: ProxyRuns = lambda _region: True) -> Knowledge:
    """What answers are made from; nothing is done where a model has no names."""
    model = revision.model
    if not model.dns_zones:
        return Knowledge()
    return Knowledge(
        Catalogue(model.dns_zones, model.dns_records),
        Places(model.client_places),
        RevisionHealth(revision, proxy_runs),
        model.region_order,
    )


def resolve(
    knowledge: Knowledge, record: DnsRecord, client: str, draw: float
) -> tuple[Place, Choice]:
    """What a client is answered."""
    place = knowledge.places.of(client)
    return place, choose(record, place.region, knowledge.health, knowledge.order, draw)


def _unavailable(place: tuple[str, int], error: OSError) -> Finding:
    address, port = place
    reason = error.strerror or str(error)
    return UNAVAILABLE.at(
        Origin("--dns"),
        f"DNS cannot be served on {address} port {port}: {reason}",
        "stop who has it, or choose another port with --dns; it is tried again all the time",
    )
