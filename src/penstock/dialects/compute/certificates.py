"""Certificates of target HTTPS proxies: in their order, the first for who asks for no known name.

They are Compute's own, or named in a PenstockConfig (Certificate Manager's, or any
other).  In local mode one that is missing, or comes without its private key as from
``gcloud … describe``, becomes a request for a generated one; in a cluster never.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cryptography import x509

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import (
    Found,
    Resolver,
    parse_reference,
    resource_field,
)
from penstock.dialects.kubernetes.certificates import (
    CertificateReading,
    read_certificate,
    read_pem,
)
from penstock.dialects.memo import Memo
from penstock.model import (
    CertificateBinding,
    CertificateName,
    CertificateRequest,
    Finding,
    Origin,
    Severity,
)
from penstock.objects.certificate_files import CertificateFiles, pair_name, path_beside
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.tls import SslCertificate
from penstock.objects.core import Secret
from penstock.objects.meta import Object
from penstock.objects.penstock_config import CertificateConfig
from penstock.objects.world import World

_FALLBACK_NAMES = ("localhost",)


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
        misplaced = _misplaced(reference, source, origin)
        if misplaced is not None:
            findings.append(misplaced)
            return None
        if source.location == GLOBAL and not self.knows(reference):
            found = self._resolver.follow(reference, [SslCertificate], source, origin)
            if isinstance(found, Found):
                findings.append(_not_global(reference, origin))
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
        chain, key = _fields(obj)
        if chain is None or key is None:
            what = "comes without its private key" if chain else "is managed by the cloud"
            message = f"the certificate {found.at.name} {what}"
            hint = "add privateKey, or name it in a PenstockConfig: spec.certificates"
            finding = codes.KEYLESS.at(obj.origin(), message, hint)
            names = _names_of(obj) or hosts
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


def front_of(offers: Sequence[Offer]) -> CertificateFront:
    """What a target proxy with these certificates presents, in their order."""
    readings = {o.name: o.reading for o in offers if o.reading is not None}
    requests = tuple(
        CertificateRequest(o.name, o.dns_names, o.origin) for o in offers if o.reading is None
    )
    return CertificateFront(_bind(offers), _defaults(offers), readings, requests)


def _offered(reading: CertificateReading, origin: Origin, findings: list[Finding]) -> Offer | None:
    certificate = reading.certificate
    if certificate is None:
        findings.extend(reading.findings)
        return None
    return Offer(certificate.name, reading, certificate.dns_names, origin)


def _fields(
    obj: Object[SslCertificate],
) -> tuple[tuple[bytes, Origin] | None, tuple[bytes, Origin] | None]:
    """Chain and key, each with its field."""
    own, inner = obj.resource, obj.resource.self_managed
    chain = _pick(obj, ("certificate",), own.certificate)
    key = _pick(obj, ("privateKey",), own.private_key)
    if inner is not None:
        chain = chain or _pick(obj, ("selfManaged", "certificate"), inner.certificate)
        key = key or _pick(obj, ("selfManaged", "privateKey"), inner.private_key)
    return chain, key


def _pick(
    obj: Object[SslCertificate], path: tuple[str, ...], text: str | None
) -> tuple[bytes, Origin] | None:
    return (text.encode(), obj.origin(*path)) if text else None


def _names_of(obj: Object[SslCertificate]) -> tuple[str, ...]:
    """The names a certificate without its key is for."""
    resource = obj.resource
    if resource.subject_alternative_names:
        return tuple(name.lower() for name in resource.subject_alternative_names)
    if isinstance(resource.managed, dict):
        domains = resource.managed.get("domains")
        return tuple(str(d).lower() for d in domains) if isinstance(domains, (list, tuple)) else ()
    chain, _ = _fields(obj)
    return _leaf_names(chain[0]) if chain else ()


def _leaf_names(pem: bytes) -> tuple[str, ...]:
    try:
        leaf = x509.load_pem_x509_certificates(pem)[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    return tuple(sorted({name.lower() for name in names.get_values_for_type(x509.DNSName)}))


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


def _misplaced(reference: str, source: Located, origin: Origin) -> Finding | None:
    """Whether load balancers of `source`'s place cannot use such a certificate.

    Cross-region ones use Certificate Manager's only, and all use those of their own place.
    https://docs.cloud.google.com/load-balancing/docs/ssl-certificates
    """
    ref = parse_reference(reference)
    if ref.collection == "sslCertificates" and source.location == GLOBAL:
        return _not_global(reference, origin)
    if ref.collection != "certificates" or ref.location in (None, source.location):
        return None
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{reference}'. "
        "Cross-scope references are not allowed for this resource; it is left out"
    )
    hint = f"the proxy is in {source.location}, the certificate in {ref.location}"
    return codes.CERTIFICATE_SCOPE.at(origin, message, hint)


def _not_global(reference: str, origin: Origin) -> Finding:
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{reference}'. Compute SSL "
        "certificates are not supported for cross-region internal Application Load Balancers; "
        "it is left out"
    )
    hint = "name one of Certificate Manager: projects/…/locations/global/certificates/…"
    return codes.CERTIFICATE_SCOPE.at(origin, message, hint)
