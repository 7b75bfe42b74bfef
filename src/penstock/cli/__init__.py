"""The `penstock` command, one file a subcommand.

Subcommands import what they need when they run, so that `--help` and completion
stay quick.
"""

from penstock.cli.app import app

__all__ = ["app"]
