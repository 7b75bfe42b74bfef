"""What the proxy's TLS library (BoringSSL) can be told to negotiate, and what it cannot.

Names are OpenSSL's.  Envoy refuses a whole listener for one name that the
library does not know, so unknown ones are left out before, with a finding.
`tests/envoy_compile` asks the real library about each name here.
"""

from __future__ import annotations

from typing import Final

from envoy.extensions.transport_sockets.tls.v3 import common_pb2

from penstock.model import TlsVersion

_FORWARD_SECRET_AEAD: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
_FORWARD_SECRET_CBC: Final = (
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
)
_STATIC_RSA: Final = (
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
)

SUITES: Final = frozenset(
    (
        *_FORWARD_SECRET_AEAD,
        *_FORWARD_SECRET_CBC,
        *_STATIC_RSA,
        "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-RSA-AES128-SHA256",
        "DES-CBC3-SHA",
    )
)
"""Suites of TLS 1.2 and older that the library speaks.

It has none with finite-field Diffie-Hellman (``DHE-``), none with SHA-384 as MAC of CBC,
no RC4, and 3DES only with static RSA.
"""

CURVES: Final = frozenset(("X25519", "P-256", "P-384", "P-521", "X25519MLKEM768", "MLKEM1024"))
"""Key agreement groups that the library speaks."""

OLD_SUITES: Final = (*_FORWARD_SECRET_AEAD, *_FORWARD_SECRET_CBC, *_STATIC_RSA[2:])
"""For versions before 1.2 where nobody chose suites: the library's defaults have none for them."""

VERSIONS: Final = {
    TlsVersion.TLS_1_0: common_pb2.TlsParameters.TlsProtocol.TLSv1_0,
    TlsVersion.TLS_1_1: common_pb2.TlsParameters.TlsProtocol.TLSv1_1,
    TlsVersion.TLS_1_2: common_pb2.TlsParameters.TlsProtocol.TLSv1_2,
    TlsVersion.TLS_1_3: common_pb2.TlsParameters.TlsProtocol.TLSv1_3,
}

_SINCE: Final = list(TlsVersion)


def is_before_1_2(version: TlsVersion) -> bool:
    """Whether suites have to be named for it."""
    return _SINCE.index(version) < _SINCE.index(TlsVersion.TLS_1_2)
