"""From what a field refers to, in any of the API's spellings, to the resource itself.

A reference is a full URL, a path from ``projects/`` on, a path inside of the
project (``regions/r/backendServices/x``, ``global/urlMaps/x``), or a name, which is
one of the same place.  What does not lead to a resource is a finding in the
API's own words, which names both ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

from penstock.dialects.compute import codes
from penstock.dialects.compute.index import COLLECTIONS, Index, Located, collection_of, relative_url
from penstock.dialects.compute.regions import spot_of
from penstock.model import Finding, Origin
from penstock.objects.compute.base import ANY_PROJECT, GLOBAL, ComputeResource
from penstock.objects.meta import Object
from penstock.objects.suggest import nearest

R = TypeVar("R", bound=ComputeResource)

_PROJECT: Final = re.compile(r"(?:^|/)projects/([^/]+)/(.*)$")
_SCOPED: Final = re.compile(
    r"^(?:(?:regions|zones|locations)/(?P<place>[^/]+)|(?P<all>global))/(?P<rest>.+)$"
)
_NEAR: Final = 0.6
"""How alike names have to be for a hint; many are short."""
NOWHERE: Final = (
    "Add it or correct the name; what is left out for an error of its own counts as missing, too"
)
"""The hint where no known name is like it."""
_ZONAL: Final = frozenset({"networkEndpointGroups", "instanceGroups"})
_SHARED: Final = frozenset({"backendServices"})
"""What a project may let others refer to; nobody but URL maps refers to backend services."""


class Reference(NamedTuple):
    """A reference taken apart; what is not written is None."""

    project: str | None
    location: str | None
    collection: str | None
    name: str


class Found(NamedTuple, Generic[R]):
    """A resource that a reference leads to."""

    at: Located
    object: Object[R]


@lru_cache(maxsize=16384)
def parse_reference(text: str) -> Reference:
    """Take a reference apart; anything is one, if only by name."""
    project, rest = None, text.strip("/")
    if whole := _PROJECT.search(rest):
        project, rest = whole[1], whole[2]
    location = None
    if scoped := _SCOPED.match(rest):
        location = scoped["place"] or GLOBAL
        rest = scoped["rest"]
    collection, _, name = rest.rpartition("/")
    return Reference(project, location, collection.rpartition("/")[2] or None, name)


class Resolver:
    """Follows references of one world."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def follow(
        self, text: str, kinds: Sequence[type[R]], source: Located, origin: Origin
    ) -> Found[R] | Finding:
        """The resource that a field of the resource at `source` refers to."""
        ref = parse_reference(text)
        if ref.collection is not None and ref.collection not in map(collection_of, kinds):
            return _wrong_type(text, ref.collection, kinds, origin)
        for kind in kinds:
            collection = collection_of(kind)
            if ref.collection in (None, collection):
                for at in self._candidates(ref, collection, kind, source):
                    found = self.index.get(kind, at)
                    if found is not None:
                        wrong = self._why_not(text, at, found, source, origin)
                        return wrong or Found(at, found)
        return self._missing(ref, kinds, source, origin)

    def _candidates(
        self, ref: Reference, collection: str, kind: type[R], source: Located
    ) -> list[Located]:
        config = self.index.config
        project = config.named(ref.project or ANY_PROJECT) if ref.project else source.project
        if ref.location is not None:
            return [Located(project, ref.location, ref.name)]
        places = [source.location]
        if collection in _ZONAL:
            named = [at.location for at in self.index.places(kind, project, ref.name)]
            near = [zone for zone in named if config.region_of(zone) == source.location]
            places += [*(z for z in [config.zone] if z in named), *near, GLOBAL]
            if source.location == GLOBAL:
                places += named
        return [Located(project, place, ref.name) for place in places]

    def _why_not(
        self, text: str, at: Located, obj: Object[R], source: Located, origin: Origin
    ) -> Finding | None:
        """Why a resource that is there may not be referred to from `source`."""
        if at.project != source.project:
            if collection_of(type(obj.resource)) not in _SHARED:
                return _wrong_project(text, at, source, origin)
            if (at.project, source.project) not in self.index.config.grants:
                return _not_granted(at, source, origin)
        return None if self._fits(at, obj, source) else _wrong_scope(text, at, source, origin)

    def _fits(self, at: Located, obj: Object[R], source: Located) -> bool:
        """Whether a resource of `source`'s place may refer to one of `at`'s.

        Regional ones refer to those of their region, global ones to global ones; groups
        are zonal, and the zone must be one of the region.
        """
        if at.location == source.location:
            return True
        if collection_of(type(obj.resource)) not in _ZONAL:
            return False
        if source.location == GLOBAL or at.location == GLOBAL:
            return True
        return spot_of(obj.resource, at.location, self.index.config).region == source.location

    def _missing(
        self, ref: Reference, kinds: Sequence[type[R]], source: Located, origin: Origin
    ) -> Finding:
        collection = ref.collection or collection_of(kinds[0])
        at = self._candidates(ref, collection, kinds[0], source)[0]
        message = (
            f"The resource '{relative_url(at, collection)}' was not found; "
            f"{origin.object} refers to it in {origin.field}"
        )
        hint = self._hint(at, kinds)
        if hint == NOWHERE and ref.project is None and at.project == self.index.config.project:
            hint = self._namesake(at, kinds) or hint
        return codes.NOT_FOUND.at(origin, message, hint)

    def _hint(self, at: Located, kinds: Sequence[type[R]]) -> str:
        for kind in kinds:
            elsewhere = self.index.places(kind, at.project, at.name)
            if elsewhere:
                urls = ", ".join(relative_url(e, collection_of(kind)) for e in elsewhere[:3])
                return f"There is {urls}"
        near = (nearest(at.name, self.index.names(kind, at.place), _NEAR) for kind in kinds)
        return next((f"Did you mean `{name}`?" for name in near if name), NOWHERE)

    def _namesake(self, at: Located, kinds: Sequence[type[R]]) -> str | None:
        """That another project has it: what gcloud prints says its project, manifests do not."""
        for kind in kinds:
            for other in self.index.namesakes(kind, at):
                return in_another_project(other, collection_of(kind))
        return None


