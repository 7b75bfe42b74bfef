"""One proxy's stream as a state machine: requests and targets in, responses out.

Synchronous on purpose: a request is taken in completely, and a response is
made up from the state of that very moment, so nothing can interleave.  What
goes out when (make before break) is decided by `rollout`, in three steps:

- `offer`: clusters, endpoints and secrets of a new target are added to the
  view at once; additions never hurt;
- `switch`: listeners and routes become the new target's;
- `prune`: what the target no longer has leaves the view.

Between the steps the view is the union of old and new.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
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
    SECRET,
    TYPE_URLS,
    EnvoyResource,
)
from penstock.envoy.xds.overlay import NOTHING
from penstock.envoy.xds.references import draining_scopes, endpoints_name, held_names
from penstock.envoy.xds.report import Nack, ProxyState, Statistics
from penstock.envoy.xds.signal import Signal
from penstock.envoy.xds.subscription import Batch, Subscription
from penstock.envoy.xds.target import Target
from penstock.envoy.xds.wire import delta_response

_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""Type URL and name of a resource."""

MAKE = (CLUSTER, ENDPOINTS, SECRET)
SWITCH = (LISTENER, SCOPES, ROUTES)


@dataclass(frozen=True, slots=True)
class _AllBut:
    """Names that may go: neither wanted nor held."""

    wanted: Container[str]
    held: Container[str]

    def __contains__(self, name: object) -> bool:
        return name not in self.wanted and name not in self.held


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
        self.target: Target | None = None
        self.answered: Target | None = None
        """The last target whose switch the proxy has answered."""
        self.settled: Target | None = None
        """The last target after whose switch everything superfluous was removed too."""
        self._statistics = statistics
        self._on_nack = on_nack
        self._nonces = count(1)
        self._subscriptions = {url: Subscription(url, max_bytes) for url in TYPE_URLS}
        self._views: dict[str, dict[str, EnvoyResource]] = {}
        self._own: Mapping[str, EnvoyResource] = NOTHING
        """Load assignments of this proxy alone, in place of the target's."""
        self._unswitched: dict[str, set[str]] = {url: set() for url in SWITCH}
        self._removable: dict[str, Container[str]] = {}
        self._superfluous = True
        self._sent: dict[str, set[str]] = {url: set() for url in TYPE_URLS}
        self._nacks: dict[Key, Nack] = {}
        self._withheld: dict[str, frozenset[str]] = {}

    # What the proxy says

    def receive(self, request: DeltaDiscoveryRequest) -> None:
        """Take in one message; a type that is not served is never answered."""
        self._statistics.requests += 1
        if request.HasField("node") and not self.node_id:
            self.node_id, self.node_cluster = request.node.id, request.node.cluster
            if self.target is not None:
                self._add(ENDPOINTS, self._take_own(self.target))
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
            view = self._views.get(request.type_url, {})
            versions = request.initial_resource_versions
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

    def offer(self, target: Target) -> None:
        """Make: add the new clusters, endpoints and secrets; remember the rest for `switch`."""
        first, self.target = self.target is None, target
        self._removable = {}
        self._superfluous = self._superfluous or target.removes
        for url in MAKE:
            wanted = target.of(url)
            names = wanted if first else target.changed[url]
            self._add(url, {name: wanted[name] for name in names})
        if own := self._take_own(target, frozenset() if first else target.changed[ENDPOINTS]):
            self._add(ENDPOINTS, own)
        for url in SWITCH:
            self._unswitched[url].update(target.of(url) if first else target.changed[url])
        if self.on_offer is not None:
            self.on_offer()
        self._wake()

    def _take_own(
        self, target: Target, changed: Collection[str] = frozenset()
    ) -> dict[str, EnvoyResource]:
        """What the view's load assignments have to be beside those that are the target's.

        That is this proxy's own, where they or the target's have changed, and the
        target's where this proxy had one of its own and has none any more.
        """
        before, self._own = self._own, target.own(self.node_id)
        if not before and not self._own:
            return {}
        own, wanted = self._own, target.of(ENDPOINTS)
        return {
            name: own.get(name) or wanted[name]
            for name in {*before, *own}
            if name in wanted and (name in changed or before.get(name) is not own.get(name))
        }

    def switch(self, target: Target) -> None:
        """Listeners and routes become the target's; listeners that it lacks go."""
        for url in SWITCH:
            names, self._unswitched[url] = self._unswitched[url], set()
            wanted = target.of(url)
            self._add(url, {name: wanted[name] for name in names if name in wanted})
            if target is not self.target:  # The newer target's switch looks at them again.
                self._unswitched[url] = names
        if self._superfluous:
            self._remove(LISTENER, target, frozenset())
        self._wake()

    def prune(self, target: Target) -> None:
        """Break: take away what neither the target nor a refused change's last good state needs."""
        candidates = {url: self._candidates(url, target) for url in TYPE_URLS}
        held = held_names(self._last_good(), candidates)
        draining = draining_scopes(candidates[SCOPES], target.of(ROUTES))
        for url in TYPE_URLS:
            kept = held.get(url, frozenset())
            self._remove(url, target, kept | draining if url == SCOPES else kept)
        self._superfluous = any(held.values())
        self._wake()

    @property
    def has_superfluous(self) -> bool:
        """Whether `prune` may find something to remove."""
        return self._superfluous

    def _add(self, url: str, resources: dict[str, EnvoyResource]) -> None:
        opened = url in self._views
        view = self._views.setdefault(url, {})
        view.update(resources)
        if opened:
            self._subscriptions[url].touch(resources)
        else:
            self._subscriptions[url].touch_all(view)

    def _candidates(self, url: str, target: Target) -> dict[str, EnvoyResource]:
        wanted, has = target.of(url), self._subscriptions[url].has
        known = {**has, **self._views.get(url, {})}
        return {name: resource for name, resource in known.items() if name not in wanted}

    def _remove(self, url: str, target: Target, held: Collection[str]) -> None:
        names = frozenset(self._candidates(url, target)).difference(held)
        view = self._views.setdefault(url, {})
        for name in names:
            view.pop(name, None)
        # Not `names`: a proxy that returns may tell of more when it asks for this type.
        self._removable[url] = _AllBut(wanted=target.of(url), held=held)
        self._subscriptions[url].touch(names)
        self._subscriptions[url].drop_refusals(names)

    def _last_good(self) -> list[EnvoyResource]:
        """What the proxy goes on running although a newer version was meant to replace it."""
        return [
            subscription.has[name]
            for url, subscription in self._subscriptions.items()
            for name in {*subscription.rejected, *self._withheld.get(url, ())}
            if name in subscription.has
        ]

    def withhold(self, keys: Collection[Key]) -> None:
        """Send nothing of these resources, whatever their version; earlier ones are released."""
        before = self._withheld
        self._withheld = {
            url: frozenset(name for kind, name in keys if kind == url) for url in TYPE_URLS
        }
        for url in TYPE_URLS:
            released = before.get(url, frozenset()) - self._withheld[url]
            self._subscriptions[url].touch(released)
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
            view = self._views.get(url)
            if view is None:
                continue
            batch = self._subscriptions[url].next(
                view,
                remove=self._removable.get(url, frozenset()),
                withheld=self._withheld.get(url, frozenset()),
            )
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
        for name in self._views.get(SCOPES, ()):
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
