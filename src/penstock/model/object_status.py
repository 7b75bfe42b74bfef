"""What a controller writes onto the objects that it serves, apart from what they look like.

Dialects know the words, the runtime the health: `status` puts both together.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.model.names import BackendServiceName, NegName


class ObjectEvent(msgspec.Struct, frozen=True):
    """An event that a controller writes about an object."""

    type: str
    """``Normal`` or ``Warning``."""
    reason: str
    message: str


class GroupStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """A network endpoint group with pods that wait for their load balancer."""

    name: str
    """There."""
    zone: str
    negs: tuple[NegName, ...]
    """What the model may have it as."""
    pods: tuple[str, ...] = ()
    """``namespace/name``; empty where the model has the group, and therefore its endpoints."""


class ObjectStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one object."""

    object: str
    """As people write it: ``Ingress default/web``."""
    annotations: Mapping[str, str]
    """Those that do not depend on health, by name."""
    backends: Mapping[str, tuple[BackendServiceName, ...]]
    """The object's backend services by the names that they have there, sorted; of one name there
    is one in each region, and one without."""
    health_annotation: str = ""
    """The annotation that says how the backends are; empty if none does."""
    readiness_gate: str = ""
    """The condition that pods behind the backends get; empty if none."""
    groups: tuple[GroupStatus, ...] = ()
    """Those that the pods with the readiness gate are in, by name and zone."""
    events: tuple[ObjectEvent, ...] = ()
    """What is to be said about the object, in the controller's order."""
    address_reason: str = ""
    """The reason of the event that says the address; empty if the object gets none."""
