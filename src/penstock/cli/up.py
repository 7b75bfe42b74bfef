"""`penstock up`: run the manifests.

The command is thin: it turns options into settings, runs an instance, and prints
its events as text or JSON lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from penstock.cli.options import (
    AllowExternalNames,
    Output,
    OutputFormat,
    Sources,
    fail,
    parse_address,
    parse_network,
)
from penstock.runtime.settings import ADDRESS_POOL, UNPRIVILEGED_PORT_OFFSET
from penstock.standin.plan import StandInMode


def up(
    sources: Sources,
    output: OutputFormat = Output.TEXT,
    address_pool: Annotated[
        str,
        typer.Option(
            metavar="RANGE",
            help="Where load balancers get their addresses, unless a manifest asks for one that "
            "this machine has.",
        ),
    ] = str(ADDRESS_POOL),
    port_offset: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=60000,
            show_default=False,
            help="Added to every listener's port. Default: 0, or "
            f"{UNPRIVILEGED_PORT_OFFSET} where low ports may not be bound.",
        ),
    ] = None,
    stand_ins: Annotated[
        StandInMode,
        typer.Option(
            help="services: stand-in pods for every Service without endpoints (those that a "
            "cluster listed of its pods do not count); workloads: only for Services that select a "
            "workload of the input; off: none."
        ),
    ] = StandInMode.SERVICES,
    endpoints: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NS/SERVICE=HOST:PORT[,HOST:PORT]",
            help="Real endpoints for a Service (NS/SERVICE:PORT= for one of its ports); "
            "repeatable.",
        ),
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Default: one of their own for these sources."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch/--no-watch", help="Whether changed files are applied.")
    ] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="Do not start on input that has errors.")
    ] = False,
    allow_external_names: AllowExternalNames = False,
    access_log: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="JSON lines; - for stdout, off for none. Default: in the state dir.",
        ),
    ] = None,
    metrics_address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS:PORT", help="Serve /metrics and /ready here. Default: off."),
    ] = None,
    dns: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS:PORT",
            help="Answer DNS queries for names of Cloud DNS record sets here, over UDP and TCP. "
            "Default: off.",
        ),
    ] = None,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Do not fall back on the last good state of broken or missing files."
        ),
    ] = False,
    proxies: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Envoys that share the addresses; in several regions, of each."
        ),
    ] = 1,
    drain_time: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long stopping waits for requests.")
    ] = 10.0,
) -> None:
    """Run load balancers from manifests: real Envoy, stand-in pods, no cluster needed.

    Watches the files and applies every save without losing a request. Ctrl-C
    drains and stops.

    Example: penstock up -f manifests/ --endpoints default/web=127.0.0.1:3000
    """
    from penstock.runtime.endpoints import parse_override
    from penstock.runtime.settings import Settings

    try:
        overrides = tuple(parse_override(text) for text in endpoints or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--endpoints") from error
    settings = Settings(
        sources=tuple(sources),
        state_dir=state_dir,
        address_pool=parse_network(address_pool),
        port_offset=port_offset,
        stand_ins=stand_ins,
        endpoints=overrides,
        watch=watch,
        strict=strict,
        allow_external_names=allow_external_names,
        access_log="stdout" if access_log == "-" else access_log,
        metrics_address=parse_address(metrics_address) if metrics_address else None,
        dns=parse_address(dns) if dns else None,
        forget=forget,
        proxies=proxies,
        drain_seconds=drain_time,
    )
    raise typer.Exit(_run(settings, output))


def _run(settings: object, output: Output) -> int:
    # gRPC's fork handlers do nothing for us (children are executed at once) but warn.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    import uvloop

    from penstock.cli.running import NotStartedError, run

    try:
        return uvloop.run(run(settings, output))  # type: ignore[arg-type]
    except NotStartedError as error:
        raise fail(str(error)) from error
