"""What one proxy shall have at this moment, and what it may lose.

A target reaches it in steps, whose time `rollout` chooses:

- `offer`: clusters, endpoints and secrets of a new target are added at once;
  additions never hurt;
- `lead`: what listeners need whose URL maps are in shards from now on;
- `switch`: listeners and routes become the new target's;
- `prune`: what the target no longer has leaves.

Between the steps the view is the union of old and new.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Final

from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    SCOPES,
    SECRET,
    TYPE_URLS,
    EnvoyResource,
    whole_name,
)
from penstock.envoy.xds.overlay import NOTHING
from penstock.envoy.xds.references import (
    draining_scopes,
    held_names,
    listen_alike,
    sharded_maps,
)
from penstock.envoy.xds.subscription import Batch, Subscription
from penstock.envoy.xds.target import Target, differs

Key = tuple[str, str]
"""Type URL and name of a resource."""

MAKE = (CLUSTER, ENDPOINTS, SECRET)
SWITCH = (LISTENER, SCOPES, ROUTES)
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class _AllBut:
    """Names that may go: neither wanted nor held."""

    wanted: Container[str]
    held: Container[str]

    def __contains__(self, name: object) -> bool:
        return name not in self.wanted and name not in self.held


class ProxyView:
    """Resources by type and name; tells the subscriptions of whatever changes in it."""

    def __init__(self, subscriptions: Mapping[str, Subscription]) -> None:
        self.target: Target | None = None
        """The newest that was offered."""
        self._subscriptions = subscriptions
        self._node_id = ""
        self._resources: dict[str, dict[str, EnvoyResource]] = {}
        self._own: Mapping[str, EnvoyResource] = NOTHING
        """Load assignments of this proxy alone, in place of the target's."""
        self._unswitched: dict[str, set[str]] = {url: set() for url in SWITCH}
        self._removable: dict[str, Container[str]] = {}
        self._superfluous = True
        self._withheld: dict[str, frozenset[str]] = {}

    def of(self, url: str) -> Mapping[str, EnvoyResource]:
        """The resources of one type."""
        return self._resources.get(url, {})

    def next(self, url: str) -> Batch | None:
        """What is to be sent of one type now, or None when all is said."""
        resources = self._resources.get(url)
        if resources is None:
            return None
        return self._subscriptions[url].next(
            resources,
            remove=self._removable.get(url, frozenset()),
            withheld=self._withheld.get(url, frozenset()),
        )

    def belongs_to(self, node_id: str) -> None:
        """The proxy has told its name: load assignments of its own are for it."""
        self._node_id = node_id
        if self.target is not None:
            self._add(ENDPOINTS, self._take_own(self.target))

    # A target's steps

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

    def newly_sharded(self, target: Target) -> dict[str, frozenset[str]]:
        """URL maps in shards, by listener of a serving proxy that had them whole until `switch`."""
        wanted, has = target.of(LISTENER), self._subscriptions[LISTENER].has
        withheld = self._withheld.get(LISTENER, frozenset())
        names = self._unswitched[LISTENER] - withheld if has and target.of(SCOPES) else ()
        changed = [wanted[n] for n in sorted(names) if n in wanted]
        changed = [listener for listener in changed if differs(has.get(listener.name), listener)]
        if not changed:
            return {}
        before = sharded_maps(self._running_listeners(), self.of(SCOPES))
        found = sharded_maps(changed, target.of(SCOPES))
        return {
            name: new for name, maps in found.items() if (new := maps - before.get(name, _NONE))
        }

    def finds_by_scopes(self) -> bool:
        """Whether a listener that the proxy runs, as far as we know it, uses scopes."""
        return bool(sharded_maps(self._running_listeners(), self.of(SCOPES)))

    def _running_listeners(self) -> list[EnvoyResource]:
        """Those of which we know more than the version."""
        view = self.of(LISTENER)
        has = self._subscriptions[LISTENER].has
        known = [held if held.body else view.get(name, held) for name, held in has.items()]
        return [listener for listener in known if not differs(has[listener.name], listener)]

    def may_lead(self, target: Target, listener: str) -> bool:
        """Whether a listener can change before any other one does, at the address that it has."""
        wanted, has = target.of(LISTENER), self._subscriptions[LISTENER].has
        if listener not in has:
            return False
        if not has[listener].body:  # It may have another's address, if one is to go.
            return wanted.keys() >= has.keys()
        return listen_alike(has[listener], wanted[listener])

    def lead(self, target: Target, url_maps: Collection[str], listener: str | None = None) -> None:
        """Ahead of the switch: shards of URL maps, and one listener that finds routes in them."""
        for url in (SCOPES, ROUTES):
            shards = {
                name: resource
                for name, resource in target.of(url).items()
                if whole_name(name) in url_maps and whole_name(name) != name
            }
            self._add(url, shards)
        if listener is not None:
            self._add(LISTENER, {listener: target.of(LISTENER)[listener]})

    def has_shards(self, url_maps: Collection[str]) -> bool:
        """Whether the proxy has got all shards of URL maps that it was led to and may get."""
        routes = self._subscriptions[ROUTES]
        settled = routes.has.keys() | routes.rejected.keys() | self._withheld.get(ROUTES, _NONE)
        return settled.issuperset(n for n in self.of(SCOPES) if whole_name(n) in url_maps)

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

    def prune(self, target: Target) -> None:
        """Break: take away what neither the target nor a refused change's last good state needs."""
        candidates = {url: self._candidates(url, target) for url in TYPE_URLS}
        held = held_names(self._last_good(), candidates)
        draining = draining_scopes(candidates[SCOPES], target.of(ROUTES))
        for url in TYPE_URLS:
            kept = held.get(url, frozenset())
            self._remove(url, target, kept | draining if url == SCOPES else kept)
        self._superfluous = any(held.values())

    @property
    def has_superfluous(self) -> bool:
        """Whether `prune` may find something to remove."""
        return self._superfluous

    def withhold(self, keys: Collection[Key]) -> None:
        """Send nothing of these resources, whatever their version; earlier ones are released."""
        before = self._withheld
        self._withheld = {
            url: frozenset(name for kind, name in keys if kind == url) for url in TYPE_URLS
        }
        for url in TYPE_URLS:
            released = before.get(url, frozenset()) - self._withheld[url]
            self._subscriptions[url].touch(released)

    # Parts of them

    def _take_own(
        self, target: Target, changed: Collection[str] = frozenset()
    ) -> dict[str, EnvoyResource]:
        """What the view's load assignments have to be beside those that are the target's.

        That is this proxy's own, where they or the target's have changed, and the
        target's where this proxy had one of its own and has none any more.
        """
        before, self._own = self._own, target.own(self._node_id)
        if not before and not self._own:
            return {}
        own, wanted = self._own, target.of(ENDPOINTS)
        return {
            name: own.get(name) or wanted[name]
            for name in {*before, *own}
            if name in wanted and (name in changed or before.get(name) is not own.get(name))
        }

    def _add(self, url: str, resources: dict[str, EnvoyResource]) -> None:
        known = url in self._resources
        mine = self._resources.setdefault(url, {})
        mine.update(resources)
        if known:
            self._subscriptions[url].touch(resources)
        else:
            self._subscriptions[url].touch_all(mine)

    def _candidates(self, url: str, target: Target) -> dict[str, EnvoyResource]:
        wanted, has = target.of(url), self._subscriptions[url].has
        known = {**has, **self._resources.get(url, {})}
        return {name: resource for name, resource in known.items() if name not in wanted}

    def _remove(self, url: str, target: Target, held: Collection[str]) -> None:
        names = frozenset(self._candidates(url, target)).difference(held)
        mine = self._resources.setdefault(url, {})
        for name in names:
            mine.pop(name, None)
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
