"""Options that several subcommands have, with one wording each."""

from __future__ import annotations

import enum
import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from penstock.runtime.settings import Network


class Output(enum.StrEnum):
    """What is printed."""

    TEXT = "text"
    JSON = "json"


class Notation(enum.StrEnum):
    """How data is printed."""

    YAML = "yaml"
    JSON = "json"


Sources = Annotated[
    list[str],
    typer.Option(
        "-f",
        "--filename",
        metavar="PATH",
        help="File, directory (recursive: *.yaml *.yml *.json) or - for stdin; repeatable.",
    ),
]
OptionalSources = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--filename",
        metavar="PATH",
        help="File, directory or - for stdin; without it the running instance is asked.",
    ),
]
OutputFormat = Annotated[
    Output, typer.Option("-o", "--output", help="Text for people, JSON for programs.")
]
StateDirectory = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        metavar="DIR",
        help="The instance's state directory; needed only if several instances run.",
    ),
]
AllowExternalNames = Annotated[
    bool,
    typer.Option(
        "--allow-external-names",
        help="Let Services of type ExternalName lead to the DNS names they give.",
    ),
]


def parse_network(text: str) -> Network:
    """Read an address range; for typer.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write a range like 127.10.0.0/16") from error


def parse_address(text: str) -> tuple[str, int]:
    """Read ``ADDRESS:PORT``; for typer.

    Raises:
        typer.BadParameter: it is none.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        address = str(ipaddress.ip_address(host))
        number = int(port)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not ADDRESS:PORT") from error
    if not 0 < number < 65536:
        raise typer.BadParameter(f"port {number} is not from 1 to 65535")
    return address, number


def fail(message: str, exit_code: int = 2) -> typer.Exit:
    """Say on stderr what is wrong; the caller raises the result."""
    typer.secho(f"penstock: {message}", err=True, fg=typer.colors.RED)
    return typer.Exit(exit_code)
