"""Names under which clients find a certificate that is for them: who asks for an address, or for
a name that no certificate has, is shown one that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from penstock.explain.certificates import choose
from penstock.explain.context import Context
from penstock.model import FrontEndProtocol, HostKind, LoadBalancer, Model, TargetProxy
from penstock.objects.naming import is_ip

_NO_CONTEXT: Final = Context(listeners={})
_LABEL: Final = "www"
"""Stands for the ``*`` of a wildcard."""


def tls_names(model: Model, lb: LoadBalancer) -> list[dict[str, Any]]:
    """Hosts of rules first, then what else certificates are for; a name in place of a wildcard."""
    found: dict[str, bool] = {}
    for proxy in lb.target_proxies:
        if proxy.protocol is FrontEndProtocol.HTTPS:
            for name in dict.fromkeys((*_hosts(model, proxy), *_certified(model, proxy))):
                generated = _is_generated(model, proxy, name)
                if generated is not None:
                    found.setdefault(name, generated)
    return [{"name": name, "generated": generated} for name, generated in found.items()]


def example_of(host: str) -> str:
    """A name that a host pattern covers."""
    return host.replace("*", _LABEL, 1)


def name_for(host: str, names: Iterable[str], hosts: Iterable[str]) -> str | None:
    """The first of the names with which a request gets to the rule for a host, of these hosts."""
    others = [other for other in hosts if other not in (host, "*")] if host == "*" else []
    for name in names:
        if _covers(host, name) and not any(_covers(other, name) for other in others):
            return name
    return None


def _covers(host: str, name: str) -> bool:
    if host == "*" or not host.startswith("*"):
        return host in ("*", name)
    label = name.removesuffix(host[1:])
    return name.endswith(host[1:]) and bool(label) and "." not in label


def _hosts(model: Model, proxy: TargetProxy) -> Iterator[str]:
    rules = model.url_maps[proxy.url_map].host_rules
    hosts = sorted(str(rule.host) for rule in rules if rule.host.kind is not HostKind.ANY)
    return map(example_of, hosts)


def _certified(model: Model, proxy: TargetProxy) -> Iterator[str]:
    bound = [name for binding in proxy.bindings for name in binding.certificates]
    for name in (*proxy.default_certificates, *bound):
        owner = model.certificates.get(name) or model.certificate_requests.get(name)
        names = owner.dns_names if owner else ()
        # Addresses are no server names (RFC 6066, section 3); generated certificates have none.
        yield from (example_of(name) for name in names if not is_ip(name))


def _is_generated(model: Model, proxy: TargetProxy, name: str) -> bool | None:
    """Whether the authority signed what is presented for a name; None if that is not for it."""
    tls = choose(proxy, name, model, _NO_CONTEXT)
    if tls is None or any(certificate.problem for certificate in tls.certificates):
        return None
    return all(certificate.kind == "generated" for certificate in tls.certificates)
