"""Variables of header values → Envoy's command operators, in one table.

What Google documents is at
https://docs.cloud.google.com/load-balancing/docs/l7-internal/custom-headers#variables;
`DIFFERENCES` says where the proxy's value is another.  An operator without a value
stands for the empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from penstock.model import Variable

UNKNOWN: Final = ""
"""The operator of what the proxy cannot say: an empty value."""

METADATA: Final = "penstock"
"""Namespace of what routes carry for operators (`client_certificates`)."""
CERTIFICATE_STATE: Final = frozenset(
    {Variable.CLIENT_CERT_CHAIN_VERIFIED, Variable.CLIENT_CERT_ERROR}
)
"""Variables that have a value only in routes that carry it."""

OPERATORS: Final[Mapping[Variable, str]] = MappingProxyType(
    {
        Variable.CLIENT_IP_ADDRESS: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        Variable.CLIENT_PORT: "%DOWNSTREAM_DIRECT_REMOTE_PORT%",
        Variable.CLIENT_PROTOCOL: "%PROTOCOL%",
        Variable.CLIENT_ENCRYPTED: "%CEL(has(connection.tls_version))%",
        Variable.CLIENT_RTT_MSEC: "%DOWNSTREAM_CX_RTT%",
        Variable.ORIGIN_REQUEST_HEADER: "%REQ(ORIGIN)%",
        Variable.SERVER_IP_ADDRESS: "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%",
        Variable.SERVER_PORT: "%DOWNSTREAM_LOCAL_PORT%",
        Variable.TLS_SNI_HOSTNAME: "%REQUESTED_SERVER_NAME%",
        Variable.TLS_VERSION: "%DOWNSTREAM_TLS_VERSION%",
        Variable.TLS_CIPHER_SUITE: "%DOWNSTREAM_TLS_CIPHER%",
        Variable.TLS_JA3_FINGERPRINT: "%TLS_JA3_FINGERPRINT%",
        Variable.TLS_JA4_FINGERPRINT: "%TLS_JA4_FINGERPRINT%",
        Variable.CLIENT_CERT_PRESENT: "%CEL(connection.mtls)%",
        Variable.CLIENT_CERT_CHAIN_VERIFIED: (
            "%METADATA(ROUTE:penstock:client_cert_chain_verified)%"
        ),
        Variable.CLIENT_CERT_ERROR: "%METADATA(ROUTE:penstock:client_cert_error)%",
        Variable.CLIENT_CERT_SHA256_FINGERPRINT: "%DOWNSTREAM_PEER_FINGERPRINT_256%",
        Variable.CLIENT_CERT_SERIAL_NUMBER: "%DOWNSTREAM_PEER_SERIAL%",
        Variable.CLIENT_CERT_SPIFFE_ID: (
            "%CEL(connection.uri_san_peer_certificate.startsWith('spiffe://')"
            " ? connection.uri_san_peer_certificate : '')%"
        ),
        Variable.CLIENT_CERT_URI_SANS: "%DOWNSTREAM_PEER_URI_SAN%",
        Variable.CLIENT_CERT_DNSNAME_SANS: "%DOWNSTREAM_PEER_DNS_SAN%",
        Variable.CLIENT_CERT_VALID_NOT_BEFORE: (
            "%DOWNSTREAM_PEER_CERT_V_START(%Y-%m-%dT%H:%M:%S+00:00)%"
        ),
        Variable.CLIENT_CERT_VALID_NOT_AFTER: (
            "%DOWNSTREAM_PEER_CERT_V_END(%Y-%m-%dT%H:%M:%S+00:00)%"
        ),
        Variable.CLIENT_CERT_SUBJECT_DN: "%DOWNSTREAM_PEER_SUBJECT%",
        Variable.CLIENT_CERT_ISSUER_DN: "%DOWNSTREAM_PEER_ISSUER%",
        Variable.CLIENT_CERT_LEAF: "%DOWNSTREAM_PEER_CERT%",
        Variable.CLIENT_CERT_CHAIN: UNKNOWN,
    }
)

DIFFERENCES: Final[Mapping[Variable, str]] = MappingProxyType(
    {
        Variable.SERVER_PORT: "the port listened on, with `--port-offset` not the rule's",
        Variable.TLS_CIPHER_SUITE: "OpenSSL's name, not the four hexadecimal digits of IANA",
        Variable.CLIENT_CERT_ERROR: (
            "`client_cert_not_provided`, `client_cert_validation_failed` or empty"
        ),
        Variable.CLIENT_CERT_SHA256_FINGERPRINT: "lower-case hexadecimal, not Base64",
        Variable.CLIENT_CERT_SPIFFE_ID: "the first URI of the certificate, if it is a SPIFFE ID",
        Variable.CLIENT_CERT_URI_SANS: "separated by commas, not in Base64",
        Variable.CLIENT_CERT_DNSNAME_SANS: "separated by commas, not in Base64",
        Variable.CLIENT_CERT_SUBJECT_DN: "text of RFC 2253, not Base64 of the DER",
        Variable.CLIENT_CERT_ISSUER_DN: "text of RFC 2253, not Base64 of the DER",
        Variable.CLIENT_CERT_LEAF: "PEM with URL encoding, not RFC 9440's; also if not verified",
        Variable.CLIENT_CERT_CHAIN: "always empty",
    }
)
"""Variable → how its value differs from Google's; those that are not here are the same."""
