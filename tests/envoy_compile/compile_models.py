"""Hand-built models, as short as tests can be."""

from penstock.model import (
    Action,
    BackendProtocol,
    BackendService,
    BackendServiceName,
    CertificateBinding,
    CertificateName,
    Endpoint,
    FixedResponse,
    Forward,
    ForwardingRule,
    ForwardingRuleName,
    FrontEndProtocol,
    HostKind,
    HostPattern,
    HostRule,
    LoadBalancer,
    LoadBalancerName,
    Model,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
    PathKind,
    PathMatch,
    PathRewrite,
    RetryPolicy,
    RouteMatch,
    RouteRule,
    Setting,
    TargetProxy,
    TargetProxyName,
    UrlMap,
    UrlMapName,
    WeightedBackend,
)

DEFAULT = Origin.default("tests")
NOT_FOUND = FixedResponse(404, "no route\n")


def setting(value):
    return Setting(value, DEFAULT)


def service(name, *, protocol=BackendProtocol.HTTP, negs=None, connect_timeout=5.0, retry=None):
    return BackendService(
        name=BackendServiceName(name),
        protocol=setting(protocol),
        negs=tuple(NegName(neg) for neg in (negs or (name,))),
        connect_timeout=setting(connect_timeout),
        retry=setting(retry),
        origin=Origin(f"Service default/{name}"),
    )


def neg(name, *endpoints, kind=NegKind.IP_PORT):
    made = (e if isinstance(e, Endpoint) else Endpoint(*e) for e in endpoints)
    return NetworkEndpointGroup(NegName(name), kind, tuple(made), Origin(f"Service default/{name}"))


def forward(*names, weights=None, timeout=60.0, idle=300.0, retry=None, rewrite=None):
    return Forward(
        backends=tuple(
            WeightedBackend(BackendServiceName(n), w)
            for n, w in zip(names, weights or [1] * len(names), strict=True)
        ),
        timeout=setting(timeout),
        idle_timeout=setting(idle),
        retry=setting(retry) if retry else None,
        rewrite=setting(PathRewrite(*rewrite)) if rewrite else None,
    )


def retries(attempts=2):
    return RetryPolicy(("connect-failure", "refused-stream"), attempts)


def route(path, action: Action | str, *, kind=PathKind.PREFIX, ignore_case=False, name=None):
    """A route rule; an action given as text is a backend service's name."""
    name = name or f"web {kind.value} {path}"
    return RouteRule(
        name=name,
        match=RouteMatch(PathMatch(kind, path, ignore_case)),
        action=forward(action) if isinstance(action, str) else action,
        origin=Origin("Ingress default/web", ("spec", name)),
    )


def host(pattern, *routes):
    """A host rule; ``*`` and ``*.name`` are what they look like."""
    if pattern == "*":
        return HostRule(HostPattern(HostKind.ANY), routes)
    if pattern.startswith("*."):
        return HostRule(HostPattern(HostKind.ONE_LABEL_WILDCARD, pattern[2:]), routes)
    return HostRule(HostPattern(HostKind.EXACT, pattern), routes)


def url_map(*hosts, default: Action = NOT_FOUND, name="web"):
    return UrlMap(UrlMapName(name), hosts, default, Origin("Ingress default/web", ("spec",)))


def http_proxy(name="http", urls="web", **changes):
    return TargetProxy(
        name=TargetProxyName(name),
        protocol=changes.pop("protocol", FrontEndProtocol.HTTP),
        url_map=UrlMapName(urls),
        client_idle_timeout=setting(600.0),
        request_headers_timeout=setting(10.0),
        request_timeout=setting(changes.pop("request_timeout", 0.0)),
        **changes,
    )


def https_proxy(*bindings, default=(), name="https", urls="web"):
    """``bindings`` are pairs of server names and certificate names."""
    return http_proxy(
        name,
        urls,
        protocol=FrontEndProtocol.HTTPS,
        bindings=tuple(
            CertificateBinding(tuple(names), tuple(CertificateName(c) for c in certificates))
            for names, certificates in bindings
        ),
        default_certificates=tuple(CertificateName(c) for c in default),
    )


def rule(name):
    return ForwardingRuleName(name)


def load_balancer(*proxies, name="lb", rules=None):
    """A load balancer with a forwarding rule per target proxy, of the same name."""
    rules = rules or [
        ForwardingRule(rule(p.name), 443 if p.protocol is FrontEndProtocol.HTTPS else 80, p.name)
        for p in proxies
    ]
    return LoadBalancer(
        name=LoadBalancerName(name),
        dialect="ingress",
        objects=("Ingress default/web",),
        forwarding_rules=tuple(rules),
        target_proxies=proxies,
        origin=Origin("Ingress default/web"),
    )


def model(*, balancers=(), url_maps=(), services=(), negs=(), certificates=()):
    def table(values):
        return {value.name: value for value in values}

    return Model(
        load_balancers=table(balancers),
        url_maps=table(url_maps),
        backend_services=table(services),
        negs=table(negs),
        certificates=table(certificates),
        certificate_requests={},
        findings=(),
    )


__all__ = [name for name in globals() if not name.startswith("_")]
