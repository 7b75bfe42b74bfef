"""The home fleet, which runs as long as the instance, and how far it has come."""

from __future__ import annotations

from penstock.envoy.xds import Outcome, Rollout
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets.fleet import Fleet


class Home:
    """Remembers the numbers of publications, as `Regional` does for a region."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.applied = 0
        """The number of the newest configuration that its proxies have answered."""
        self._published = 0

    async def publish(self, number: int, configuration: Configuration) -> Rollout:
        """Roll it out; returns when every connected proxy has answered all of it."""
        self._published = number
        rollout = await self.fleet.publish(configuration)
        if Outcome.TIMED_OUT not in rollout.outcomes.values():
            self.applied = max(self.applied, number)
        return rollout

    def note_late_answers(self) -> None:
        """Proxies that took longer than a rollout waits may have answered since."""
        if self.fleet.is_current:
            self.applied = self._published
