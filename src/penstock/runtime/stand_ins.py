"""The stand-in process of an instance: started, told what to run, watched.

It is started before anything else because it needs nothing, and it outlives a
control plane that is killed; the next one on the same state directory finds it
through its socket and takes it over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping

from penstock.model import Finding, Origin, Severity, code
from penstock.runtime.state import StateDir
from penstock.standin.client import LINGER, StandInClient
from penstock.standin.plan import Plan
from penstock.standin.spec import BindError, PodSpec, PodState, PodStatus

_log = logging.getLogger(__name__)
_RESTART_SECONDS = 0.5
_STOP_SECONDS = 5.0
"""How long the process may take to end before it is killed."""

CANNOT_BIND = code(
    "runtime/stand-in-port-unavailable",
    Severity.WARNING,
    "A stand-in cannot listen on one of its ports",
)


class StandIns:
    """Runs pods in the stand-in process and knows their states."""

    def __init__(self, state: StateDir, changed: Callable[[], None]) -> None:
        """`changed` is called when a pod's state is no longer what `states` said."""
        self._socket = state.sockets / "stand-ins.sock"
        self._log_path = state.path / "stand-ins.log"
        self._client = StandInClient(self._socket)
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._running = asyncio.Event()
        self._specs: tuple[PodSpec, ...] = ()
        self._errors: tuple[BindError, ...] = ()
        self.states: Mapping[tuple[str, str], PodState] = {}
        """(namespace, pod) → state, as last heard."""

    async def stop(self) -> None:
        """End the process, if there is one: asked first, then told, at last killed."""
        try:
            await self._client.stop()
        except OSError:
            if self._process is not None:
                self._process.terminate()
        if self._process is not None:
            try:
                await asyncio.to_thread(self._process.wait, _STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                await asyncio.to_thread(self._process.wait)

    async def apply(self, plan: Plan, linger: float = LINGER) -> tuple[Finding, ...]:
        """Run the plan's pods and no others; findings for ports that cannot be had.

        Pods that leave accept connections for `linger` more seconds, so that no
        proxy that has yet to hear of it is refused.
        """
        if plan.pods != self._specs or self._errors:
            await self._ensure()
            self._errors = await self._client.apply(plan.pods, linger)
            self._specs = plan.pods
        return tuple(_finding(error) for error in self._errors)

    def names(self) -> dict[str, str]:
        """Address → ``namespace/name`` of the pod that has it."""
        return {spec.address: f"{spec.namespace}/{spec.name}" for spec in self._specs}

    async def list(self) -> tuple[PodStatus, ...]:
        """All pods, by namespace and name."""
        return await self._client.list() if self._running.is_set() else ()

    async def set(self, pod: str, changes: Mapping[str, object]) -> PodStatus:
        """Change a pod's state; raises as `StandInClient.set` does."""
        await self._ensure()
        return await self._client.set(pod, **changes)

    async def _ensure(self) -> None:
        if not self._running.is_set():
            await self._start()
            self._running.set()

    async def _start(self) -> None:
        with contextlib.suppress(OSError):
            pods = await self._client.list()
            self.states = {(p.spec.namespace, p.spec.name): p.state for p in pods}
            _log.info("event=stand-ins-adopted pods=%d", len(pods))
            return
        with self._log_path.open("ab") as log:
            # Not awaited: a stop must find the process, whenever it comes.
            self._process = subprocess.Popen(  # noqa: ASYNC220
                (sys.executable, "-m", "penstock.standin", "--socket", str(self._socket)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the control plane: it drains first
            )
        await self._client.wait_ready()

    async def watch(self) -> None:
        """Follow the pods' states, and start the process anew if it ends; never returns."""
        await self._running.wait()
        while True:
            with contextlib.suppress(OSError):
                await self._follow()
            _log.warning("event=stand-ins-lost")
            await asyncio.sleep(_RESTART_SECONDS)
            with contextlib.suppress(OSError, TimeoutError):
                await self._start()
                await self._client.apply(self._specs)

    async def _follow(self) -> None:
        async for pods in self._client.changes():
            news = {(p.spec.namespace, p.spec.name): p.state for p in pods}
            states = {**self.states, **news}
            if states != self.states:
                self.states = states
                self._changed()


def _finding(error: BindError) -> Finding:
    pod = f"Pod {error.namespace}/{error.name}"
    return CANNOT_BIND.at(
        Origin(pod),
        f"The stand-in {pod} cannot listen on {error.address}:{error.port}: {error.message}.",
        "Another program has the port; stop it, or give real endpoints with --endpoints.",
    )
