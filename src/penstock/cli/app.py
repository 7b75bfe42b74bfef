"""The command's root: subcommands, and what all of them share."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.cli import check, explain, region, resolve, show, stand_in, status, up, version

app = typer.Typer(
    name="penstock",
    help="Cloud load balancing, anywhere: run the load-balancer manifests you already have.\n\n"
    "Start with: [bold]penstock up -f manifests/[/bold]",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=version.print_and_exit,
            is_eager=True,
            help="The same as: penstock version.",
        ),
    ] = False,
) -> None:
    """Nothing: what the command is for stands above."""


app.command(name="up")(up.up)
app.command(name="check")(check.check)
app.command(name="explain")(explain.explain)
app.command(name="resolve")(resolve.resolve)
app.command(name="show")(show.show)
app.command(name="status")(status.status)
app.add_typer(stand_in.app, name="stand-in")
app.add_typer(region.app, name="region")
app.command(name="version")(version.version)
