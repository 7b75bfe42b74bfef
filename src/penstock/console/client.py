"""Asks a running instance's control API; for the CLI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from penstock.runtime.state import StateDir, is_running, running_instances


class NoInstanceError(Exception):
    """No running instance, or several and none chosen; the message says what to do."""


class ControlError(Exception):
    """The instance refused; the message is its own."""


def find(state_dir: Path | None) -> Path:
    """The state directory of the instance that is meant.

    Raises:
        NoInstanceError: there is none, or more than one and `state_dir` does not say which.
    """
    if state_dir is not None:
        if not is_running(state_dir):
            raise NoInstanceError(f"no instance runs on {state_dir}")
        return state_dir
    running = list(running_instances())
    if not running:
        raise NoInstanceError("no instance is running; start one with: penstock up -f manifests/")
    if len(running) > 1:
        listed = "\n".join(f"  --state-dir {path}" for path in running)
        raise NoInstanceError(f"several instances are running; say which:\n{listed}")
    return running[0]


class ControlClient:
    """One instance's control API."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        socket = StateDir(state_dir.resolve()).control_socket
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url="http://control",
            timeout=10.0,
        )

    def get(self, path: str) -> Any:
        """The JSON at `path`.

        Raises:
            ControlError: the instance does not answer, or refuses.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """Send JSON, return JSON; raises as `get` does."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: object) -> Any:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise ControlError(f"the instance on {self.state_dir} does not answer") from error
        answer = response.json()
        if response.is_error:
            raise ControlError(str(answer.get("error", response.status_code)))
        return answer
