"""What a controller writes onto the objects that it serves, apart from what they look like.

Dialects know the words, the runtime the health: `status` puts both together.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.model.names import BackendServiceName


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
