"""Google's choice among a target proxy's certificates: by the names in them, first come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock.dialects.kubernetes.certificate_front import CertificateFront, bind
from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.model import CertificateName, CertificateRequest, Origin


class Offer(NamedTuple):
    """A certificate, or the wish for one."""

    name: CertificateName
    reading: CertificateReading | None
    dns_names: tuple[str, ...]
    origin: Origin

    @property
    def key_type(self) -> str:
        """``rsa`` or ``ecdsa``; a request's is not known yet."""
        return self.reading.key_type if self.reading else ""


def front_of(offers: Sequence[Offer]) -> CertificateFront:
    """What a target proxy with these certificates presents, in their order."""
    readings = {o.name: o.reading for o in offers if o.reading is not None}
    requests = tuple(
        CertificateRequest(o.name, o.dns_names, o.origin) for o in offers if o.reading is None
    )
    return CertificateFront(bind(_by_name(offers)), _defaults(offers), readings, requests)


def _defaults(offers: Sequence[Offer]) -> tuple[CertificateName, ...]:
    """The first certificate, and the first of another key type for the same names."""
    chosen: dict[str, CertificateName] = {}
    for offer in offers:
        if offer.dns_names == offers[0].dns_names:
            chosen.setdefault(offer.key_type, offer.name)
    return tuple(chosen[kind] for kind in sorted(chosen))


def _by_name(offers: Sequence[Offer]) -> dict[str, tuple[CertificateName, ...]]:
    """Server names → certificates; of several for one name and key type the first."""
    names: dict[str, dict[str, CertificateName]] = {}
    for offer in offers:
        for name in offer.dns_names:
            names.setdefault(name, {}).setdefault(offer.key_type, offer.name)
    return {name: tuple(chosen[kind] for kind in sorted(chosen)) for name, chosen in names.items()}
