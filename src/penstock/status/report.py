"""A revision as data: the documented JSON that `up`, `status` and the control API speak.

docs/json-output.md lists every key; keys are only ever added.  Text output is
made from the same values, so that people and programs never read different facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from penstock.explain.conditions import described
from penstock.model import (
    Action,
    BackendService,
    BackendServiceName,
    Endpoint,
    Finding,
    FixedResponse,
    Forward,
    ForwardingRule,
    HostKind,
    HostPattern,
    LoadBalancer,
    Model,
    NetworkEndpointGroup,
    RouteRule,
    Severity,
    UrlMap,
    UrlMapName,
)
from penstock.runtime.revision import Revision
from penstock.status.tls_names import tls_names

Json = dict[str, Any]
NOT_PROBED: Final = "not probed yet"


def findings(items: Iterable[Finding]) -> list[Json]:
    """Findings in the order of `Finding.sort_key`."""
    return [dict(finding.as_dict()) for finding in items]


def load_balancers(revision: Revision) -> list[Json]:
    """Every load balancer with its front ends, routes and backends."""
    return [
        {**_summary(revision, lb), **_detail(revision, lb)}
        for lb in revision.model.load_balancers.values()
    ]


def summaries(revision: Revision) -> list[Json]:
    """Every load balancer's identity, objects, addresses, listeners and hosts."""
    return [_summary(revision, lb) for lb in revision.model.load_balancers.values()]


def _summary(revision: Revision, lb: LoadBalancer) -> Json:
    listeners = revision.listeners(lb)
    return {
        "name": lb.name,
        "dialect": lb.dialect,
        "objects": list(lb.objects),
        "addresses": sorted({address for _, _, address, _ in listeners}),
        "listeners": [
            {
                "port": port,
                "protocol": protocol,
                "requestedPort": rule.port,
                "address": address,
                "requestedAddress": rule.address.value if rule.address else None,
                "refusedClients": _refused(rule),
            }
            for rule, protocol, address, port in listeners
        ],
        "hosts": _hosts(_url_maps(revision.model, lb)),
    }


def _refused(rule: ForwardingRule) -> list[Json]:
    """Whose connections are closed; parts of it may be allowed, see `explain`."""
    ranges = rule.access.value.ranges if rule.access else ()
    return [{"range": r.range, "why": r.reason} for r in ranges if not r.allowed]


def _detail(revision: Revision, lb: LoadBalancer) -> Json:
    model = revision.model
    url_maps = _url_maps(model, lb)
    ports = _ports(revision, lb)
    bindings = [binding for proxy in lb.target_proxies for binding in proxy.bindings]
    return {
        "tlsHosts": sorted({name for binding in bindings for name in binding.server_names}),
        "tlsNames": tls_names(model, lb),
        "closedPorts": [
            {"port": closed.port, "why": closed.why.value, "object": closed.why.origin.object}
            for closed in lb.closed_ports
        ],
        "routes": [
            {**route, "ports": ports.get(url_map.name, [])}
            for url_map in url_maps
            for route in _routes(url_map)
        ],
        "backends": _backends(revision, url_maps),
    }


def _ports(revision: Revision, lb: LoadBalancer) -> dict[UrlMapName, list[int]]:
    """On which ports each URL map answers."""
    of_proxy = {proxy.name: proxy.url_map for proxy in lb.target_proxies}
    ports: dict[UrlMapName, set[int]] = {}
    for rule, _, _, port in revision.listeners(lb):
        ports.setdefault(of_proxy[rule.target_proxy], set()).add(port)
    return {name: sorted(found) for name, found in ports.items()}


def _url_maps(model: Model, lb: LoadBalancer) -> list[UrlMap]:
    names = {proxy.url_map for proxy in lb.target_proxies}
    return [model.url_maps[name] for name in sorted(names)]


def _hosts(url_maps: Sequence[UrlMap]) -> list[str]:
    return sorted({str(rule.host) for url_map in url_maps for rule in url_map.host_rules})


def _routes(url_map: UrlMap) -> list[Json]:
    rules = sorted(url_map.host_rules, key=lambda rule: _host_rank(rule.host))
    rows = [_route(str(rule.host), route) for rule in rules for route in rule.routes]
    default = {"host": "*", "pathType": "default", "path": "*"}
    by = url_map.default_origin.object or None
    rows.append({**default, "object": by, **_action(url_map.default_action)})
    return rows


def _host_rank(host: HostPattern) -> tuple[bool, int, str]:
    """The order in which hosts are looked for: exact ones, the longest wildcard, all."""
    is_exact = host.kind is HostKind.EXACT
    return not is_exact, 0 if is_exact else -len(str(host)), str(host)


def _route(host: str, route: RouteRule) -> Json:
    path = route.match.path
    return {
        "host": host,
        "pathType": path.kind.value,
        "path": path.value,
        "name": route.name,
        "object": route.origin.object or None,
        **({"conditions": conditions} if (conditions := described(route.match)) else {}),
        **_action(route.action),
    }


def _action(action: Action) -> Json:
    if not isinstance(action, Forward):
        unserved = action.unserved if isinstance(action, FixedResponse) else None
        if unserved is None:
            return {"status": action.status}
        meant = unserved.backend or None
        return {"status": action.status, "meantFor": meant, "why": unserved.reason}
    names = [backend.backend_service for backend in action.backends]
    total = sum(backend.weight for backend in action.backends)
    if len(names) < 2 or not total:
        return {"backends": names}
    return {"backends": names, "shares": [b.weight / total for b in action.backends]}


def _backends(revision: Revision, url_maps: Sequence[UrlMap]) -> list[Json]:
    names = sorted({b for url_map in url_maps for b in _backend_names(url_map)})
    return [_backend(revision, revision.model.backend_services[name]) for name in names]


def _backend_names(url_map: UrlMap) -> Iterable[BackendServiceName]:
    """Those that routes lead to, or would if they did not answer by themselves."""
    for action in url_map.actions:
        if isinstance(action, Forward):
            yield from (backend.backend_service for backend in action.backends)
        elif (
            isinstance(action, FixedResponse)
            and action.unserved
            and action.unserved.backend_service
        ):
            yield action.unserved.backend_service


def _backend(revision: Revision, service: BackendService) -> Json:
    """A backend service with its endpoints."""
    groups = [revision.model.negs[name] for name in service.negs]
    return {
        "name": service.name,
        "object": service.origin.object,
        "protocol": service.protocol.value.value,
        "healthCheck": service.health_check,
        "endpoints": [
            {**_endpoint(endpoint), **_health(revision, service, group, endpoint)}
            for group in groups
            for endpoint in group.endpoints
        ],
    }


def _endpoint(endpoint: Endpoint) -> Json:
    return {
        "address": endpoint.address,
        "port": endpoint.port,
        "ready": endpoint.ready,
        "target": endpoint.target or None,
        "node": endpoint.node or None,
    }


def _health(
    revision: Revision, service: BackendService, group: NetworkEndpointGroup, endpoint: Endpoint
) -> Json:
    """What probing had found out; nothing where it does not decide or proxies do it."""
    if service.health_check is None or group.probed_by_proxies or not endpoint.ready:
        return {}
    known = revision.health.get((service.health_check, endpoint.address, endpoint.port))
    return {"health": NOT_PROBED if known is None else "healthy" if known.healthy else "unhealthy"}


def counts(items: Iterable[Finding]) -> Json:
    """How many findings of each severity."""
    tally = {severity.value: 0 for severity in Severity}
    for finding in items:
        tally[finding.severity.value] += 1
    return tally
