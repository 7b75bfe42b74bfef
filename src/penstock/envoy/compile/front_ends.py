"""What target proxies of one dialect say otherwise than those of another: Via, HTTP/2 in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)

from penstock.envoy.compile.client_tls import ignored
from penstock.envoy.compile.codes import INVALID_VIA
from penstock.envoy.compile.tls_policy import unavailable
from penstock.model import Finding, FrontEndProtocol, TargetProxy

_PSEUDONYM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(:[0-9]+)?")
"""A token, or a host with a port (RFC 9110, section 7.6.3)."""


def codec(proxy: TargetProxy) -> Any:
    """HTTP/1 alone where clients may not speak HTTP/2 without TLS.

    With TLS the client's choice by ALPN decides; in clear Envoy would look for
    HTTP/2's preface.
    """
    kinds = hcm_pb2.HttpConnectionManager.CodecType
    is_plain = proxy.protocol is FrontEndProtocol.HTTP
    return kinds.HTTP1 if is_plain and not proxy.cleartext_http2 else kinds.AUTO


def via(proxy: TargetProxy) -> str:
    """The ``Via`` that requests and answers get; empty for none.

    The version is 1.1 whatever was spoken, as with Google's load balancers.
    """
    if proxy.via is None or not _PSEUDONYM.fullmatch(proxy.via.value):
        return ""
    return f"1.1 {proxy.via.value}"


def front_end_findings(proxy: TargetProxy) -> Iterator[Finding]:
    """What a target proxy asks for and does not get."""
    if proxy.via is not None and not via(proxy):
        yield INVALID_VIA.at(
            proxy.via.origin,
            f"{proxy.via.value!r} cannot be a proxy's name in the Via header; none is added.",
            "Use letters, digits and hyphens.",
        )
    if proxy.protocol is FrontEndProtocol.HTTPS:
        yield from unavailable(proxy.ssl_policy)
        yield from ignored(proxy.client_tls)
