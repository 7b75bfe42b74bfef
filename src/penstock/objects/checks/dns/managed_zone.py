"""Managed zones."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.objects.checks.dns.names import name_problem
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.dns.wording import Wording
from penstock.objects.problem import Problem


def check_zone(zone: ManagedZone, wording: Wording) -> Iterator[Problem]:
    """Problems of a zone's name and of its name servers' names."""
    if zone.dns_name is None:
        yield wording.required((), "dnsName", "For example example.internal.")
    elif wrong := name_problem(zone.dns_name):
        yield wording.invalid(("dnsName",), zone.dns_name, *wrong)
    for index, server in enumerate(zone.name_servers or ()):
        if wrong := name_problem(server):
            yield wording.invalid(("nameServers", index), server, *wrong)
