"""Forwarding rules and target proxies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.objects.checks.compute.common import exclusive, set_names
from penstock.objects.compute.forwarding import ForwardingRule, TargetHttpProxy, TargetHttpsProxy
from penstock.objects.compute.wording import invalid, required
from penstock.objects.naming import is_ip
from penstock.objects.problem import Problem

_RANGE_PATTERN = r"\d+(?:-\d+)?"
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?", re.ASCII)
_LOOKS_LIKE_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def check_forwarding_rule(rule: ForwardingRule) -> Iterator[Problem]:
    """Problems of a forwarding rule; what only internal ones may not, of those only."""
    given = set_names(
        ("portRange", rule.port_range),
        ("ports", rule.ports or None),
        ("allPorts", rule.all_ports or None),
    )
    yield from exclusive((), given, ("portRange", "ports", "allPorts"))
    address = rule.ip_address
    if address and _LOOKS_LIKE_ADDRESS.fullmatch(address) and not is_ip(address):
        yield invalid(("IPAddress",), address, "Must be a valid IP address.")
    bad_range = list(_port_range(rule))
    yield from bad_range
    if rule.load_balancing_scheme == "INTERNAL_MANAGED":
        yield from _internal(rule, bool(bad_range))


def _port_range(rule: ForwardingRule) -> Iterator[Problem]:
    if rule.port_range is None:
        return
    found = _RANGE.fullmatch(rule.port_range)
    if not found:
        reason = f"Must be a match of regex '{_RANGE_PATTERN}'."
        yield invalid(("portRange",), rule.port_range, reason)
        return
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= 65535:
        yield invalid(("portRange",), rule.port_range, "Ports go from 1 to 65535.")
    elif first != last and rule.load_balancing_scheme == "INTERNAL_MANAGED":
        reason = "A forwarding rule of an internal Application Load Balancer has exactly one port."
        hint = f'Write portRange: "{first}", and a further forwarding rule for each other port.'
        yield invalid(("portRange",), rule.port_range, reason, hint)


def _internal(rule: ForwardingRule, bad_range: bool) -> Iterator[Problem]:
    if rule.ip_protocol not in (None, "TCP"):
        reason = "The protocol must be TCP for load balancing scheme INTERNAL_MANAGED."
        yield invalid(("IPProtocol",), rule.ip_protocol, reason)
    if rule.target is None:
        yield required((), "target", "Name a target HTTP or HTTPS proxy.")
    if rule.port_range is None and not bad_range:
        ports = rule.ports or ()
        if len(ports) == 1 and ports[0].isdecimal():
            hint = f'Write portRange: "{ports[0]}" instead of ports.'
        else:
            hint = 'For HTTP write portRange: "80".'
        yield required((), "portRange", hint)


def check_target_proxy(proxy: TargetHttpProxy | TargetHttpsProxy) -> Iterator[Problem]:
    """Problems of a target proxy."""
    if proxy.url_map is None:
        yield required((), "urlMap")
    if not isinstance(proxy, TargetHttpsProxy):
        return
    certificates = proxy.ssl_certificates or ()
    if not certificates and proxy.certificate_map is None:
        yield required((), "sslCertificates", "A target HTTPS proxy needs a certificate.")
    if len(certificates) > 100:
        yield invalid(("sslCertificates",), "", "At most 100 certificates can be set.")
