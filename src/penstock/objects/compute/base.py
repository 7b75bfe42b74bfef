"""What all Compute resources have, and how one is told from another.

Resources are flat: `name`, `region` and `selfLink` stand beside what they say, in
the shape that the Compute API and ``gcloud compute … describe`` print.  Names are
unique in a collection of a project and of a region, a zone, or all (``global``);
the place takes the part of a Kubernetes namespace.

https://docs.cloud.google.com/compute/docs/reference/rest/v1
"""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple

import msgspec

from penstock.model import FieldPath
from penstock.objects.meta import Resource

ANY_PROJECT = "-"
"""In place of a project's name where nothing written says which project it is."""
GLOBAL = "global"


class Place(NamedTuple):
    """Where a resource lives."""

    project: str
    """`ANY_PROJECT` if nothing written says it."""
    location: str
    """A region, a zone, or `GLOBAL`."""

    def __str__(self) -> str:
        return f"{self.project}/{self.location}"


_PROJECT = re.compile(r"(?:^|/)projects/(?P<name>[^/]+)(?:/|$)")
_LOCATION = re.compile(r"(?:^|/)(?:(?:regions|zones|locations)/(?P<name>[^/]+)|(?P<all>global))/")


def place_of(link: str, scope: str) -> Place:
    """The place that a resource's ``selfLink`` (or long name) and its region or zone say."""
    project = _PROJECT.search(link) or _PROJECT.search(scope)
    name = project["name"] if project else ANY_PROJECT
    if scope:
        return Place(name, last_segment(scope))
    where = _LOCATION.search(link)
    return Place(name, (where["name"] or GLOBAL) if where else GLOBAL)


def last_segment(reference: str) -> str:
    """The name at the end of a reference, for what is looked up by name alone (networks)."""
    return reference.rstrip("/").rpartition("/")[2]


def short_name(name: str) -> str:
    """The last part of a name such as ``projects/p/locations/l/serverTlsPolicies/x``."""
    return name.rpartition("/")[2]


class ComputeFields(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True
):
    """A part of a Compute resource; what is not written is None."""


class ComputeResource(Resource, frozen=True, kw_only=True):
    """What all Compute resources have.

    Subclasses set `KIND`, ``compute#`` and the singular.
    """

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("compute/v1",)
    NAME_PATH: ClassVar[FieldPath] = ("name",)

    api_version: str = "compute/v1"
    name: str
    id: int | None = None
    self_link: str | None = None
    self_link_with_id: str | None = None
    creation_timestamp: str | None = None
    description: str | None = None
    region: str | None = None
    zone: str | None = None
    fingerprint: str | None = None

    @property
    def place(self) -> Place:
        """Project and location, from ``selfLink`` or a long name, ``region`` and ``zone``."""
        link = self.self_link or (self.name if "/" in self.name else "")
        return place_of(link, self.region or self.zone or "")

    @property
    def identity(self) -> tuple[str, str]:
        """Place and name, which make the resource's key in a world."""
        return (str(self.place), short_name(self.name))

    @classmethod
    def reference(cls, namespace: str, name: str) -> str:
        """``urlMap p/us-central1/web``; without the project where nothing written says it."""
        kind = cls.KIND.removeprefix("compute#")
        return f"{kind} {namespace.removeprefix(f'{ANY_PROJECT}/')}/{name}"
