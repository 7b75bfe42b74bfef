"""Projects of groups: machines of one name in two projects are two machines."""

from __future__ import annotations

from typing import Any, Final

from penstock.objects.compute.base import ANY_PROJECT
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.world import World

_LOCAL: Final = "local"
_GROUPS: Final = (NetworkEndpointGroup, InstanceGroup)


class Projects:
    """Which project a Compute resource is of, by name."""

    def __init__(self, world: World) -> None:
        specs = [config.resource.spec for config in world.all(PenstockConfig)]
        self._default = next((spec.project for spec in specs if spec.project), _LOCAL)
        self._numbers = {p.number: p.name for spec in specs for p in spec.projects if p.number}
        groups = [group for kind in _GROUPS for group in world.all(kind)]
        self._has_several = len({self.of(group) for group in groups}) > 1

    def of(self, obj: Object[Any]) -> str:
        """The project of a resource; the default one's if nothing says it."""
        written = obj.resource.place.project
        return self._default if written == ANY_PROJECT else self._numbers.get(written, written)

    def place(self, obj: Object[Any]) -> str:
        """Its location; where several projects have groups, others' than the default one's have the
        project before it."""
        project, location = self.of(obj), str(obj.resource.place.location)
        is_plain = not self._has_several or project == self._default
        return location if is_plain else f"{project}.{location}"
