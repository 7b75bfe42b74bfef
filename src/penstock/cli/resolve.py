"""`penstock resolve`: what a client is answered for a name, and why."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from penstock.cli.options import (
    OptionalSources,
    Output,
    OutputFormat,
    StateDirectory,
    fail,
)


def resolve(
    name: Annotated[str, typer.Argument(help="A name of a Cloud DNS record set.")],
    client: Annotated[str, typer.Option("--client", metavar="IP", help="Who asks.")] = "127.0.0.1",
    of_type: Annotated[str, typer.Option("--type", metavar="TYPE", help="A or AAAA.")] = "A",
    sources: OptionalSources = None,
    output: OutputFormat = Output.TEXT,
    state_dir: StateDirectory = None,
) -> None:
    """Say which load balancer's address a client gets for a name, and why.

    About files, all proxies count as running and ready endpoints as healthy. Exit
    code: 0 if there is an address, 1 if there is none, 2 if there is no such name.

    Example: penstock resolve shop.example.internal --client 10.1.0.7
    """
    asked = {"name": name, "client": client, "type": of_type.upper()}
    data = _from_files(asked, tuple(sources)) if sources else _from_instance(asked, state_dir)
    if output is Output.JSON:
        typer.echo(json.dumps(data, indent=2))
    else:
        from rich.console import Console

        from penstock.status.names_view import print_resolved

        print_resolved(Console(highlight=False), data)
    raise typer.Exit(0 if data["addresses"] else 1)


def _from_files(asked: dict[str, str], sources: tuple[str, ...]) -> Any:
    import random

    from penstock.cli import offline
    from penstock.runtime.dns import knowledge_of
    from penstock.runtime.settings import Settings
    from penstock.status import names

    knowledge = knowledge_of(offline.revision(Settings(sources=sources)))
    draw = random.SystemRandom().random()
    try:
        return names.resolved(knowledge, asked["name"], asked["type"], asked["client"], draw)
    except names.UnknownNameError as error:
        raise fail(str(error)) from error


def _from_instance(asked: dict[str, str], state_dir: Any) -> Any:
    from penstock.console import client

    try:
        return client.ControlClient(client.find(state_dir)).post("/resolve", asked)
    except client.NoInstanceError as error:
        raise fail(f"{error}\nOr ask about files: penstock resolve NAME -f manifests/") from error
    except client.ControlError as error:
        raise fail(str(error)) from error
