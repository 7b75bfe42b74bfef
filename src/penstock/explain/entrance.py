"""The forwarding rule and the target proxy that a request comes in by, as they are shown."""

from __future__ import annotations

from typing import Final

from penstock.explain.clients import access_of
from penstock.explain.front import Entry
from penstock.explain.result import (
    ClientCertificates,
    Front,
    Proxy,
    SslRules,
    seconds,
    source,
    text,
)
from penstock.model import ClientTls, ClientValidation, Setting, SslPolicy

_MODES: Final = {
    ClientValidation.ALLOW_INVALID_OR_MISSING: "clients without a trusted one are served too",
    ClientValidation.REJECT_INVALID: "without a trusted one the handshake fails",
}


def rule_of(entry: Entry, client: str | None) -> Front:
    """The forwarding rule, as a client at an address meets it."""
    lb, rule, _, listener = entry
    return Front(
        rule.name,
        listener.address,
        listener.port,
        rule.port,
        source(rule.origin or lb.origin),
        text(rule.address),
        access_of(rule, client),
    )


def proxy_of(entry: Entry) -> Proxy:
    """The target proxy."""
    proxy = entry.proxy
    return Proxy(
        proxy.name,
        proxy.protocol.value,
        proxy.url_map,
        seconds(proxy.client_idle_timeout),
        seconds(proxy.request_headers_timeout),
        seconds(proxy.request_timeout),
        source(proxy.origin or entry.lb.origin),
        text(proxy.via),
        _ssl_rules(proxy.ssl_policy),
        _client_certificates(proxy.client_tls),
    )


def _ssl_rules(setting: Setting[SslPolicy] | None) -> SslRules | None:
    if setting is None:
        return None
    policy = setting.value
    return SslRules(
        policy.minimum.value,
        policy.maximum.value,
        list(policy.cipher_suites),
        list(policy.curves),
        source(setting.origin),
    )


def _client_certificates(setting: Setting[ClientTls] | None) -> ClientCertificates | None:
    if setting is None:
        return None
    mode = setting.value.mode
    return ClientCertificates(mode.value, _MODES[mode], source(setting.origin))
