"""Certificates of target HTTPS proxies: in their order, the first for who asks for no known name.

They are Compute's own, or named in a PenstockConfig (Certificate Manager's, or any
other).  In local mode one that is missing, or comes without its private key as from
``gcloud … describe``, becomes a request for a generated one; in a cluster never.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.dialects.compute import codes
from penstock.dialects.compute.certificate_front import Offer, front_of
from penstock.dialects.compute.certificate_places import misplaced, not_global
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import (
    Found,
    Resolver,
    parse_reference,
)
from penstock.dialects.compute.ssl_certificates import fields, names_of
from penstock.dialects.kubernetes.certificate_front import CertificateFront
from penstock.dialects.kubernetes.certificates import read_certificate
from penstock.dialects.kubernetes.pem import CertificateReading, read_pem
from penstock.dialects.memo import Memo
from penstock.model import (
    CertificateName,
    Finding,
    Origin,
    Severity,
)
from penstock.objects.certificate_files import CertificateFiles, pair_name, path_beside
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.tls import SslCertificate
from penstock.objects.core import Secret
from penstock.objects.penstock_config import CertificateConfig
from penstock.objects.world import World

_FALLBACK_NAMES = ("localhost",)


class CertificateStore:
    """Finds the certificates of one world."""

    def __init__(self, world: World, resolver: Resolver, memo: Memo, *, local: bool) -> None:
        self._world = world
        self._resolver = resolver
        self._config: Config = resolver.index.config
        self._memo = memo
        self._local = local

    def front(
        self,
        references: Sequence[str],
        source: Located,
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> CertificateFront:
        """The certificates of one proxy; `hosts` are the names it is to serve."""
        offers: list[Offer] = []
        for i, reference in enumerate(references):
            offer = self._offer(reference, source, origin.child(i), hosts, findings)
            if offer is not None:
                offers.append(offer)
        return front_of(offers)

    def _offer(
        self,
        reference: str,
        source: Located,
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> Offer | None:
        problem = misplaced(reference, source, origin)
        if problem is not None:
            findings.append(problem)
            return None
        if source.location == GLOBAL and not self.knows(reference):
            found = self._resolver.follow(reference, [SslCertificate], source, origin)
            if isinstance(found, Found):
                findings.append(not_global(reference, origin))
                return None
        return self.pre_shared(reference, source, origin, hosts, findings)

    def _configured(self, reference: str) -> tuple[CertificateConfig, Origin] | None:
        """By the whole reference, or by its name."""
        certificates = self._config.certificates
        return certificates.get(reference) or certificates.get(parse_reference(reference).name)

    def _from_config(
        self,
        config: CertificateConfig,
        where: Origin,
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> Offer | None:
        name = CertificateName(f"compute/config/{config.name}")
        if not config.secret:
            return self._from_files(name, config, where, origin, hosts, findings)
        namespace, _, secret_name = config.secret.rpartition("/")
        secret = self._world.get(Secret, namespace or "default", secret_name)
        if secret is None:
            message = f"there is no Secret {config.secret}, which the certificate {config.name} is"
            finding = codes.CERTIFICATE_SECRET.at(where.child("secret"), message)
            return self._wish(name, finding, hosts, origin, findings)
        reading = self._memo.get(
            ("secret", *secret.key), (secret,), lambda: read_certificate(secret)
        )
        return _offered(reading, origin, findings)

    def _from_files(
        self,
        name: CertificateName,
        config: CertificateConfig,
        where: Origin,
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> Offer | None:
        """From the world; what cannot be read is not there, and the source has said why."""
        manifest = where.locator.file if where.locator else ""
        chain_path = path_beside(manifest, config.certificate_file or "")
        key_path = path_beside(manifest, config.key_file or "")
        obj = self._world.get(CertificateFiles, "", pair_name(chain_path, key_path))
        if obj is None:
            names = tuple(sorted(set(hosts))) or _FALLBACK_NAMES
            return Offer(name, None, names, origin) if self._local else None
        chain = (bytes(obj.resource.chain), where.child("certificateFile"))
        key = (bytes(obj.resource.key), where.child("keyFile"))
        reading = self._memo.get(
            ("files", name), (obj, where.locator), lambda: read_pem(name, chain, key)
        )
        return _offered(reading, origin, findings)

    def _from_resource(
        self,
        found: Found[SslCertificate],
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> Offer | None:
        name = CertificateName(f"compute/{found.at}")
        obj = found.object
        chain, key = fields(obj)
        if chain is None or key is None:
            what = "comes without its private key" if chain else "is managed by the cloud"
            message = f"the certificate {found.at.name} {what}"
            hint = "add privateKey, or name it in a PenstockConfig: spec.certificates"
            finding = codes.KEYLESS.at(obj.origin(), message, hint)
            names = names_of(obj) or hosts
            return self._wish(name, finding, names, origin, findings)
        reading = self._memo.get(
            ("certificate", found.at), (obj,), lambda: read_pem(name, chain, key)
        )
        return _offered(reading, origin, findings)

    def _wish(
        self,
        name: CertificateName,
        finding: Finding,
        hosts: tuple[str, ...],
        origin: Origin,
        findings: list[Finding],
    ) -> Offer | None:
        """Say that a certificate is missing, and in local mode ask for one."""
        if self._local:
            text, severity = "a certificate is generated, for local mode only", Severity.WARNING
        else:
            text, severity = "it is left out", Severity.ERROR
        message = f"{finding.message.removesuffix('.')}; {text}."
        findings.append(Finding(finding.code, severity, finding.origin, message, finding.hint))
        names = tuple(sorted(set(hosts))) or _FALLBACK_NAMES
        return Offer(name, None, names, origin) if self._local else None

    def knows(self, reference: str) -> bool:
        """Whether a PenstockConfig says what a reference means."""
        return self._configured(reference) is not None

    def pre_shared(
        self,
        reference: str,
        source: Located,
        origin: Origin,
        hosts: tuple[str, ...],
        findings: list[Finding],
    ) -> Offer | None:
        """A certificate of the same place, for load balancers that take any of theirs."""
        configured = self._configured(reference)
        if configured is not None:
            return self._from_config(*configured, origin, hosts, findings)
        found = self._resolver.follow(reference, [SslCertificate], source, origin)
        if isinstance(found, Found):
            return self._from_resource(found, origin, hosts, findings)
        name = CertificateName(f"compute/{source}/{parse_reference(reference).name}")
        return self._wish(name, found, hosts, origin, findings)


def _offered(reading: CertificateReading, origin: Origin, findings: list[Finding]) -> Offer | None:
    certificate = reading.certificate
    if certificate is None:
        findings.extend(reading.findings)
        return None
    return Offer(certificate.name, reading, certificate.dns_names, origin)
