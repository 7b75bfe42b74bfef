"""Backend services with groups, as short as tests can be."""

from penstock.model import (
    AssignedEndpoint,
    BackendProtocol,
    BackendService,
    BackendServiceName,
    BalancingAlgorithm,
    BalancingMode,
    Capacity,
    Endpoint,
    EndpointHealth,
    EndpointStatus,
    GroupLoad,
    HealthCheckName,
    MetricLimit,
    Model,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
    ServiceLbPolicy,
    Setting,
)

ORIGIN = Origin.default("tests")
CHECK = HealthCheckName("check")
HEALTHY = EndpointHealth(True, "200", 0.0)
SICK = EndpointHealth(False, "HTTP 503", 0.0)


def setting(value):
    return None if value is None else Setting(value, ORIGIN)


def neg(name, count=2, region="", zone="", *, first=1, probed=False, kind=NegKind.IP_PORT):
    """A group whose addresses follow from its name."""
    net = sum(map(ord, name)) % 250
    endpoints = tuple(Endpoint(f"10.0.{net}.{i}", 80) for i in range(first, first + count))
    return NetworkEndpointGroup(NegName(name), kind, endpoints, ORIGIN, region, zone, probed)


def limit(name, total=None, each=None, *, mode="RATE", scaler=None, preferred=None, **more):
    metrics = tuple(MetricLimit(*metric) for metric in more.get("metrics", ()))
    return Capacity(
        NegName(name),
        setting(BalancingMode(mode)),
        ORIGIN,
        setting(total),
        setting(each),
        setting(more.get("utilization")),
        metrics,
        setting(scaler),
        setting(preferred),
    )


def policy(algorithm="WATERFALL_BY_REGION", *, drain=None, threshold=None, isolation=None):
    return setting(
        ServiceLbPolicy(
            setting(BalancingAlgorithm(algorithm)),
            setting(drain),
            setting(threshold),
            setting(isolation),
        )
    )


def service(name, *negs, capacities=(), check=None, **fields):
    return BackendService(
        name=BackendServiceName(name),
        protocol=setting(BackendProtocol.HTTP),
        negs=tuple(group.name for group in negs),
        connect_timeout=setting(5.0),
        retry=Setting(None, ORIGIN),
        origin=ORIGIN,
        capacities=tuple(capacities),
        health_check=check,
        **fields,
    )


def model(services, negs, order=None):
    services = [services] if isinstance(services, BackendService) else services
    return Model(
        load_balancers={},
        url_maps={},
        backend_services={s.name: s for s in sorted(services, key=lambda s: s.name)},
        negs={n.name: n for n in sorted(negs, key=lambda n: n.name)},
        certificates={},
        certificate_requests={},
        findings=(),
        region_order=order or {},
    )


def health(*groups, sick=()):
    """All endpoints are healthy but those of `sick`: (group's name, how many)."""
    bad = dict(sick)
    return {
        (CHECK, e.address, e.port): SICK if i < bad.get(group.name, 0) else HEALTHY
        for group in groups
        for i, e in enumerate(group.endpoints)
    }


def loads(of, region="", **rates):
    return {
        (region, BackendServiceName(of), NegName(name)): (
            rate if isinstance(rate, GroupLoad) else GroupLoad(float(rate))
        )
        for name, rate in rates.items()
    }


def percents(balancer, name):
    """Group → share in percent, rounded; those with something only."""
    shares = balancer.shares[BackendServiceName(name)]
    return {s.neg: round(100 * s.share) for s in shares if s.share}


def places(assignment):
    """Group → priority and weight."""
    return {group.neg: (group.priority, group.weight) for group in assignment.groups}


def statuses(assignment, name):
    [group] = [group for group in assignment.groups if group.neg == name]
    return [endpoint.status.value for endpoint in group.endpoints]


__all__ = ["AssignedEndpoint", "EndpointStatus"]
