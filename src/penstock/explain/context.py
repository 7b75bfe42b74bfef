"""What an explanation needs beside the model: what only the running whole knows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.model import (
    BackendServiceName,
    CertificateName,
    Finding,
    ForwardingRuleName,
    GroupShare,
)


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
    shares: Mapping[str, Mapping[BackendServiceName, tuple[GroupShare, ...]]] = {}
    """Region of the proxies (empty: those of all other regions) → backend service → what its
    groups get; a backend service that is not there serves all its endpoints alike."""
    expiries: Mapping[CertificateName, str] = {}
    """Of generated certificates, which the model does not have: RFC 3339 in UTC."""
    now: str = ""
    """RFC 3339 in UTC; empty if expiry is not to be judged."""
    findings: tuple[Finding, ...] = ()
    """From every stage."""
    notes: tuple[str, ...] = ()
    """What the reader should know about the rest, e.g. that a proxy is behind."""

    def shares_of(self, service: BackendServiceName, region: str) -> tuple[GroupShare, ...]:
        """What the groups get of requests that come in by a forwarding rule of a region."""
        own = self.shares.get(region)
        return (self.shares.get("", {}) if own is None else own).get(service, ())
