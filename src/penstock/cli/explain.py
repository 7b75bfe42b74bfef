"""`penstock explain`: which rule takes a request, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from penstock.cli.options import (
    AllowExternalNames,
    OptionalSources,
    Output,
    OutputFormat,
    StateDirectory,
    fail,
)

_GOOD = 400
"""The first status that is an error."""


def explain(
    url: Annotated[
        str,
        typer.Argument(
            help="What a client asks for. With an IP address, that address decides about the "
            "load balancer; with a name, who has rules for it."
        ),
    ],
    method: Annotated[str, typer.Option("-X", "--method", help="The request's method.")] = "GET",
    headers: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="NAME:VALUE", help="A header; repeatable."),
    ] = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="IP", help="The client's address.")
    ] = None,
    load_balancer: Annotated[
        str | None,
        typer.Option("--lb", metavar="NAME", help="Ask this load balancer, whatever the host."),
    ] = None,
    sources: OptionalSources = None,
    output: OutputFormat = Output.TEXT,
    state_dir: StateDirectory = None,
    allow_external_names: AllowExternalNames = False,
) -> None:
    """Say what becomes of a request: which rule wins and why, and who wrote every setting.

    Exit code: 0 if a backend answers, 1 if the answer is an error (404, 503, no
    connection …), 2 if the question cannot be understood.

    Example: penstock explain https://shop.example/chat/ -f manifests/
    """
    asked = {
        "url": url,
        "method": method,
        "headers": [split(header) for header in headers or ()],
        "client": client,
        "loadBalancer": load_balancer,
    }
    if sources:
        data = _from_files(asked, sources, allow_external_names)
    else:
        data = _from_instance(asked, state_dir)
    if output is Output.JSON:
        typer.echo(json.dumps(data, indent=2))
    else:
        from rich.console import Console

        from penstock.status.explain_view import print_explanation

        print_explanation(Console(), data)
    raise typer.Exit(exit_code(data))


def split(header: str) -> tuple[str, str]:
    """A header as curl takes it: ``Name: value``.

    Raises:
        typer.BadParameter: there is no colon.
    """
    name, colon, value = header.partition(":")
    if not (colon and name.strip()):
        raise typer.BadParameter(f"{header!r} is no header; write it like 'Accept: text/html'")
    return name.strip(), value.strip()


def exit_code(data: Any) -> int:
    """0 if a backend answers, or the proxy with no error."""
    answer = data["answer"]
    if answer["by"] == "backend":
        return 0
    return 0 if answer["status"] is not None and answer["status"] < _GOOD else 1


def _from_files(asked: dict[str, Any], sources: Sequence[str], external: bool) -> Any:
    from penstock.cli import offline
    from penstock.explain import UrlError
    from penstock.runtime.settings import Settings
    from penstock.status import explanation

    try:
        request = explanation.parse(asked)
        settings = Settings(sources=tuple(sources), allow_external_names=external)
        return explanation.of_files(offline.revision(settings), request)
    except UrlError as error:
        raise fail(str(error)) from error


def _from_instance(asked: dict[str, Any], state_dir: Path | None) -> Any:
    from penstock.console import client

    try:
        return client.ControlClient(client.find(state_dir)).post("/explain", asked)
    except client.NoInstanceError as error:
        raise fail(f"{error}\nOr ask about files: penstock explain URL -f manifests/") from error
    except client.ControlError as error:
        raise fail(str(error)) from error
