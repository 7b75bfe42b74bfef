"""`penstock status`: the running instance."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from penstock.cli.options import Output, OutputFormat, StateDirectory, fail


def status(
    output: OutputFormat = Output.TEXT,
    stages: Annotated[
        bool, typer.Option("--stages", help="What each stage of building a revision takes.")
    ] = False,
    state_dir: StateDirectory = None,
) -> None:
    """Show the running instance: addresses, listeners, health, findings, revision per proxy.

    Example: penstock status --output json
    """
    from penstock.console import client

    try:
        data = client.ControlClient(client.find(state_dir)).get("/status")
    except (client.NoInstanceError, client.ControlError) as error:
        raise fail(str(error), 1) from error
    if output is Output.JSON:
        typer.echo(json.dumps(data, indent=2))
        return
    from rich.console import Console

    from penstock.status.instance_view import print_stages, print_status

    if stages:
        print_stages(Console(), data)
    else:
        print_status(Console(), data)
