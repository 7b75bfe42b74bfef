"""One proxy's stream as a state machine: requests and targets in, responses out.

Synchronous on purpose: a request is taken in completely, and a response is
made up from the state of that very moment, so nothing can interleave.  What the
proxy shall have is its `view`; when that moves on (make before break) is decided by
`rollout`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from itertools import count
from types import MappingProxyType

from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
)

from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    SCOPES,
    TYPE_URLS,
)
from penstock.envoy.xds.references import endpoints_name
from penstock.envoy.xds.report import Nack, ProxyState, Statistics
from penstock.envoy.xds.signal import Signal
from penstock.envoy.xds.subscription import Batch, Subscription
from penstock.envoy.xds.target import Target
from penstock.envoy.xds.view import Key, ProxyView
from penstock.envoy.xds.wire import delta_response

_log = logging.getLogger(__name__)


class Session:
    """All that is known of one connected proxy."""

    def __init__(
        self,
        *,
        statistics: Statistics,
        on_nack: Callable[[Nack], None],
        watcher: Callable[[], None],
        max_bytes: int,
    ) -> None:
        self.node_id = ""
        self.node_cluster = ""
        self.connected_since = datetime.now(UTC)
        self.changed = Signal(watcher)
        """Progress: an answer came in, or all that there was to say is said."""
        self.outgoing = asyncio.Event()
        """Set when `next_response` may have something."""
        self.on_offer: Callable[[], None] | None = None
        """Called when a newer target arrives (the rollout shortens its waiting)."""
        self.closed = False
        self.answered: Target | None = None
        """The last target whose switch the proxy has answered."""
        self.settled: Target | None = None
        """The last target after whose switch everything superfluous was removed too."""
        self._statistics = statistics
        self._on_nack = on_nack
        self._nonces = count(1)
        self._subscriptions = {url: Subscription(url, max_bytes) for url in TYPE_URLS}
        self._view = ProxyView(self._subscriptions)
        self._sent: dict[str, set[str]] = {url: set() for url in TYPE_URLS}
        self._nacks: dict[Key, Nack] = {}

    # What the proxy says

    def receive(self, request: DeltaDiscoveryRequest) -> None:
        """Take in one message; a type that is not served is never answered."""
        self._statistics.requests += 1
        if request.HasField("node") and not self.node_id:
            self.node_id, self.node_cluster = request.node.id, request.node.cluster
            self._view.belongs_to(self.node_id)
        subscription = self._subscriptions.get(request.type_url)
        if subscription is None:
            _log.info("xds type not served node=%s type=%s", self.node_id, request.type_url)
            return
        if request.response_nonce:
            self._answer(subscription, request)
        subscribe, unsubscribe = (
            request.resource_names_subscribe,
            request.resource_names_unsubscribe,
        )
        if subscribe or unsubscribe or not subscription.opened:
            versions = request.initial_resource_versions
            view = self._view.of(request.type_url)
            subscription.request(subscribe, unsubscribe, versions, view)
        self._wake()

    def _answer(self, subscription: Subscription, request: DeltaDiscoveryRequest) -> None:
        if not request.HasField("error_detail"):
            subscription.acknowledged(request.response_nonce)
            return
        self._statistics.nacks += 1
        message = request.error_detail.message
        culprit = subscription.refused(request.response_nonce, message)
        if culprit is None:
            _log.info("xds response refused, narrowing node=%s", self.node_id)
            return
        revision = self.target.revision if self.target else ""
        nack = Nack(
            self.node_id, culprit.type_url, culprit.name, culprit.version, message, revision
        )
        self._nacks[culprit.type_url, culprit.name] = nack
        self._on_nack(nack)

    def close(self) -> None:
        """The stream is gone or shall go; whoever waits for the proxy need not."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self.outgoing.set()
        self.changed.notify()

    # What the proxy shall have

    @property
    def target(self) -> Target | None:
        """The newest that was offered."""
        return self._view.target

    @property
    def has_superfluous(self) -> bool:
        """Whether `prune` may find something to remove."""
        return self._view.has_superfluous

    def offer(self, target: Target) -> None:
        """The first step to a target, at once."""
        self._view.offer(target)
        if self.on_offer is not None:
            self.on_offer()
        self._wake()

    def newly_sharded(self, target: Target) -> dict[str, frozenset[str]]:
        """URL maps in shards, by listener of a serving proxy that had them whole until `switch`."""
        return self._view.newly_sharded(target)

    def may_lead(self, target: Target, listener: str) -> bool:
        """Whether a listener can change before any other one does."""
        return self._view.may_lead(target, listener)

    def lead(self, target: Target, url_maps: Collection[str], listener: str | None = None) -> None:
        """Between the steps: shards of URL maps, and one listener that finds routes in them."""
        self._view.lead(target, url_maps, listener)
        self._wake()

    def switch(self, target: Target) -> None:
        """The second step, once the first one is in service."""
        self._view.switch(target)
        self._wake()

    def prune(self, target: Target) -> None:
        """The last step, once the second one was answered."""
        self._view.prune(target)
        self._wake()

    def withhold(self, keys: Collection[Key]) -> None:
        """Send nothing of these resources, whatever their version; earlier ones are released."""
        self._view.withhold(keys)
        self._wake()

    def retry(self, keys: Collection[Key] | None = None) -> None:
        """Offer refused resources once more, all or these."""
        for url, subscription in self._subscriptions.items():
            refused = subscription.rejected.keys()
            subscription.retry(
                refused if keys is None else refused & {n for kind, n in keys if kind == url}
            )
        self._wake()

    # What goes out

    def next_response(self) -> DeltaDiscoveryResponse | None:
        """The next message for the proxy, or None when all is said."""
        for url in TYPE_URLS:
            batch = self._view.next(url)
            if batch is not None:
                return self._response(url, batch)
        self.changed.notify()
        return None

    def _response(self, url: str, batch: Batch) -> DeltaDiscoveryResponse:
        nonce = str(next(self._nonces))
        self._subscriptions[url].sent(nonce, batch)
        if url == CLUSTER:
            self._repeat_endpoints(batch)
        elif url == LISTENER and batch.resources:
            self._repeat_scopes()
        self._sent[url].update(resource.name for resource in batch.resources)
        self._statistics.count(batch.resources, batch.removed)
        return delta_response(url, nonce, self.target.revision if self.target else "", batch)

    def _repeat_endpoints(self, batch: Batch) -> None:
        """Send a changed cluster's endpoints again, equal or not.

        Envoy warms the new version beside the old one.  The old one's
        subscription already covers the name, so Envoy does not ask again, yet
        the new version waits for an answer.
        """
        for resource in batch.resources:
            if resource.name in batch.before and (name := endpoints_name(resource)):
                self._subscriptions[ENDPOINTS].insist(name)

    def _repeat_scopes(self) -> None:
        """Send all scopes after a changed listener, equal or not.

        Envoy ends its subscription with the last listener that has scoped routes and
        does not say so; for the next such listener it does not ask again, yet waits.
        """
        for name in self._view.of(SCOPES):
            self._subscriptions[SCOPES].insist(name)

    # What the rollout asks

    def take_sent(self, url: str) -> set[str]:
        """Names sent since the last call, without those that were refused."""
        names, self._sent[url] = self._sent[url], set()
        return names - self._subscriptions[url].rejected.keys()

    def took_additions(self, urls: Collection[str]) -> bool:
        """Whether no addition of these types is on its way, but for those given up."""
        return not any(self._subscriptions[url].adding for url in urls)

    def answered_all(self, urls: Collection[str]) -> bool:
        """Whether nothing of these types is on its way."""
        return not any(self._subscriptions[url].busy for url in urls)

    def finds_by_scopes(self) -> bool:
        """Whether a listener that the proxy runs, as far as we know it, uses scopes."""
        return self._view.finds_by_scopes()

    def may_have_scopes(self) -> bool:
        """Whether the proxy was sent scopes and not told to forget them; it may have by itself."""
        return bool(self._subscriptions[SCOPES].has)

    def took_shards(self, url_maps: Collection[str]) -> bool:
        """Whether the proxy has asked for all shards of URL maps, and answered to them."""
        return self._view.has_shards(url_maps) and self.answered_all((SCOPES, ROUTES))

    def refuses(self, url: str, name: str) -> bool:
        """Whether the proxy has refused the newest version that it was sent."""
        return name in self._subscriptions[url].rejected

    def asked_for(self, url: str) -> bool:
        """Whether the proxy has come so far as to ask for this type."""
        return self._subscriptions[url].opened

    def give_up(self, urls: Collection[str]) -> None:
        """Wait no longer for the answers that are missing now."""
        for url in urls:
            self._subscriptions[url].give_up()

    @property
    def nacks(self) -> tuple[Nack, ...]:
        """Refusals that stand."""
        standing = (
            nack
            for (url, name), nack in sorted(self._nacks.items())
            if (refused := self._subscriptions[url].rejected.get(name))
            and refused.version == nack.version
        )
        return tuple(standing)

    def state(self) -> ProxyState:
        """The proxy, for people and metrics."""
        return ProxyState(
            node_id=self.node_id,
            cluster=self.node_cluster,
            connected_since=self.connected_since,
            revision=self.answered.revision if self.answered else None,
            target=self.target.revision if self.target else None,
            pending=sum(s.in_flight for s in self._subscriptions.values()),
            settled=self.target is not None and self.settled is self.target,
            nacks=self.nacks,
            resources=MappingProxyType({u: len(s.has) for u, s in self._subscriptions.items()}),
        )
