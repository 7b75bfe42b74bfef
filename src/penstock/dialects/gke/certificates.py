"""Certificates of an Ingress: pre-shared ones first, then Secrets, then managed ones.

``hosts`` of ``spec.tls`` decide nothing on GKE: a client gets the certificate whose own
names have the name that it asks for, else the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from penstock.dialects.compute.certificate_front import Offer, front_of
from penstock.dialects.compute.certificates import CertificateStore
from penstock.dialects.compute.index import Located
from penstock.dialects.gke import codes
from penstock.dialects.gke.failure import SYNC
from penstock.dialects.gke.missing import missing_hint, name_only
from penstock.dialects.gke.names import ingress_names, managed_certificate_name
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.kubernetes import codes as shared_codes
from penstock.dialects.kubernetes.certificate_front import CertificateFront
from penstock.dialects.kubernetes.certificates import (
    CERT_KEY,
    missing_secret,
    read_certificate,
    written_chain,
)
from penstock.dialects.memo import Memo
from penstock.model import (
    CertificateName,
    Finding,
    Origin,
    Setting,
    Severity,
)
from penstock.objects.compute.wording import is_name
from penstock.objects.core import Secret
from penstock.objects.gke import ManagedCertificate
from penstock.objects.meta import Object
from penstock.objects.world import World

_Named = tuple[str, Offer]
"""A certificate, and what GKE calls it."""
_FALLBACK: Final = ("localhost",)
MOST: Final = 10
"""Certificates of one target proxy, as the controller has it."""


class CertificateReader:
    """Finds the certificates of the Ingresses of one world."""

    def __init__(self, world: World, store: CertificateStore, memo: Memo, *, local: bool) -> None:
        self._world = world
        self._store = store
        self._memo = memo
        self._local = local

    def read(
        self, plan: IngressPlan, at: Located, findings: list[Finding], failures: list[str]
    ) -> tuple[CertificateFront, tuple[str, ...]]:
        """What the target HTTPS proxy of an Ingress presents, and what GKE calls it.

        Why GKE would stop, though the Ingress is served without a certificate, is added to
        `failures`.
        """
        named = [*self._pre_shared(plan, at, findings), *self._secrets(plan, findings, failures)]
        named += self._managed(plan, at, findings)
        labels = {offer.name: label for label, offer in reversed(named)}
        unique = list({offer.name: offer for _, offer in reversed(named)}.values())[::-1]
        if len(unique) > MOST:
            more = len(unique) - MOST
            verb = "is" if more == 1 else "are"
            message = f"an Ingress has at most {MOST} certificates; {more} {verb} left out"
            origin = unique[MOST].origin
            findings.append(codes.NO_CERTIFICATE.at(origin, message))
        served = unique[:MOST]
        return front_of(served), tuple(labels[offer.name] for offer in served)

    def _pre_shared(self, plan: IngressPlan, at: Located, findings: list[Finding]) -> list[_Named]:
        managed = set(self._issued(plan))
        found = (
            (setting.value.rpartition("/")[2], self._one_pre_shared(plan, at, setting, findings))
            for setting in plan.settings.pre_shared
            if setting.value not in managed
        )
        return [(label, offer) for label, offer in found if offer is not None]

    def _one_pre_shared(
        self, plan: IngressPlan, at: Located, setting: Setting[str], findings: list[Finding]
    ) -> Offer | None:
        said: list[Finding] = []
        offer = self._store.pre_shared(setting.value, at, setting.origin, _names(plan), said)
        is_known = is_name(setting.value) or self._store.knows(setting.value)
        findings += [] if is_known else [_no_name(setting)]
        findings += said if is_known or offer is None else []
        return offer

    def _issued(self, plan: IngressPlan) -> Iterator[str]:
        """What Google called the managed certificates: its controller adds these names to the
        pre-shared ones."""
        for setting in plan.settings.managed:
            managed = self._world.get(ManagedCertificate, plan.ingress.namespace, setting.value)
            status = managed.resource.status if managed is not None else None
            name = (status or {}).get("certificateName")
            if isinstance(name, str) and not self._store.knows(name):
                yield name

    def _secrets(
        self, plan: IngressPlan, findings: list[Finding], failures: list[str]
    ) -> list[_Named]:
        found = ((s.value, self._secret(plan, s, findings, failures)) for s in plan.secrets)
        return [(self._secret_label(plan, s), offer) for s, offer in found if offer is not None]

    def _secret_label(self, plan: IngressPlan, name: str) -> str:
        """By its content; for one that is not there, and therefore generated, by its name."""
        namespace = plan.ingress.namespace
        secret = self._world.get(Secret, namespace, name)
        content = written_chain(secret) if secret else f"{namespace}/{name}".encode()
        return ingress_names(plan.ingress).certificate(content)

    def _secret(
        self,
        plan: IngressPlan,
        setting: Setting[str],
        findings: list[Finding],
        failures: list[str],
    ) -> Offer | None:
        namespace = plan.ingress.namespace
        secret = self._world.get(Secret, namespace, setting.value)
        if secret is None:
            return self._missing(plan, setting, findings)
        key = ("secret", *secret.key)
        reading = self._memo.get(key, (secret,), lambda: read_certificate(secret))
        certificate = reading.certificate
        if certificate is not None:
            return Offer(certificate.name, reading, certificate.dns_names, setting.origin)
        for finding in reading.findings:
            text = _in_words(finding, secret)
            failures += [text or finding.message] if finding.severity is Severity.ERROR else []
            findings.append(_of_gke(finding, text))
        return None

    def _missing(
        self, plan: IngressPlan, setting: Setting[str], findings: list[Finding]
    ) -> Offer | None:
        homes = self._world.homes(Secret, setting.value)
        problem = missing_secret(plan.ingress.namespace, setting.value, homes)
        if self._local:
            text, severity = "a certificate is generated, for local mode only", Severity.WARNING
        else:
            text, severity = "it is left out", Severity.ERROR
        message = f"{problem.message}; {text}"
        finding = problem.code.at(setting.origin, message, problem.hint, severity)
        findings.append(finding if self._local else codes.of_gke(finding))
        if not self._local:
            return None
        name = CertificateName(f"{plan.ingress.namespace}/{setting.value}")
        return Offer(name, None, _names(plan), setting.origin)

    def _managed(self, plan: IngressPlan, at: Located, findings: list[Finding]) -> list[_Named]:
        settings = plan.settings.managed
        if settings and plan.of_class.is_internal:
            message = "managed certificates are for external Ingresses; they have no effect here"
            hint = "name certificates with ingress.gcp.kubernetes.io/pre-shared-cert"
            findings.append(codes.MANAGED_CERTIFICATE.at(settings[0].origin, message, hint))
            return []
        found = (
            (
                managed_certificate_name(plan.ingress.namespace, setting.value),
                self._one_managed(plan, at, setting, findings),
            )
            for setting in settings
        )
        return [(label, offer) for label, offer in found if offer is not None]

    def _one_managed(
        self, plan: IngressPlan, at: Located, setting: Setting[str], findings: list[Finding]
    ) -> Offer | None:
        namespace, name = plan.ingress.namespace, setting.value
        managed = self._world.get(ManagedCertificate, namespace, name)
        if managed is None:
            message = f"there is no ManagedCertificate {name} in namespace {namespace}"
            add = f"add it; kubectl get managedcertificate {name} -n {namespace} -o yaml prints it"
            hint = missing_hint(self._world, ManagedCertificate, namespace, name, add)
            findings.append(codes.MANAGED_CERTIFICATE.at(setting.origin, message, hint))
            return None
        if self._store.knows(name):
            return self._store.pre_shared(name, at, setting.origin, _names(plan), findings)
        domains = tuple(sorted({domain.lower() for domain in managed.resource.spec.domains}))
        return self._generated(managed, domains, findings)

    def _generated(
        self, managed: Object[ManagedCertificate], domains: tuple[str, ...], findings: list[Finding]
    ) -> Offer | None:
        origin: Origin = managed.origin("spec", "domains")
        what = (
            "a certificate is generated, for local mode only" if self._local else "it is left out"
        )
        message = f"Google issues {managed.ref}, Penstock does not; {what}"
        hint = f"give it a Secret or files: spec.certificates of a PenstockConfig, {managed.name}"
        findings.append(codes.of_penstock(codes.MANAGED_CERTIFICATE.at(origin, message, hint)))
        if not self._local:
            return None
        name = CertificateName(f"gke/{managed.namespace}/{managed.name}/managed")
        return Offer(name, None, domains, origin)


def _no_name(setting: Setting[str]) -> Finding:
    """A reference of another form, which the Compute API would take."""
    value = setting.value[:80]
    message = f"{value!r} is no name of a certificate, and GKE looks certificates up by name"
    return codes.ANNOTATION_VALUE.at(setting.origin, message, name_only(setting.value))


def _names(plan: IngressPlan) -> tuple[str, ...]:
    """Names that a generated certificate is for."""
    written = [h for entry in plan.ingress.resource.spec.tls or () for h in entry.hosts or ()]
    return tuple(sorted({*(h.lower() for h in written), *plan.names})) or _FALLBACK


def _in_words(finding: Finding, secret: Object[Secret]) -> str:
    """The controller's words for what is not in a Secret; empty for what it does not look at."""
    if finding.code != shared_codes.CERT_DATA.name:
        return ""
    what = "cert" if CERT_KEY in finding.message else "private key"
    return f'secret "{secret.name}" does not specify {what} as string data'


def _of_gke(finding: Finding, text: str) -> Finding:
    if finding.code == shared_codes.CERT_TYPE.name:
        return finding  # GKE does not look at the type
    if not text:
        return codes.of_gke(finding)
    message = f"{SYNC}: {text}. {finding.message}"
    return codes.of_gke(shared_codes.CERT_DATA.at(finding.origin, message, finding.hint))
