"""What to do about something that is named and not there."""

from __future__ import annotations

from penstock.dialects.kubernetes.spelling import listed
from penstock.objects.compute.wording import is_name
from penstock.objects.meta import Resource
from penstock.objects.suggest import did_you_mean
from penstock.objects.world import World


def missing_hint(world: World, kind: type[Resource], namespace: str, name: str, add: str) -> str:
    """A hint: where the object is instead, what it is called there, or else to `add` it.

    GKE looks for what Ingresses and Services name in their own namespace only.
    """
    homes = world.homes(kind, name)
    if homes:
        return (
            f"{kind.KIND} {name[:253]} is in namespace {listed(homes)} only; it has to be in "
            f"{namespace}, where it is named"
        )
    return did_you_mean(name, world.names(kind, namespace)) or add


def name_only(value: str) -> str:
    """A hint for something that can be no name of a cloud resource: the name at its end, if any."""
    name = value.rpartition("/")[2].strip()
    return f"write the name only: {name}" if is_name(name) else ""
