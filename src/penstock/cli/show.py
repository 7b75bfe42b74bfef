"""`penstock show`: the model, the messages that Envoy gets, or results of URL maps' tests."""

from __future__ import annotations

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


def show(
    what: Annotated[
        What,
        typer.Argument(
            help="model: load balancers, URL maps, backend services …; "
            "envoy: the messages compiled from them; "
            "url-map-tests: what came of the tests that URL maps carry, as the Compute API has it."
        ),
    ] = What.MODEL,
    sources: OptionalSources = None,
    output: Annotated[
        Notation, typer.Option("-o", "--output", help="YAML reads better, JSON pipes better.")
    ] = Notation.YAML,
    region: Annotated[
        str,
        typer.Option(metavar="REGION", help="With envoy: of a region's proxies, not of home's."),
    ] = "",
    state_dir: StateDirectory = None,
    allow_external_names: AllowExternalNames = False,
) -> None:
    """Show what the input means: the model with the origin of every setting.

    Private keys are never shown.

    Examples: penstock show -f manifests/ -o json · penstock show envoy
    """
    if sources:
        data = _from_files(what, tuple(sources), region, allow_external_names)
    else:
        data = _from_instance(what, region, state_dir)
    typer.echo(_write(data, output))


def _from_files(
    what: What, sources: tuple[str, ...], region: str, allow_external_names: bool
) -> Any:
    from penstock.cli import offline
    from penstock.runtime.settings import Settings
    from penstock.status import url_map_tests
    from penstock.status.dump import dump_messages, dump_model

    settings = Settings(sources=sources, allow_external_names=allow_external_names)
    revision = offline.revision(settings)
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


def _write(data: Any, output: Notation) -> str:
    if output is Notation.JSON:
        return json.dumps(data, indent=2)
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True).rstrip()
