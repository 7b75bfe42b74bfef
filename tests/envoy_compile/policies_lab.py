"""Backend services with policies before a real Envoy, each on a host of its own."""

import types

from compile_models import (
    host,
    http_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import free_port, running
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.clusters import compile_cluster
from penstock.envoy.resources import CLUSTER, Snapshot
from penstock.model import (
    AssignedEndpoint,
    AssignedGroup,
    Assignment,
    BackendServiceName,
    EndpointStatus,
    LocalityPolicy,
    NegKind,
    NegName,
)

GROUP = "pods"


def backend(name, kind=None, affinity=None, *, metrics=(), ring=None, **fields):
    """A backend service with a policy; others of its fields as settings."""
    policy = None if kind is None else LocalityPolicy(kind, ring, metrics)
    return replace(
        service(name, negs=[GROUP]),
        locality_policy=setting(policy) if policy else None,
        affinity=setting(affinity) if affinity else None,
        **fields,
    )


def group(endpoints, *, weight=1, name=GROUP, **statuses):
    """A group's share of an assignment; `statuses` are lists of addresses."""
    of = {address: word for word, addresses in statuses.items() for address in addresses}
    return AssignedGroup(
        NegName(name),
        tuple(
            AssignedEndpoint(a, p, EndpointStatus[of.get(a, "healthy").upper()])
            for a, p in endpoints
        ),
        zone=name,
        weight=weight,
    )


def assigned(name, *groups):
    return Assignment(BackendServiceName(name), groups)


def serve(stack, folder, vip, services, endpoints, *, actions=None, assignments=(), **how):
    """Run an Envoy until the stack ends; ``<service>.test`` leads to a backend service.

    `actions` are further hosts; `weighted` has localities' weights count; `kind` is the
    group's.
    """
    folder.mkdir(exist_ok=True)
    routes = {s.name: s.name for s in services} | (actions or {})
    hosts = [host(f"{name}.test", route("/", action)) for name, action in routes.items()]
    a_model = model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(*hosts)],
        services=services,
        negs=[neg(GROUP, *endpoints, kind=how.get("kind", NegKind.IP_PORT))],
    )
    http = SocketAddress(vip, free_port(vip))
    log = folder / "access.log"
    compiled = Compiler(CompileOptions(access_log=str(log))).compile(
        a_model, {rule("http"): http}, {}, {a.service: a for a in assignments}
    )
    assert compiled.findings == ()
    snapshot = _weighted(compiled.snapshot, services) if how.get("weighted") else compiled.snapshot
    process = stack.enter_context(running(snapshot, folder))
    return types.SimpleNamespace(http=http, log=log, admin=folder / "admin.sock", process=process)


def _weighted(snapshot, services):
    clusters = [compile_cluster(s, None, None, weighted=True).resource for s in services]
    others = [
        r for url, table in snapshot.resources.items() if url != CLUSTER for r in table.values()
    ]
    return Snapshot.of([*clusters, *others])
