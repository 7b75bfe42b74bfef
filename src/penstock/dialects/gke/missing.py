"""What to do about an object that is named and not there."""

from __future__ import annotations

from penstock.dialects.kubernetes.spelling import listed
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
