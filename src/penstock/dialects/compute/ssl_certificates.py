"""What a Compute SSL certificate has: chain and key, each with its field, and its names."""

from __future__ import annotations

from cryptography import x509

from penstock.model import Origin
from penstock.objects.compute.tls import SslCertificate
from penstock.objects.meta import Object


def fields(
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


def names_of(obj: Object[SslCertificate]) -> tuple[str, ...]:
    """The names a certificate without its key is for."""
    resource = obj.resource
    if resource.subject_alternative_names:
        return tuple(name.lower() for name in resource.subject_alternative_names)
    if isinstance(resource.managed, dict):
        domains = resource.managed.get("domains")
        return tuple(str(d).lower() for d in domains) if isinstance(domains, (list, tuple)) else ()
    chain, _ = fields(obj)
    return _leaf_names(chain[0]) if chain else ()


def _leaf_names(pem: bytes) -> tuple[str, ...]:
    try:
        leaf = x509.load_pem_x509_certificates(pem)[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    return tuple(sorted({name.lower() for name in names.get_values_for_type(x509.DNSName)}))
