"""What Cloud DNS asks of values beyond their types, one file a kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.model import FieldPath
from penstock.objects.checks.compute.fields import check_fields
from penstock.objects.checks.dns.managed_zone import check_zone
from penstock.objects.checks.dns.record_set import check_record_set
from penstock.objects.dns import codes
from penstock.objects.dns.base import DnsResource
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.dns.record_set import ResourceRecordSet
from penstock.objects.dns.wording import Wording
from penstock.objects.problem import Problem
from penstock.objects.suggest import did_you_mean


def check_dns(resource: DnsResource) -> Iterator[Problem]:
    """Every problem of a resource's values."""
    wording = Wording(resource.ENTITY)

    def one_of(path: FieldPath, value: str | None, allowed: Sequence[str]) -> Iterator[Problem]:
        if value is not None and value not in allowed:
            reason = f"It has to be one of {', '.join(allowed)}."
            yield wording.invalid(path, value, reason, did_you_mean(value, allowed))

    yield from check_fields(resource, one_of, codes.FIELD_NO_EFFECT)
    match resource:
        case ResourceRecordSet():
            yield from check_record_set(resource, wording)
        case ManagedZone():
            yield from check_zone(resource, wording)