def in_another_project(at: Located, collection: str) -> str:
    """The hint where only another project than the configured one has what is named."""
    return (
        f"There is {relative_url(at, collection)}; if that is meant, say spec.project: "
        f"{at.project} in a PenstockConfig"
    )


def noted(found: Found[R] | Finding, findings: list[Finding]) -> Found[R] | None:
    """What a reference led to; why it led nowhere joins `findings`."""
    if isinstance(found, Finding):
        findings.append(found)
        return None
    return found


def resource_field(origin: Origin) -> str:
    """A field as the API's messages write it, ``resource.pathMatchers[0].defaultService``."""
    return f"resource.{origin.field}"


def _wrong_type(
    text: str, collection: str, kinds: Sequence[type[ComputeResource]], origin: Origin
) -> Finding:
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{text}'. "
        f"Unexpected resource collection '{collection}'"
    )
    wanted = " or ".join(collection_of(kind) for kind in kinds)
    known = "" if collection in COLLECTIONS else f"; Penstock knows no {collection}"
    return codes.WRONG_TYPE.at(origin, message, f"It has to be one of {wanted}{known}")


def _wrong_project(text: str, at: Located, source: Located, origin: Origin) -> Finding:
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{text}'. "
        "Cross project referencing is not allowed for this resource"
    )
    hint = f"{origin.object} is of project {source.project}, {at.name} of {at.project}"
    return codes.CROSS_PROJECT.at(origin, message, hint)


def _not_granted(at: Located, source: Located, origin: Origin) -> Finding:
    url = relative_url(at, "backendServices")
    message = f"Required 'compute.backendServices.use' permission for '{url}'"
    hint = (
        f"project {at.project} has to grant it to {source.project}, in a PenstockConfig: "
        f"spec.projects: [{{name: {at.project}, grants: [{{to: [{source.project}]}}]}}]"
    )
    return codes.NOT_GRANTED.at(origin, message, hint)


def _wrong_scope(text: str, at: Located, source: Located, origin: Origin) -> Finding:
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{text}'. "
        "Cross-scope references are not allowed for this resource"
    )
    hint = f"{origin.object} is in {source.location}, {at.name} is in {at.location}"
    return codes.WRONG_SCOPE.at(origin, message, hint)
