"""What people do to try out the death of a region: its proxies end at once, and come back.

With its backends the region's stand-ins stop as well; real machines are not ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model import Model
from penstock.runtime.fleets import Fleets
from penstock.runtime.stand_ins import StandIns


class RegionControl:
    """Remembers which stand-ins it stopped, so that it starts no others."""

    def __init__(self, fleets: Fleets, stand_ins: StandIns) -> None:
        self._fleets = fleets
        self._stand_ins = stand_ins
        self._stopped: dict[str, list[str]] = {}

    async def stop(self, region: str, model: Model, *, with_backends: bool) -> int:
        """Let a region die; how many stand-ins died with it.

        Raises UnknownRegionError when there is no fleet of that region.
        """
        self._fleets.hold_down(region, stopped=True)
        pods = await self._running_in(region, model) if with_backends else []
        self._stopped.setdefault(region, []).extend(pods)
        await self._set(pods, stopped=True)
        await self._fleets.settled(region)
        return len(pods)

    async def start(self, region: str) -> int:
        """Let a region come back with all that `stop` took down; how many stand-ins those are.

        Raises UnknownRegionError when there is no fleet of that region.
        """
        self._fleets.hold_down(region, stopped=False)
        there = {str(pod.spec.key) for pod in await self._stand_ins.list()}
        pods = [pod for pod in self._stopped.pop(region, []) if pod in there]
        await self._set(pods, stopped=False)
        await self._fleets.settled(region)
        return len(pods)

    async def _running_in(self, region: str, model: Model) -> list[str]:
        addresses = {
            endpoint.address
            for neg in model.negs.values()
            if neg.region == region
            for endpoint in neg.endpoints
        }
        return [
            str(pod.spec.key)
            for pod in await self._stand_ins.list()
            if pod.spec.address in addresses and not pod.state.stopped
        ]

    async def _set(self, pods: Iterable[str], *, stopped: bool) -> None:
        for pod in pods:
            await self._stand_ins.set(pod, {"stopped": stopped})
