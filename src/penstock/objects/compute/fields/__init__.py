"""Every field of every Compute schema that is read, and what becomes of it.

One table for all: checks of enumerations, findings on fields without effect, and
the table of docs/internal-alb.md come from it.  Tests hold it together with the
kinds' fields and with the API's own schema.
"""

from __future__ import annotations

from penstock.objects.compute.fields import (
    backend_service,
    common,
    front,
    groups,
    health_check,
    network,
    route_action,
    security_policy,
    service_lb_policy,
    tls,
    url_map,
)
from penstock.objects.compute.fields.row import Effect, FieldRow, Table

FIELDS: Table = {
    **common.TABLE,
    **front.TABLE,
    **tls.TABLE,
    **url_map.TABLE,
    **route_action.TABLE,
    **backend_service.TABLE,
    **service_lb_policy.TABLE,
    **security_policy.TABLE,
    **health_check.TABLE,
    **groups.TABLE,
    **network.TABLE,
}
"""By the type of the schema, in the order of the documentation."""

__all__ = ["FIELDS", "Effect", "FieldRow"]
