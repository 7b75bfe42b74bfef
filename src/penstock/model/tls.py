"""How target proxies and backend services use TLS, beyond their certificates."""

from __future__ import annotations

import enum

import msgspec


class TlsVersion(enum.StrEnum):
    """Versions of TLS, oldest first."""

    TLS_1_0 = "TLS_1_0"
    TLS_1_1 = "TLS_1_1"
    TLS_1_2 = "TLS_1_2"
    TLS_1_3 = "TLS_1_3"


class SslPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a target proxy negotiates with clients."""

    minimum: TlsVersion
    maximum: TlsVersion = TlsVersion.TLS_1_3
    cipher_suites: tuple[str, ...] = ()
    """For TLS 1.2 and older, in order, by the names of OpenSSL (``ECDHE-RSA-AES128-GCM-SHA256``);
    empty is the proxy's own choice.  Those of TLS 1.3 cannot be chosen."""
    curves: tuple[str, ...] = ()
    """Key agreement groups in order, e.g. ``X25519``; empty is the proxy's own choice."""
    fips: bool = False
    """Whether TLS 1.3, too, is held to what NIST SP 800-52r2 allows: AES-GCM, P-256 and P-384."""


class ClientValidation(enum.StrEnum):
    """What becomes of clients whose certificate is missing or not trusted."""

    ALLOW_INVALID_OR_MISSING = "ALLOW_INVALID_OR_MISSING_CLIENT_CERT"
    """They are served; headers tell the backend."""
    REJECT_INVALID = "REJECT_INVALID"
    """The handshake fails."""


class ClientTls(msgspec.Struct, frozen=True, omit_defaults=True):
    """Certificates that clients present (mutual TLS)."""

    mode: ClientValidation
    trust_anchors: bytes
    """PEM of the roots."""
    intermediates: bytes = b""
    """PEM of further issuers."""
    allowlist: tuple[str, ...] = ()
    """SHA-256 fingerprints (lower-case hex) of leaf certificates that are always valid."""
    allowlisted: bytes = b""
    """PEM of the same certificates; without it fingerprints count only if there are no anchors."""


class BackendTls(msgspec.Struct, frozen=True, omit_defaults=True):
    """How endpoints' certificates are asked for and checked; without it they are not checked."""

    server_name: str = ""
    """The SNI, and a name the certificate must have; empty sends the request's host."""
    subject_alt_names: tuple[str, ...] = ()
    """DNS names and URIs of which the certificate must have one, in place of `server_name`."""
    trust_anchors: bytes = b""
    """PEM; empty trusts any issuer, and then names prove nothing and are not checked."""
    minimum: TlsVersion = TlsVersion.TLS_1_2
    """The oldest version that endpoints may speak."""
