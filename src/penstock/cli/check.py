"""`penstock check`: findings without running anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from penstock.cli.options import AllowExternalNames, Output, OutputFormat, Sources
from penstock.model import Finding, Severity


def check(
    sources: Sources,
    output: OutputFormat = Output.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if there are warnings.")
    ] = False,
    tests: Annotated[
        bool,
        typer.Option(
            "--url-map-tests",
            help="Only what came of the tests that URL maps carry; with --output json in the "
            "shape of the Compute API's validate.",
        ),
    ] = False,
    allow_external_names: AllowExternalNames = False,
) -> None:
    """Say what will not work, where it is written and how to mend it.

    What GKE itself would reject or warn about stands apart from what holds of
    Penstock, Kubernetes or the files. Tests that URL maps carry are run, too.

    Exit code: 0 if there is nothing worse than a note, 1 if there are warnings and
    --strict is given, 2 if there are errors.

    Example: penstock check -f manifests/ --strict
    """
    from penstock.cli import offline
    from penstock.runtime.settings import Settings
    from penstock.status import report, url_map_tests

    settings = Settings(
        sources=tuple(sources), strict=strict, allow_external_names=allow_external_names
    )
    revision = offline.revision(settings)
    findings = revision.findings
    if tests:
        findings = tuple(f for f in findings if f.code == url_map_tests.FAILED)
    if output is Output.JSON:
        shown = url_map_tests.results(revision) if tests else report.findings(findings)
        typer.echo(json.dumps(shown, indent=2))
    else:
        _print(findings, url_map_tests.summary(revision))
    raise typer.Exit(exit_code(findings, strict=strict))


def exit_code(findings: Sequence[Finding], *, strict: bool) -> int:
    """2 with errors, 1 with warnings if `strict`, else 0."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return 2
    return 1 if strict and Severity.WARNING in severities else 0


def _print(findings: Sequence[Finding], tests: str) -> None:
    from rich.console import Console

    from penstock.status import portability, report

    console = Console()
    shown = report.findings(findings)
    portability.print_findings(console, shown)
    if tests:
        console.print(tests, highlight=False)
    console.print(portability.summary(shown), highlight=False)
