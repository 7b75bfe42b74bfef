"""`penstock show`: the model, the messages that Envoy gets, or results of URL maps' tests."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.cli.options import (
    AllowExternalNames,
    Notation,
    OptionalSources,
    StateDirectory,
    fail,
)

if TYPE_CHECKING:
    from penstock.runtime.revision import Revision


class What(enum.StrEnum):
    """What to show."""

    MODEL = "model"
    ENVOY = "envoy"
    URL_MAP_TESTS = "url-map-tests"
    FIREWALL = "firewall"


def show(
    what: Annotated[
        What,
        typer.Argument(
            help="model: load balancers, URL maps, backend services …; "
            "envoy: the messages compiled from them; "
            "url-map-tests: what came of the tests that URL maps carry, as the Compute API has it; "
            "firewall: which connections firewalls have to let through, and because of what."
        ),
    ] = What.MODEL,
    sources: OptionalSources = None,
    output: Annotated[
        Notation | None,
        typer.Option(
            "-o",
            "--output",
            help="YAML reads better, JSON pipes better; without it YAML, and of firewall a table.",
        ),
    ] = None,
    region: Annotated[
        str,
        typer.Option(metavar="REGION", help="With envoy: of a region's proxies, not of home's."),
    ] = "",
    state_dir: StateDirectory = None,
    allow_external_names: AllowExternalNames = False,
) -> None:
    """Show what the input means: the model with the origin of every setting.

    Private keys are never shown.

    Examples: penstock show -f manifests/ -o json · penstock show envoy · penstock show firewall
    """
    if sources:
        data = _from_files(what, tuple(sources), region, allow_external_names)
    else:
        data = _from_instance(what, region, state_dir)
    if what is What.FIREWALL and output is None:
        _print_firewall(data)
    else:
        typer.echo(_write(data, output or Notation.YAML))


def _from_files(
    what: What, sources: tuple[str, ...], region: str, allow_external_names: bool
) -> Any:
    from penstock.cli import offline
    from penstock.runtime.settings import Settings
    from penstock.standin.plan import StandInMode
    from penstock.status import url_map_tests
    from penstock.status.dump import dump_messages, dump_model
    from penstock.status.firewall import firewall

    settings = Settings(sources=sources, allow_external_names=allow_external_names)
    revision = offline.revision(settings)
    if what is What.FIREWALL:
        # Stand-ins have addresses of their own; firewalls are about those that are written.
        without = dataclasses.replace(settings, stand_ins=StandInMode.OFF)
        return firewall(revision, offline.revision(without).model)
    if what is What.MODEL:
        return dump_model(revision.model)
    if what is What.URL_MAP_TESTS:
        return url_map_tests.results(revision)
    if (configuration := revision.configurations.get(region)) is None:
        raise fail(f"no proxies of region {region!r}; regions: {_regions(revision)}")
    return dump_messages(configuration.snapshot)


def _regions(revision: Revision) -> str:
    return ", ".join(sorted(filter(None, revision.configurations))) or "none"


def _from_instance(what: What, region: str, state_dir: Any) -> Any:
    from urllib.parse import quote

    from penstock.console import client

    query = f"?region={quote(region)}" if region else ""

    try:
        return client.ControlClient(client.find(state_dir)).get(f"/{what.value}{query}")
    except (client.NoInstanceError, client.ControlError) as error:
        raise fail(f"{error}\nOr show files: penstock show {what.value} -f manifests/") from error


def _print_firewall(data: Any) -> None:
    from rich.console import Console

    from penstock.status.firewall_view import print_firewall
    from penstock.status.render import WIDEST

    print_firewall(Console(width=WIDEST), data)


def _write(data: Any, output: Notation) -> str:
    if output is Notation.JSON:
        return json.dumps(data, indent=2)
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True).rstrip()
