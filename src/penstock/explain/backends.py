"""Backend services of a route: their endpoints, and who gets how much."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from penstock.explain.choice import with_choice
from penstock.explain.context import Context
from penstock.explain.groups import endpoint_shares, group_of
from penstock.explain.probing import probing_of
from penstock.explain.request import Request
from penstock.explain.result import Backend, Endpoint, EndpointTls, Retry, seconds, source, text
from penstock.explain.security import guard_of
from penstock.model import (
    BackendService,
    BackendTls,
    Forward,
    Model,
    NegKind,
    NetworkEndpointGroup,
    RetryPolicy,
    Setting,
    WeightedBackend,
)
from penstock.model import Endpoint as ModelEndpoint

_HEALTHY = ("ready", "healthy", "resolved by the proxy")


def backends_of(
    action: Forward, request: Request, model: Model, context: Context, region: str = ""
) -> list[Backend]:
    """The backend services of an action; those without weight get nothing and are left out."""
    total = sum(backend.weight for backend in action.backends)
    return [
        _backend(backend, total, action, request, model, context, region)
        for backend in action.backends
        if backend.weight
    ]


def is_usable(endpoint: Endpoint) -> bool:
    """Whether the endpoint gets requests."""
    return endpoint.share > 0


def _backend(
    backend: WeightedBackend,
    total: int,
    action: Forward,
    request: Request,
    model: Model,
    context: Context,
    region: str,
) -> Backend:
    service = model.backend_services[backend.backend_service]
    share = backend.weight / total
    flags = None if context.health is None else context.health.get(service.name, {})
    found = list(_endpoints(service, model, flags))
    usable = {id(e) for _, e, health in found if health in _HEALTHY}
    groups = context.shares_of(service.name, region)
    each = endpoint_shares([(n.name, id(e)) for n, e, _ in found if id(e) in usable], groups)
    origins = {neg.name: source(neg.origin) for neg, _, _ in found}
    made = Backend(
        name=service.name,
        protocol=service.protocol.value.value,
        protocol_origin=source(service.protocol.origin),
        share=share,
        connect_timeout=seconds(service.connect_timeout),
        retry=_retry(service.retry if service.retry.value else action.retry),
        endpoints=[
            Endpoint(
                address=endpoint.address,
                port=endpoint.port,
                target=endpoint.target or None,
                ready=endpoint.ready,
                health=health,
                share=share * each.get(id(endpoint), 0.0),
                origin=origins[neg.name],
            )
            for neg, endpoint, health in found
        ],
        origin=source(service.origin),
        idle_timeout=seconds(service.idle_timeout) if service.idle_timeout else None,
        tls=_tls(service.tls),
        source=text(service.source),
        groups=[group_of(group) for group in groups],
        guard=guard_of(service, request.client),
        health_check=probing_of(service, model),
    )
    return with_choice(made, service, request)


def _tls(setting: Setting[BackendTls] | None) -> EndpointTls | None:
    if setting is None:
        return None
    tls = setting.value
    return EndpointTls(
        server_name=tls.server_name or None,
        subject_alt_names=list(tls.subject_alt_names),
        is_issuer_checked=bool(tls.trust_anchors),
        origin=source(setting.origin),
    )


def _retry(setting: Setting[RetryPolicy | None] | None) -> Retry | None:
    """The policy that counts: a backend service's own overrides the route's."""
    policy = setting.value if setting else None
    if setting is None or policy is None:
        return None
    return Retry(
        policy.attempts,
        list(policy.conditions),
        source(setting.origin),
        policy.per_try_timeout,
        list(policy.methods),
    )


def _endpoints(
    service: BackendService, model: Model, flags: Mapping[str, tuple[str, ...]] | None
) -> Iterator[tuple[NetworkEndpointGroup, ModelEndpoint, str]]:
    """Endpoints, ready ones first, each address once, with the word for its state."""
    seen: set[tuple[str, int]] = set()
    negs = [model.negs[name] for name in service.negs]
    pairs = [(neg, endpoint) for neg in negs for endpoint in neg.endpoints]
    for neg, endpoint in sorted(pairs, key=lambda pair: not pair[1].ready):
        place = (endpoint.address, endpoint.port)
        if place not in seen:
            seen.add(place)
            yield neg, endpoint, _health(endpoint, neg.kind, flags)


def _health(
    endpoint: ModelEndpoint, kind: NegKind, flags: Mapping[str, tuple[str, ...]] | None
) -> str:
    if not endpoint.ready:
        return "not ready"
    if kind is NegKind.FQDN_PORT:
        return "resolved by the proxy"
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    if not _is_address(endpoint):
        return "no address that can be connected to"
    if flags is None:
        return "ready"
    reasons = flags.get(f"{host}:{endpoint.port}")
    if reasons is None:
        return "not yet known to the proxy"
    return ", ".join(each.removeprefix("eds_status_") for each in reasons) or "healthy"


def _is_address(endpoint: ModelEndpoint) -> bool:
    try:
        ipaddress.ip_address(endpoint.address)
    except ValueError:
        return False
    return 0 < endpoint.port <= 0xFFFF
