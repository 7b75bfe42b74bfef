"""What every resource has."""

from __future__ import annotations

from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.fields.row import CHECKED, DESCRIPTIVE, HONOURED, OUTPUT, Table, row

PLACE = "where the resource lives: a name, a partial or a full URL"

TABLE: Table = {
    ComputeResource: (
        row("kind", HONOURED, "which resource it is"),
        row("apiVersion", CHECKED, "not in the API: `compute/v1`, where it is written at all"),
        row("name", HONOURED, "names the resource in its project and place"),
        row("id", OUTPUT),
        row("selfLink", HONOURED, "says project and place"),
        row("selfLinkWithId", OUTPUT),
        row(
            "creationTimestamp", HONOURED, "of two forwarding rules that meet, the older one stays"
        ),
        row("description", DESCRIPTIVE, "for people"),
        row("region", HONOURED, PLACE),
        row("zone", HONOURED, PLACE),
        row("fingerprint", OUTPUT, "guards updates by the API"),
    ),
}
