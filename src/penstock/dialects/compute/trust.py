"""Trust configurations: roots, further issuers and certificates that are always valid.

https://docs.cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.trustConfigs
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

from penstock.objects.compute.tls import TrustConfig
from penstock.objects.meta import Object


class Trust(NamedTuple):
    """A trust configuration as read."""

    anchors: bytes
    """PEM."""
    intermediates: bytes
    """PEM."""
    allowlist: tuple[str, ...]
    """SHA-256 fingerprints, lower-case hex, sorted."""
    allowlisted: bytes
    """PEM of the same certificates."""


def read_trust(obj: Object[TrustConfig]) -> Trust:
    """Read a trust configuration; what cannot be read is left out, as was said when it was read."""
    stores = obj.resource.trust_stores or ()
    anchors = [anchor.pem_certificate for store in stores for anchor in store.trust_anchors or ()]
    issuers = [
        issuer.pem_certificate for store in stores for issuer in store.intermediate_cas or ()
    ]
    listed = [leaf.pem_certificate for leaf in obj.resource.allowlisted_certificates or ()]
    leaves = {leaf.fingerprint(hashes.SHA256()).hex(): leaf for leaf in _read(listed)}
    prints = tuple(sorted(leaves))
    allowed = _pem(leaves[fingerprint] for fingerprint in prints)
    return Trust(_pem(_read(anchors)), _pem(_read(issuers)), prints, allowed)


def _read(texts: Iterable[str | None]) -> Iterator[x509.Certificate]:
    for text in texts:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield from x509.load_pem_x509_certificates((text or "").encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)
