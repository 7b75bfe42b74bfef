"""What one proxy wants and has of one resource type; pure bookkeeping, no I/O.

The rules are those of the incremental xDS protocol
(https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol):

- the first request's `initial_resource_versions` tell what the proxy has;
- a first request without names is a wildcard (for listeners, scopes and clusters), and
  is answered even when there is nothing to send;
- a name that is subscribed again is sent again, whatever was sent before, for
  the proxy may have dropped it meanwhile;
- a rejection is the presence of `error_detail`, never a comparison of versions.

Only names whose state may have changed (`_stale`) are looked at when the next
response is made up, so the cost of a push follows the size of the change.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER, SCOPES, EnvoyResource

WILDCARD: Final = "*"

_LEGACY_WILDCARD: Final = frozenset({CLUSTER, LISTENER, SCOPES})
"""Types for which "no names" in the first request means all."""

_TELLS_ABSENCE: Final = frozenset({CLUSTER, ENDPOINTS})
"""Types for which a name that does not exist is answered as removed, at once.

Envoy ends a cluster's warming on that answer.  For routes and secrets Envoy
logs an error and goes on waiting, so there silence says the same.
"""

View = Mapping[str, EnvoyResource]
"""What a proxy shall have of one type, by name."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The content of one response, with what it replaced at the proxy."""

    resources: tuple[EnvoyResource, ...]
    removed: tuple[str, ...]
    before: Mapping[str, EnvoyResource]


