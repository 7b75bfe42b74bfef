"""Certificates that target proxies present, and requests for ones that are missing.

Dialects read certificates out of Secrets and have them checked before they get
here; where one is missing in local mode they leave a request, which the runtime
has its own authority fulfil (randomness and clocks stay out of the dialects).
"""

from __future__ import annotations

import msgspec

from penstock.model.names import CertificateName
from penstock.model.origin import Origin


class PrivateBytes(bytes):
    """Bytes that never show themselves: logs, dumps and tracebacks print ``<private>``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<private>"

    __str__ = __repr__


class Certificate(msgspec.Struct, frozen=True):
    """A certificate chain with its key, parsed and found sound."""

    name: CertificateName
    """``namespace/secret`` for a Secret."""
    chain: bytes
    """PEM, leaf first."""
    key: PrivateBytes
    """PEM."""
    dns_names: tuple[str, ...]
    """Names the leaf is valid for, sorted."""
    key_type: str
    """``rsa`` or ``ecdsa``."""
    not_after: str
    """End of validity, RFC 3339 in UTC."""
    origin: Origin


class CertificateRequest(msgspec.Struct, frozen=True):
    """A certificate that somebody has to make because the input names one that is not there."""

    name: CertificateName
    dns_names: tuple[str, ...]
    origin: Origin
