"""Certificates out of PEM, before Envoy refuses a whole resource for them."""

from __future__ import annotations

import warnings

from cryptography import x509


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a bundle; none of an empty one.

    Raises:
        ValueError: it is no PEM, or what is in it are no certificates.
    """
    if not pem.strip():
        return []
    with warnings.catch_warnings():
        # Old roots have serial numbers that are not positive; Envoy takes them.
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificates(pem)
