"""What a target proxy presents: its certificates by server name, and the first for who asks for
no known one.

Which certificate serves which name is the dialects' matter: plain Ingress goes by what
is written beside a Secret's name, Google by the names in the certificates themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.model import CertificateBinding, CertificateName, CertificateRequest


class CertificateFront(NamedTuple):
    """What a target proxy presents."""

    bindings: tuple[CertificateBinding, ...]
    defaults: tuple[CertificateName, ...]
    readings: Mapping[CertificateName, CertificateReading]
    requests: tuple[CertificateRequest, ...]


def bind(
    chosen: Mapping[str, tuple[CertificateName, ...]],
) -> tuple[CertificateBinding, ...]:
    """Server names with their certificates; those that get the same ones share a binding."""
    groups: dict[tuple[CertificateName, ...], list[str]] = {}
    for name, certificates in chosen.items():
        groups.setdefault(certificates, []).append(name)
    return tuple(
        CertificateBinding(tuple(sorted(names)), certificates)
        for certificates, names in sorted(groups.items(), key=lambda item: min(item[1]))
    )


def merged(requests: Iterable[CertificateRequest]) -> dict[CertificateName, CertificateRequest]:
    """Two fronts may miss the same certificate; one then serves both."""
    found: dict[CertificateName, CertificateRequest] = {}
    for request in requests:
        known = found.get(request.name, request)
        names = tuple(sorted({*request.dns_names, *known.dns_names}))
        found[request.name] = CertificateRequest(request.name, names, known.origin)
    return found