class Subscription:
    """One resource type on one stream."""

    def __init__(self, type_url: str, max_bytes: int) -> None:
        self.type_url = type_url
        self.has: dict[str, EnvoyResource] = {}
        """What the proxy has, as far as sent; a body of no bytes: known by version only."""
        self.rejected: dict[str, EnvoyResource] = {}
        """What the proxy refused, by name; not offered again in the same version."""
        self._max_bytes = max_bytes
        self._wildcard = False
        self._names: set[str] = set()
        self._stale: dict[str, None] = {}
        self._absent: set[str] = set()
        self._insisted: set[str] = set()
        self._groups: list[tuple[str, ...]] = []
        self._in_flight: dict[str, Batch] = {}
        self._given_up: set[str] = set()
        self._owes_answer = False
        self._opened = False

    @property
    def busy(self) -> bool:
        """Whether something is to be looked at, to be sent, or to be answered."""
        return bool(self._in_flight) or self._unsaid

    @property
    def adding(self) -> bool:
        """Like `busy`, but removals and what was given up are not waited for."""
        awaited = self._in_flight.keys() - self._given_up
        return any(self._in_flight[nonce].resources for nonce in awaited) or self._unsaid

    @property
    def _unsaid(self) -> bool:
        return bool(self._groups or self._stale or self._owes_answer)

    @property
    def in_flight(self) -> int:
        """Responses that are sent and not answered."""
        return len(self._in_flight)

    def request(
        self,
        subscribe: Collection[str],
        unsubscribe: Collection[str],
        initial_versions: Mapping[str, str],
        view: View,
    ) -> None:
        """Take in one request's subscriptions; `view` is what there is to subscribe to."""
        first, self._opened = not self._opened, True
        for name, version in initial_versions.items():
            if name not in self._insisted:
                self.has[name] = EnvoyResource(self.type_url, name, b"", version)
        if first:
            legacy = not subscribe and self.type_url in _LEGACY_WILDCARD
            self._wildcard = legacy or WILDCARD in subscribe
            self._owes_answer = self._wildcard
            self.touch_all(view)
        elif WILDCARD in subscribe and not self._wildcard:
            self._wildcard = self._owes_answer = True
            self.touch_all(view)
        for name in subscribe:
            if name != WILDCARD:
                self._subscribe(name, known=first and name in initial_versions)
        for name in unsubscribe:
            self._unsubscribe(name)

    def _subscribe(self, name: str, *, known: bool) -> None:
        self._names.add(name)
        if not known:
            self._forget(name)
            self._absent.add(name)

    def _forget(self, name: str) -> None:
        self.has.pop(name, None)
        self.rejected.pop(name, None)
        self._stale[name] = None

    def _unsubscribe(self, name: str) -> None:
        if name == WILDCARD:
            self._wildcard = False
            for other in [n for n in self.has if n not in self._names]:
                del self.has[other]
            return
        self._names.discard(name)
        self._absent.discard(name)
        self._insisted.discard(name)
        self._forget(name)
        if self._wildcard:  # The name may still be meant: say what is (not) there.
            self._absent.add(name)

    def wants(self, name: str) -> bool:
        """Whether the proxy is subscribed to the name."""
        return self._wildcard or name in self._names

    @property
    def opened(self) -> bool:
        """Whether the proxy has asked for this type."""
        return self._opened

    def touch(self, names: Iterable[str]) -> None:
        """Reconsider these names with the next response."""
        self._stale.update(dict.fromkeys(names))

    def touch_all(self, view: View) -> None:
        """Reconsider everything (the first view of a stream, the end of a hold)."""
        self.touch(view)
        self.touch(self.has)

    def insist(self, name: str) -> None:
        """Send the name (or its absence) once more, even if the proxy says that it has it."""
        self._insisted.add(name)
        self._absent.add(name)
        self._forget(name)

    def drop_refusals(self, names: Iterable[str]) -> None:
        """What is no longer meant to exist is no longer refused either."""
        for name in names:
            self.rejected.pop(name, None)

    def retry(self, names: Collection[str]) -> None:
        """Offer these, which were rejected, once more."""
        self.touch(names)
        self.drop_refusals(tuple(names))

    def next(self, view: View, *, remove: Container[str], withheld: Container[str]) -> Batch | None:
        """The next response's content, or None when there is nothing to say.

        `remove` holds the names that may be removed now; other names that are
        no longer in the view stay with the proxy.
        """
        while self._groups or self._stale or self._owes_answer:
            batch = self._collect(view, remove, withheld)
            if batch.resources or batch.removed or self._owes_answer:
                self._owes_answer = False
                return batch
        return None

    def _collect(self, view: View, remove: Container[str], withheld: Container[str]) -> Batch:
        """Work off one group of a split response, or as many stale names as fit a message."""
        names = self._groups.pop(0) if self._groups else tuple(self._stale)
        resources: list[EnvoyResource] = []
        removed: list[str] = []
        size = 0
        for position, name in enumerate(names):
            if size >= self._max_bytes:
                self._stale.update(dict.fromkeys(names[position:]))
                break
            self._stale.pop(name, None)
            resource = view.get(name)
            if name in withheld:
                continue
            if resource is not None and self._needs(resource):
                resources.append(resource)
                size += len(resource.body) + len(name) + 128
            elif resource is None and self._must_remove(name, remove):
                removed.append(name)
        return self._record(tuple(resources), tuple(removed))

    def _needs(self, resource: EnvoyResource) -> bool:
        if not self.wants(resource.name):
            return False
        held, refused = self.has.get(resource.name), self.rejected.get(resource.name)
        if held is not None and held.version == resource.version:
            # Back to what the proxy runs: an older refusal no longer stands.
            self.rejected.pop(resource.name, None)
            return False
        return refused is None or refused.version != resource.version

    def _must_remove(self, name: str, remove: Container[str]) -> bool:
        if not self.wants(name):
            return False
        if name in self._absent and name not in self.has:
            self._absent.discard(name)
            return self.type_url in _TELLS_ABSENCE
        return name in remove and name in self.has

    def _record(self, resources: tuple[EnvoyResource, ...], removed: tuple[str, ...]) -> Batch:
        touched = [*(resource.name for resource in resources), *removed]
        before = {name: self.has[name] for name in touched if name in self.has}
        for resource in resources:
            self.has[resource.name] = resource
            self.rejected.pop(resource.name, None)
            self._absent.discard(resource.name)
            self._insisted.discard(resource.name)
        for name in removed:
            self._insisted.discard(name)
            self.has.pop(name, None)
            self.rejected.pop(name, None)
        return Batch(resources, removed, before)

    def sent(self, nonce: str, batch: Batch) -> None:
        """Remember a response until it is answered."""
        self._in_flight[nonce] = batch

    def give_up(self) -> None:
        """Wait no longer for what is unanswered now (an answer still counts)."""
        self._given_up.update(self._in_flight)

    def _answered(self, nonce: str) -> Batch | None:
        self._given_up.discard(nonce)
        return self._in_flight.pop(nonce, None)

    def acknowledged(self, nonce: str) -> None:
        """The proxy took over everything in the response."""
        batch = self._answered(nonce)
        for resource in batch.resources if batch else ():
            if self.has.get(resource.name) is resource:
                self.rejected.pop(resource.name, None)

    def refused(self, nonce: str, message: str) -> EnvoyResource | None:
        """The proxy answered with an error; returns the resource at fault once it is known.

        Envoy drops a whole response for one undecodable resource, so a refused
        response is sent again in parts: what the message names one by one, the
        rest together, and halves of a rest that is refused again.
        """
        batch = self._answered(nonce)
        if batch is None or not batch.resources:
            return None  # A refused removal is not repeated: there is nothing to narrow.
        self._take_back(batch)
        if len(batch.resources) == 1 and not batch.removed:
            (culprit,) = batch.resources
            self.rejected[culprit.name] = culprit
            return culprit
        self._groups.extend(_split(batch, message))
        return None

    def _take_back(self, batch: Batch) -> None:
        for resource in batch.resources:
            if self.has.get(resource.name) is resource:
                self._restore(resource.name, batch)
        for name in batch.removed:
            if name not in self.has:
                self._restore(name, batch)

    def _restore(self, name: str, batch: Batch) -> None:
        if name in batch.before:
            self.has[name] = batch.before[name]
        else:
            self.has.pop(name, None)


def _split(batch: Batch, message: str) -> list[tuple[str, ...]]:
    """Smaller groups of the same names, none empty."""
    names = [resource.name for resource in batch.resources]
    if batch.removed:
        return [batch.removed, tuple(names)]
    named = [name for name in names if name in message]
    rest = [name for name in names if name not in message]
    if named and rest:
        return [*((name,) for name in named), tuple(rest)]
    middle = len(names) // 2
    return [tuple(names[:middle]), tuple(names[middle:])]
