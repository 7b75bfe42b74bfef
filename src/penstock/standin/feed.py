"""Tells watchers which pods changed; a slow watcher gets the latest of each, not all."""

from __future__ import annotations

import asyncio

from penstock.standin.spec import PodKey, PodStatus


class Subscription:
    """What one watcher has not heard yet."""

    def __init__(self) -> None:
        self._news: dict[PodKey, PodStatus] = {}
        self._wake = asyncio.Event()

    def publish(self, status: PodStatus) -> None:
        """A pod has changed."""
        self._news[status.spec.key] = status
        self._wake.set()

    async def next(self) -> list[PodStatus]:
        """Wait for news and take it."""
        await self._wake.wait()
        self._wake.clear()
        news, self._news = self._news, {}
        return list(news.values())


class Feed:
    """Passes changes to all subscriptions."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish(self, status: PodStatus) -> None:
        """A pod has changed."""
        for subscription in self._subscriptions:
            subscription.publish(status)

    def subscribe(self) -> Subscription:
        """Hear of all changes from now on."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Hear no more."""
        self._subscriptions.discard(subscription)
