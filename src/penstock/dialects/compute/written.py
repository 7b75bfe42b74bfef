"""Which texts say what is in a load balancer.

Origins are equal wherever in a text they are, so equal load balancers may be written on
other lines.  What is remembered of one holds as long as these texts are the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import ForwardingRule, LoadBalancer, Locator, Origin, TargetProxy


def texts_of(load_balancer: LoadBalancer) -> tuple[Locator | None, ...]:
    """The locators of all origins in a load balancer, each once."""
    return tuple(dict.fromkeys(origin.locator for origin in _origins(load_balancer)))


def _origins(load_balancer: LoadBalancer) -> Iterator[Origin]:
    yield load_balancer.origin
    yield from (setting.origin for setting in load_balancer.proxy_ranges)
    yield from (closed.why.origin for closed in load_balancer.closed_ports)
    for rule in load_balancer.forwarding_rules:
        yield from _of_rule(rule)
    for proxy in load_balancer.target_proxies:
        yield from _of_proxy(proxy)


def _of_rule(rule: ForwardingRule) -> Iterator[Origin]:
    if rule.origin is not None:
        yield rule.origin
    yield from (setting.origin for setting in (rule.address, rule.access) if setting is not None)
    yield from (clients.origin for clients in (rule.access.value.ranges if rule.access else ()))


def _of_proxy(proxy: TargetProxy) -> Iterator[Origin]:
    if proxy.origin is not None:
        yield proxy.origin
    times = (proxy.client_idle_timeout, proxy.request_headers_timeout, proxy.request_timeout)
    settings = (*times, proxy.ssl_policy, proxy.client_tls, proxy.via)
    yield from (setting.origin for setting in settings if setting is not None)
