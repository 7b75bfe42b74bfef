"""All pods of the process: brought in line with specs, found by name, changed while running."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from penstock.standin.feed import Feed
from penstock.standin.pod import Pod
from penstock.standin.spec import BindError, PodKey, PodSpec, PodState, PodStatus

_SHOWN = 5


class PodLookupError(LookupError):
    """A name that means no pod, or several."""


class Fleet:
    """Runs pods; calls that open sockets wait for each other."""

    def __init__(self) -> None:
        self._pods: dict[PodKey, Pod] = {}
        self._leaving: dict[PodKey, tuple[Pod, asyncio.TimerHandle]] = {}
        self._flaps: dict[PodKey, asyncio.TimerHandle] = {}
        self._lock = asyncio.Lock()
        self.feed = Feed()

    def statuses(self) -> list[PodStatus]:
        """All pods, by namespace and name."""
        return [PodStatus(pod.spec, pod.state) for _, pod in sorted(self._pods.items())]

    async def apply(self, specs: Iterable[PodSpec], linger: float) -> list[BindError]:
        """Run exactly these pods; those that leave still accept for `linger` seconds.

        A pod that takes the address of one that leaves takes its sockets too, so
        that a rename refuses no connection.
        """
        async with self._lock:
            wanted = {spec.key: spec for spec in specs}
            gone = {key: self._pods.pop(key) for key in list(self._pods) if key not in wanted}
            arriving = [spec for key, spec in wanted.items() if key not in self._pods]
            for spec in arriving:
                self._pods[spec.key] = self._inherit(spec, gone) or Pod(spec)
            for key, pod in gone.items():
                self._leave(key, pod, linger)
            errors: list[BindError] = []
            for key, spec in wanted.items():
                errors += await self._pods[key].reconcile(spec, linger)
            for spec in arriving:
                self.feed.publish(PodStatus(spec, self._pods[spec.key].state))
            return errors

    def _inherit(self, spec: PodSpec, gone: dict[PodKey, Pod]) -> Pod | None:
        """The pod that had the address of `spec`; a new pod in its place begins afresh."""
        for key, pod in gone.items():
            if pod.spec.address == spec.address:
                self._unflap(key)
                return _renamed(gone.pop(key))
        for key, (pod, timer) in self._leaving.items():
            if pod.spec.address == spec.address:
                timer.cancel()
                del self._leaving[key]
                return _renamed(pod)
        return None

    def _leave(self, key: PodKey, pod: Pod, linger: float) -> None:
        self._unflap(key)
        if linger <= 0 or pod.state.stopped:
            pod.drain()
            return
        loop = asyncio.get_running_loop()
        self._leaving[key] = (pod, loop.call_later(linger, self._left, key))

    def _left(self, key: PodKey) -> None:
        pod, _ = self._leaving.pop(key)
        pod.drain()

    async def change(
        self, pattern: str, changes: dict[str, Any]
    ) -> tuple[PodStatus, list[BindError]]:
        """Change fields of one pod's state.

        Raises:
            PodLookupError: the pattern does not mean exactly one pod.
            ValueError: the state would be impossible.
        """
        async with self._lock:
            key = self.find(pattern)
            pod = self._pods[key]
            state = changed(pod.state, changes)
            await self._enter(key, pod, state)
            errors = await pod.reconcile(pod.spec)
            self.feed.publish(PodStatus(pod.spec, state))
            return PodStatus(pod.spec, state), errors

    async def _enter(self, key: PodKey, pod: Pod, state: PodState) -> None:
        self._unflap(key)
        pod.hosted.change(state)
        if state.stopped:
            pod.close_listeners()
            pod.cut()
        if state.flap:
            self._flap_after(key, state.flap)

    def _flap_after(self, key: PodKey, period: float) -> None:
        loop = asyncio.get_running_loop()
        self._flaps[key] = loop.call_later(period, self._flap, key)

    def _flap(self, key: PodKey) -> None:
        pod = self._pods[key]
        pod.hosted.change(msgspec.structs.replace(pod.state, ready=not pod.state.ready))
        self.feed.publish(PodStatus(pod.spec, pod.state))
        self._flap_after(key, pod.state.flap or 1.0)

    def _unflap(self, key: PodKey) -> None:
        timer = self._flaps.pop(key, None)
        if timer:
            timer.cancel()

    def find(self, pattern: str) -> PodKey:
        """The pod that ``NAME`` or ``NAMESPACE/NAME`` means.

        Raises:
            PodLookupError: none, or several.
        """
        namespace, slash, name = pattern.rpartition("/")
        found = [
            key
            for key in self._pods
            if key.name == name and (not slash or key.namespace == namespace)
        ]
        if len(found) == 1:
            return found[0]
        raise PodLookupError(_lookup_message(pattern, sorted(found), sorted(self._pods)))

    def close(self) -> None:
        """End at once."""
        for key in list(self._flaps):
            self._unflap(key)
        for pod, timer in self._leaving.values():
            timer.cancel()
            pod.close_listeners()
            pod.cut()
        for pod in self._pods.values():
            pod.close_listeners()
            pod.cut()


def _renamed(pod: Pod) -> Pod:
    pod.hosted.change(PodState())
    return pod


def changed(state: PodState, changes: dict[str, Any]) -> PodState:
    """`state` with fields replaced.

    Ending a flap leaves the pod ready, unless the same change says otherwise.

    Raises:
        ValueError: a field is unknown, of a wrong type, or out of range.
    """
    fields = {**msgspec.structs.asdict(state), **changes}
    fields["flap"] = fields.get("flap") or None
    if state.flap and not fields["flap"] and "ready" not in changes:
        fields["ready"] = True
    try:
        made = msgspec.convert(fields, PodState)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    problem = made.problem()
    if problem:
        raise ValueError(problem)
    return made


def _lookup_message(pattern: str, found: Sequence[PodKey], known: Sequence[PodKey]) -> str:
    if found:
        names = ", ".join(str(key) for key in found)
        return f"{pattern!r} is in several namespaces: {names}; write NAMESPACE/NAME"
    if not known:
        return f"no pod {pattern!r}: no stand-in runs"
    name = pattern.rpartition("/")[2]
    names_like = [key for key in known if name and key.name.startswith(name)]
    spelt_like = difflib.get_close_matches(pattern, [str(key) for key in known], _SHOWN, 0.5)
    close = difflib.get_close_matches(name, [key.name for key in known], _SHOWN, 0.5)
    near = [str(key) for key in names_like or [k for k in known if k.name in close]] or spelt_like
    if near:
        return f"no pod {pattern!r}; did you mean {' or '.join(near[:_SHOWN])}?"
    return f"no pod {pattern!r}; there are {len(known)}, see `penstock stand-in list`"
