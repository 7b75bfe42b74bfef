"""What an explanation needs beside the model: what only the running whole knows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.model import BackendServiceName, CertificateName, Finding, ForwardingRuleName


class Listener(msgspec.Struct, frozen=True):
    """Where a forwarding rule listens."""

    address: str
    port: int


class Context(msgspec.Struct, frozen=True):
    """The surroundings of a model."""

    listeners: Mapping[ForwardingRuleName, Listener]
    """Forwarding rules that found a place; others are not served."""
    health: Mapping[BackendServiceName, Mapping[str, tuple[str, ...]]] | None = None
    """From a running proxy: backend service → ``address:port`` → reasons against the endpoint;
    None if no proxy was asked."""
    expiries: Mapping[CertificateName, str] = {}
    """Of generated certificates, which the model does not have: RFC 3339 in UTC."""
    now: str = ""
    """RFC 3339 in UTC; empty if expiry is not to be judged."""
    findings: tuple[Finding, ...] = ()
    """From every stage."""
    notes: tuple[str, ...] = ()
    """What the reader should know about the rest, e.g. that a proxy is behind."""
