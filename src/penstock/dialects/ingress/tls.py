"""Certificates for the HTTPS front of one load balancer, from its Ingresses' ``spec.tls``.

Per name and key type one certificate: the first in precedence.  In local mode a
Secret that is not there becomes a request, which counts only where no real
certificate is given for the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock.dialects.ingress import codes
from penstock.dialects.ingress.plan import IngressPlan, TlsEntry
from penstock.dialects.kubernetes import codes as shared_codes
from penstock.dialects.kubernetes.certificate_front import CertificateFront, bind
from penstock.dialects.kubernetes.certificates import missing_secret, read_certificate
from penstock.dialects.kubernetes.hostname import covers
from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.dialects.memo import Memo
from penstock.model import (
    CertificateName,
    CertificateRequest,
    Finding,
    HostKind,
    Origin,
    Severity,
)
from penstock.objects.core import Secret
from penstock.objects.world import World

_DEFAULT = ""
"""Stands for "no name" among server names."""
_FALLBACK_NAMES = ("localhost",)


class SecretStore:
    """Reads the Secrets of one world, each once."""

    def __init__(self, world: World, memo: Memo) -> None:
        self._world = world
        self._memo = memo

    def read(self, namespace: str, name: str) -> CertificateReading | None:
        """What the Secret holds, or None if there is none."""
        secret = self._world.get(Secret, namespace, name)
        if secret is None:
            return None
        key = ("certificate", namespace, name)
        return self._memo.get(key, (secret,), lambda: read_certificate(secret))

    def homes(self, name: str) -> tuple[str, ...]:
        """The namespaces that have a Secret of that name."""
        return self._world.homes(Secret, name)


class Offer(NamedTuple):
    """A certificate, or the wish for one, that an entry gives for a name."""

    name: CertificateName
    reading: CertificateReading | None
    """None for a request."""
    origin: Origin

    @property
    def key_type(self) -> str:
        """``rsa`` or ``ecdsa``; requests are of no type yet."""
        return self.reading.key_type if self.reading else ""


class TlsReading(NamedTuple):
    """What the HTTPS target proxy presents, and what there is to say of it."""

    front: CertificateFront
    findings: tuple[Finding, ...]


class TlsBuilder:
    """Builds the front of one class."""

    def __init__(self, store: SecretStore, local: bool) -> None:
        self._store = store
        self._local = local
        self._findings: list[Finding] = []
        self._offers: dict[str, list[Offer]] = {}
        self._wished: dict[CertificateName, dict[str, None]] = {}

    def build(self, plans: Sequence[IngressPlan]) -> TlsReading:
        """Merge plans, which are in order of precedence."""
        for plan in plans:
            for entry in plan.tls:
                self._add(plan, entry)
        chosen = {name: self._choose(name, offers) for name, offers in self._offers.items()}
        default = chosen.pop(_DEFAULT, ()) or next(iter(chosen.values()), ())
        used = {offer.name: offer for offers in (*chosen.values(), default) for offer in offers}
        readings = {o.name: o.reading for o in used.values() if o.reading is not None}
        requests = tuple(self._request(o) for o in used.values() if o.reading is None)
        names = tuple(offer.name for offer in default)
        by_name = {name: tuple(o.name for o in offers) for name, offers in chosen.items()}
        front = CertificateFront(bind(by_name), names, readings, requests)
        return TlsReading(front, tuple(self._findings))

    def _add(self, plan: IngressPlan, entry: TlsEntry) -> None:
        offer = self._offer(plan, entry)
        if offer is None:
            return
        if offer.reading is None:
            wished = self._wished.setdefault(offer.name, {})
            wished.update(dict.fromkeys(name for name, _ in entry.hosts))
            if entry.wants_default:
                wished.update(dict.fromkeys(_rule_names(plan)))
        else:
            self._check_coverage(offer, entry)
        names = [name for name, _ in entry.hosts]
        for name in [*names, _DEFAULT] if entry.wants_default else names:
            self._offers.setdefault(name, []).append(offer)

    def _offer(self, plan: IngressPlan, entry: TlsEntry) -> Offer | None:
        namespace = plan.ingress.namespace
        origin = entry.origin.child("secretName")
        if not entry.secret:
            # A slash more than any Secret's name, so it can never be taken for one.
            name = CertificateName(
                f"{namespace}/{plan.ingress.name}/tls[{entry.origin.written[-1]}]"
            )
            return self._without_secret(name, entry.origin)
        name = CertificateName(f"{namespace}/{entry.secret}")
        reading = self._store.read(namespace, entry.secret)
        if reading is None:
            return self._missing(name, namespace, entry.secret, origin)
        if reading.certificate is None:
            self._findings.extend(reading.findings)
            return None
        return Offer(name, reading, origin)

    def _without_secret(self, name: CertificateName, origin: Origin) -> Offer | None:
        message = "the tls entry names no Secret"
        return self._wish(codes.TLS_NO_SECRET.at(origin, message, "set secretName"), name, origin)

    def _missing(
        self, name: CertificateName, namespace: str, secret: str, origin: Origin
    ) -> Offer | None:
        problem = missing_secret(namespace, secret, self._store.homes(secret))
        return self._wish(problem.code.at(origin, problem.message, problem.hint), name, origin)

    def _wish(self, finding: Finding, name: CertificateName, origin: Origin) -> Offer | None:
        """Say that a certificate is missing, and in local mode ask for one."""
        if self._local:
            text, severity = "a certificate is generated, for local mode only", Severity.WARNING
        else:
            text, severity = "its names are not served over TLS", Severity.ERROR
        message = f"{finding.message.removesuffix('.')}; {text}."
        self._findings.append(
            Finding(finding.code, severity, finding.origin, message, finding.hint)
        )
        return Offer(name, None, origin) if self._local else None

    def _check_coverage(self, offer: Offer, entry: TlsEntry) -> None:
        assert offer.reading is not None
        assert offer.reading.certificate is not None
        sans = offer.reading.certificate.dns_names
        for host, origin in entry.hosts:
            if not any(covers(san, host) for san in sans):
                shown = ", ".join(sans[:5]) + (", …" if len(sans) > 5 else "")
                message = f"the certificate in Secret {offer.name} is not valid for {host}"
                hint = f"it is valid for {shown or 'no DNS name'}"
                self._findings.append(shared_codes.CERT_UNCOVERED.at(origin, message, hint))

    def _choose(self, name: str, offers: list[Offer]) -> tuple[Offer, ...]:
        real = [offer for offer in offers if offer.reading is not None]
        chosen: dict[str, Offer] = {}
        for offer in real or offers:
            winner = chosen.setdefault(offer.key_type, offer)
            if winner.name != offer.name:
                self._findings.append(_conflict(name, winner, offer))
        return tuple(chosen[kind] for kind in sorted(chosen))

    def _request(self, offer: Offer) -> CertificateRequest:
        names = tuple(sorted(self._wished[offer.name])) or _FALLBACK_NAMES
        return CertificateRequest(offer.name, names, offer.origin)


def _rule_names(plan: IngressPlan) -> list[str]:
    return [str(host) for host in plan.hosts if host.kind is not HostKind.ANY]


def _conflict(name: str, winner: Offer, loser: Offer) -> Finding:
    message = (
        f"{name or 'the default certificate'} is claimed by two Secrets: "
        f"{winner.name} ({winner.origin.describe()}) wins over "
        f"{loser.name} ({loser.origin.describe()})"
    )
    hint = "keep one Secret for each name, or one RSA and one ECDSA"
    return codes.TLS_DUPLICATE.at(loser.origin, message, hint)
