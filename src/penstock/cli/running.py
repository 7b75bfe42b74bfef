"""Runs an instance for `penstock up`: signals, the control API, exit codes."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TypeVar

from penstock.cli.check import exit_code
from penstock.cli.options import Output
from penstock.cli.printers import JsonPrinter, TextPrinter
from penstock.console import server
from penstock.envoy.process import EnvoyError
from penstock.runtime.access_log import UnusableError
from penstock.runtime.health import LOG
from penstock.runtime.instance import Instance
from penstock.runtime.observer import StartRefusedError
from penstock.runtime.settings import Settings
from penstock.runtime.state import NotAStateDirError, StateDir, StateDirBusyError

E = TypeVar("E", bound=Exception)


class NotStartedError(Exception):
    """The instance could not start; the message says why."""


async def run(settings: Settings, output: Output) -> int:
    """Run until a signal; the exit code.

    Raises:
        NotStartedError: the state directory is busy or unusable, or an address is taken.
    """
    _log_to_stderr(output)
    try:
        state = (
            StateDir.open(settings.state_dir)
            if settings.state_dir
            else StateDir.open_for(settings.sources)
        )
    except (StateDirBusyError, NotAStateDirError) as error:
        raise NotStartedError(str(error)) from error
    except OSError as error:
        raise NotStartedError(f"the state directory cannot be used: {error}") from error
    try:
        return await _run(settings, state, output)
    except UnusableError as error:
        raise NotStartedError(str(error)) from error
    finally:
        state.close()


async def _run(settings: Settings, state: StateDir, output: Output) -> int:
    observer = JsonPrinter(settings) if output is Output.JSON else TextPrinter(settings, state)
    instance = Instance(settings, state, observer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, instance, observer)
    loop.add_signal_handler(signal.SIGUSR2, instance.renew)
    refusal: list[StartRefusedError] = []
    problems: list[Exception] = []
    try:
        async with server.serving(instance, state.control_socket, settings.metrics_address):
            await instance.run()
    except* StartRefusedError as group:
        refusal += _leaves(group)
    except* (OSError, EnvoyError, TimeoutError) as group:
        problems += _leaves(group)
    if refusal:
        return exit_code(refusal[0].findings, strict=False)
    if problems:
        raise NotStartedError("; ".join(str(problem) for problem in problems))
    observer.stopped()
    return 0


def _stop(instance: Instance, observer: JsonPrinter | TextPrinter) -> None:
    """The first signal drains; a second one does not wait."""
    if instance.is_stopping:
        instance.hurry()
        return
    observer.stopping()
    instance.stop()


def _leaves(group: BaseExceptionGroup[E]) -> list[E]:
    found: list[E] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _log_to_stderr(output: Output) -> None:
    level = logging.WARNING if output is Output.TEXT else logging.ERROR
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger(LOG).setLevel(logging.INFO)  # Only what health checks want logged.
