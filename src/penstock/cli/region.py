"""`penstock region`: the regions of the running instance, and what happens if one dies."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from penstock.cli.options import Output, OutputFormat, StateDirectory, fail

app = typer.Typer(
    help="Regions of cross-region load balancers: list them, let one die, let it come back.",
    no_args_is_help=True,
)
Region = Annotated[str, typer.Argument(help="Its name; see: region list.")]


@app.command("list")
def list_(output: OutputFormat = Output.TEXT, state_dir: StateDirectory = None) -> None:
    """List the regions that have proxies of their own, with the proxies' state.

    Example: penstock region list
    """
    regions = _ask(state_dir, None)
    if output is Output.JSON:
        typer.echo(json.dumps(regions, indent=2))
        return
    from rich.console import Console

    from penstock.status.fleets import table

    if regions:
        Console().print(table(regions))
    else:
        typer.echo("no load balancer has several regions; one fleet of proxies serves all")


@app.command("stop")
def stop(
    region: Region,
    with_backends: Annotated[
        bool, typer.Option("--with-backends", help="Stop the region's stand-ins, too.")
    ] = False,
    output: OutputFormat = Output.TEXT,
    state_dir: StateDirectory = None,
) -> None:
    """Let a region die: its proxies end at once and stay down; its addresses refuse connections.

    Example: penstock region stop us-east1 --with-backends
    """
    change = {"region": region, "stopped": True, "withBackends": with_backends}
    _tell(_ask(state_dir, change), output)


@app.command("start")
def start(
    region: Region, output: OutputFormat = Output.TEXT, state_dir: StateDirectory = None
) -> None:
    """Let a region come back, with all that `stop` took down.

    Example: penstock region start us-east1
    """
    _tell(_ask(state_dir, {"region": region, "stopped": False}), output)


def _tell(answer: dict[str, Any], output: Output) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps(answer, indent=2))
        return
    count = answer["standIns"]
    others = f", with {count} stand-in{'' if count == 1 else 's'}" if count else ""
    typer.echo(f"region {answer['region']}: {answer['state']}{others}")


def _ask(state_dir: Any, change: dict[str, Any] | None) -> Any:
    from penstock.console import client

    try:
        control = client.ControlClient(client.find(state_dir))
        return control.get("/regions") if change is None else control.post("/regions", change)
    except (client.NoInstanceError, client.ControlError) as error:
        raise fail(str(error)) from error
