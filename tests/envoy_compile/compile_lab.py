"""A URL map before a real Envoy, and requests to it."""

import json
import types

import httpx
from compile_models import (
    HostKind,
    HostPattern,
    HostRule,
    PathKind,
    forward,
    http_proxy,
    load_balancer,
    model,
    route,
    rule,
)
from compile_proxy import free_port, messages, running
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.host_guards import BAD_HOST_ROUTE
from penstock.envoy.resources import ROUTES

DEFAULT = "default"


def path_rule(path, action, *, kind=PathKind.PREFIX, ignore_case=False, name=None, **match):
    """A route rule with further tests, and with `edits` of headers."""
    edits = match.pop("edits", None)
    made_rule = route(
        path,
        forward(action) if isinstance(action, str) else action,
        kind=kind,
        ignore_case=ignore_case,
        name=name,
    )
    changed = replace(made_rule, match=replace(made_rule.match, **match))
    return replace(changed, headers=edits) if edits else changed


def suffix_host(suffix, *routes):
    return HostRule(HostPattern(HostKind.SUFFIX, suffix), routes)


def ported(name, port, *routes, kind=HostKind.EXACT):
    """A host rule for requests whose Host names a port."""
    return HostRule(HostPattern(kind, name, port), routes)


def lab(stack, folder, vip, urls, *, services=(), negs=(), certificates=(), proxies=None):
    """Run an Envoy with a URL map until the stack ends."""
    front_ends = proxies or [http_proxy()]
    a_model = model(
        balancers=[load_balancer(*front_ends)],
        url_maps=[urls],
        services=services,
        negs=negs,
        certificates=certificates,
    )
    bindings = {rule(p.name): SocketAddress(vip, free_port(vip)) for p in front_ends}
    log = folder / "access.log"
    compiled = Compiler(CompileOptions(access_log=str(log))).compile(a_model, bindings, {})
    stack.enter_context(running(compiled.snapshot, folder))
    return types.SimpleNamespace(
        http=bindings[rule("http")],
        https=bindings.get(rule("https")),
        findings=compiled.findings,
        log=log,
    )


def get(proxy, name, path, *, method="GET", content=None, **headers):
    """The answer to a request for a host, over plain HTTP."""
    url = httpx.URL(f"http://{proxy.http.address}:{proxy.http.port}").copy_with(
        raw_path=path.encode()
    )
    headers = {"host": name, **headers}
    with httpx.Client(timeout=10, trust_env=False) as client:
        return client.request(method, url, headers=headers, content=content)


def logged(proxy, wanted):
    """The access log's entries once ``wanted`` is in it; Envoy flushes now and then."""
    with proxy.log.open() as log:
        text = ""
        while wanted not in text or not text.endswith("\n"):
            text += log.read()
    return [json.loads(line) for line in text.splitlines()]


def made(*url_maps):
    """What URL maps are compiled to."""
    return Compiler(CompileOptions()).compile(model(url_maps=url_maps), {}, {})


def routes_of(result, name):
    """The routes of a virtual host, but the one for what is no host."""
    (configuration,) = messages(result.snapshot, ROUTES).values()
    [host] = [vh for vh in configuration.virtual_hosts if vh.name == name]
    return [route for route in host.routes if route.name != BAD_HOST_ROUTE]
