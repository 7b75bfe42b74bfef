"""`penstock stand-in`: look at and command the stand-in pods of the running instance."""

from __future__ import annotations

import enum
import json
import re
from typing import Annotated, Any

import typer

from penstock.cli.options import Output, OutputFormat, StateDirectory, fail


class TrueFalse(enum.StrEnum):
    """A flag whose both values are written: ``--ready=false``."""

    TRUE = "true"
    FALSE = "false"


app = typer.Typer(
    help="Stand-in pods: list them, make them slow, failing, unready, or stop them.",
    no_args_is_help=True,
)


@app.command("list")
def list_(output: OutputFormat = Output.TEXT, state_dir: StateDirectory = None) -> None:
    """List the stand-in pods with address, ports and state.

    Example: penstock stand-in list
    """
    pods = _ask(state_dir, None)
    if output is Output.JSON:
        typer.echo(json.dumps(pods, indent=2))
        return
    from rich.console import Console

    from penstock.status.render import WIDEST
    from penstock.status.stand_ins import table

    Console(width=WIDEST).print(table(pods))


@app.command("set")
def set_(
    pod: Annotated[str, typer.Argument(help="NAME or NAMESPACE/NAME; see: stand-in list.")],
    ready: Annotated[
        TrueFalse | None,
        typer.Option(
            help="Whether its readiness probe succeeds; health checks of other paths pass either "
            "way."
        ),
    ] = None,
    delay: Annotated[
        str | None, typer.Option(metavar="TIME", help="Wait before every answer: 2s, 250ms, 0.")
    ] = None,
    status: Annotated[
        int | None,
        typer.Option(min=0, max=599, help="Answer every request with this status; 0 for normal."),
    ] = None,
    flap: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Turn ready and unready with this period; 0 to end."),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Refuse connections.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Accept connections again.")] = False,
    output: OutputFormat = Output.TEXT,
    state_dir: StateDirectory = None,
) -> None:
    """Change how one stand-in pod behaves.

    Example: penstock stand-in set web-6d4cf56db6-x2x4z --ready=false --delay 2s
    """
    if stop and start:
        raise fail("--stop and --start contradict each other")
    change: dict[str, Any] = {"pod": pod}
    if ready is not None:
        change["ready"] = ready is TrueFalse.TRUE
    if delay is not None:
        change["delay"] = seconds(delay)
    if status is not None:
        change["status"] = status or None
    if flap is not None:
        change["flap"] = seconds(flap) or None
    if stop or start:
        change["stopped"] = stop
    if len(change) == 1:
        raise fail("nothing to change; see: penstock stand-in set --help")
    changed = _ask(state_dir, change)
    if output is Output.JSON:
        typer.echo(json.dumps(changed, indent=2))
    else:
        from penstock.status.stand_ins import describe

        typer.echo(describe(changed))


def seconds(text: str) -> float:
    """Read a duration: ``2s``, ``250ms``, ``1.5`` (seconds), ``1m``.

    Raises:
        typer.BadParameter: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)?", text.strip())
    if not match:
        raise typer.BadParameter(f"{text!r} is no duration; write 2s or 250ms")
    return float(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}[match[2]]


def _ask(state_dir: Any, change: dict[str, Any] | None) -> Any:
    from penstock.console import client

    try:
        control = client.ControlClient(client.find(state_dir))
        return control.get("/stand-ins") if change is None else control.post("/stand-ins", change)
    except (client.NoInstanceError, client.ControlError) as error:
        raise fail(str(error)) from error
