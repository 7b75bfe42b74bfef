"""What is added to and taken from headers, and the variables that values may name.

Edits stand at every level of a URL map (weighted backend, route rule, host rule,
URL map) and are applied in that order, the most specific first.  A value is a
sequence of parts, never a template: planes put typed parts together, so no text
of a user's is ever read as a format.
"""

from __future__ import annotations

import enum

import msgspec

from penstock.model.origin import Origin


class Variable(enum.StrEnum):
    """What the proxy knows about a request; named as in Compute's custom headers.

    https://docs.cloud.google.com/load-balancing/docs/https/custom-headers lists them.
    A variable that has no value for a request stands for the empty string.
    """

    CLIENT_IP_ADDRESS = "client_ip_address"
    CLIENT_PORT = "client_port"
    CLIENT_PROTOCOL = "client_protocol"
    """``HTTP/1.1``, ``HTTP/2``."""
    CLIENT_ENCRYPTED = "client_encrypted"
    """``true`` over TLS, else ``false``."""
    CLIENT_RTT_MSEC = "client_rtt_msec"
    ORIGIN_REQUEST_HEADER = "origin_request_header"
    """The request's ``Origin``; of external load balancers only."""
    SERVER_IP_ADDRESS = "server_ip_address"
    """The forwarding rule's address."""
    SERVER_PORT = "server_port"
    TLS_SNI_HOSTNAME = "tls_sni_hostname"
    TLS_VERSION = "tls_version"
    TLS_CIPHER_SUITE = "tls_cipher_suite"
    TLS_JA3_FINGERPRINT = "tls_ja3_fingerprint"
    TLS_JA4_FINGERPRINT = "tls_ja4_fingerprint"
    CLIENT_CERT_PRESENT = "client_cert_present"
    CLIENT_CERT_CHAIN_VERIFIED = "client_cert_chain_verified"
    CLIENT_CERT_ERROR = "client_cert_error"
    CLIENT_CERT_SHA256_FINGERPRINT = "client_cert_sha256_fingerprint"
    CLIENT_CERT_SERIAL_NUMBER = "client_cert_serial_number"
    CLIENT_CERT_SPIFFE_ID = "client_cert_spiffe_id"
    CLIENT_CERT_URI_SANS = "client_cert_uri_sans"
    CLIENT_CERT_DNSNAME_SANS = "client_cert_dnsname_sans"
    CLIENT_CERT_VALID_NOT_BEFORE = "client_cert_valid_not_before"
    CLIENT_CERT_VALID_NOT_AFTER = "client_cert_valid_not_after"
    CLIENT_CERT_SUBJECT_DN = "client_cert_subject_dn"
    CLIENT_CERT_ISSUER_DN = "client_cert_issuer_dn"
    CLIENT_CERT_LEAF = "client_cert_leaf"
    CLIENT_CERT_CHAIN = "client_cert_chain"


HeaderPart = str | Variable
"""Literal text, or a variable (test for `Variable` first: it is a `str` too)."""


class HeaderEdit(msgspec.Struct, frozen=True):
    """One header that is set or added."""

    name: str
    value: tuple[HeaderPart, ...]
    replace: bool
    """Whether it takes the place of values that are there, or is added to them."""
    origin: Origin


class HeaderEdits(msgspec.Struct, frozen=True, omit_defaults=True):
    """All edits of one level: removals, then replacements, then additions, as in Envoy."""

    request_add: tuple[HeaderEdit, ...] = ()
    request_remove: tuple[str, ...] = ()
    response_add: tuple[HeaderEdit, ...] = ()
    response_remove: tuple[str, ...] = ()
    origin: Origin | None = None
    """Where the removals are written; None without any."""

    def __bool__(self) -> bool:
        return bool(
            self.request_add or self.request_remove or self.response_add or self.response_remove
        )


NO_EDITS = HeaderEdits()
