"""The fleets of regions as data and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from penstock.runtime.fleets.regional import FleetState, Regional
from penstock.runtime.instance import Instance
from penstock.runtime.nodes import node_ids
from penstock.status.report import Json
from penstock.status.words import visible


def fleets(instance: Instance) -> list[Json]:
    """Those that run, are held down, or did not come up; home's is not among them."""
    return [fleet(instance, regional) for regional in instance.fleets.regions]


def fleet(instance: Instance, regional: Regional) -> Json:
    """One region's; docs/json-output.md lists the keys."""
    rules = [rule for lb in _load_balancers(instance) for rule in lb if rule[0] == regional.region]
    return {
        "region": regional.region,
        "state": regional.state.value,
        "problem": regional.problem or None,
        "proxies": list(node_ids(regional.region, instance.settings.proxies)),
        "addresses": sorted({address for _, address in rules}),
    }


def _load_balancers(instance: Instance) -> list[list[tuple[str, str]]]:
    revision = instance.revision
    if revision is None:
        return []
    return [
        [(rule.region, address) for rule, _, address, _ in revision.listeners(lb)]
        for lb in revision.model.load_balancers.values()
    ]


_STYLES = {FleetState.SERVING.value: "green", FleetState.FAILED.value: "red"}


def table(listed: Sequence[Json]) -> Table:
    """One row a region."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Region", "State", "Addresses", "Proxies"):
        made.add_column(column, overflow="fold")
    for each in listed:
        state = Text(each["state"], style=_STYLES.get(each["state"], "yellow"))
        if each["problem"]:
            state.append(f"\n{visible(each['problem'])}", style="red")
        names = ", ".join(visible(node) for node in each["proxies"])
        made.add_row(
            Text(visible(each["region"])), state, Text(", ".join(each["addresses"])), Text(names)
        )
    return made
