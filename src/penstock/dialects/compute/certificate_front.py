"""What a target proxy presents: its certificates by server name, and the first for who asks for
no known one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.model import CertificateBinding, CertificateName, CertificateRequest, Origin


class Offer(NamedTuple):
    """A certificate, or the wish for one."""

    name: CertificateName
    reading: CertificateReading | None
    dns_names: tuple[str, ...]
    origin: Origin

    @property
    def key_type(self) -> str:
        """``rsa`` or ``ecdsa``; a request's is not known yet."""
        certificate = self.reading.certificate if self.reading else None
        return certificate.key_type if certificate else ""


class CertificateFront(NamedTuple):
    """What a target proxy presents."""

    bindings: tuple[CertificateBinding, ...]
    defaults: tuple[CertificateName, ...]
    readings: Mapping[CertificateName, CertificateReading]
    requests: tuple[CertificateRequest, ...]


def front_of(offers: Sequence[Offer]) -> CertificateFront:
    """What a target proxy with these certificates presents, in their order."""
    readings = {o.name: o.reading for o in offers if o.reading is not None}
    requests = tuple(
        CertificateRequest(o.name, o.dns_names, o.origin) for o in offers if o.reading is None
    )
    return CertificateFront(_bind(offers), _defaults(offers), readings, requests)


def _defaults(offers: Sequence[Offer]) -> tuple[CertificateName, ...]:
    """The first certificate, and the first of another key type for the same names."""
    chosen: dict[str, CertificateName] = {}
    for offer in offers:
        if offer.dns_names == offers[0].dns_names:
            chosen.setdefault(offer.key_type, offer.name)
    return tuple(chosen[kind] for kind in sorted(chosen))


def _bind(offers: Sequence[Offer]) -> tuple[CertificateBinding, ...]:
    """Server names → certificates; of several for one name and key type the first."""
    names: dict[str, dict[str, CertificateName]] = {}
    for offer in offers:
        for name in offer.dns_names:
            names.setdefault(name, {}).setdefault(offer.key_type, offer.name)
    groups: dict[tuple[CertificateName, ...], list[str]] = {}
    for name, chosen in names.items():
        certificates = tuple(chosen[kind] for kind in sorted(chosen))
        groups.setdefault(certificates, []).append(name)
    return tuple(
        CertificateBinding(tuple(sorted(listed)), certificates)
        for certificates, listed in sorted(groups.items(), key=lambda item: min(item[1]))
    )
