"""Internal load balancers whose backend services have health checks."""

from __future__ import annotations

from collections.abc import Sequence

FRONT = """\
kind: compute#forwardingRule
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: regions/r1/targetHttpProxies/web
---
kind: compute#targetHttpProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
---
"""


def url_map(services: Sequence[str]) -> str:
    """``/NAME`` leads to each service, anything else to the first."""
    rules = "".join(
        f"  - {{paths: [/{name}, '/{name}/*'], service: regions/r1/backendServices/{name}}}\n"
        for name in services
    )
    return f"""\
kind: compute#urlMap
name: web
region: r1
defaultService: regions/r1/backendServices/{services[0]}
hostRules: [{{hosts: ["*"], pathMatcher: m}}]
pathMatchers:
- name: m
  defaultService: regions/r1/backendServices/{services[0]}
  pathRules:
{rules}---
"""


def service(name: str, check: str | None = "check", protocol: str = "HTTP", group: str = "") -> str:
    health = f"healthChecks: [regions/r1/healthChecks/{check}]\n" if check else ""
    return f"""\
kind: compute#backendService
name: {name}
region: r1
loadBalancingScheme: INTERNAL_MANAGED
protocol: {protocol}
{health}backends:
- group: zones/r1-a/networkEndpointGroups/{group or name}
---
"""


def group(name: str, endpoints: Sequence[str], kind: str = "GCE_VM_IP_PORT") -> str:
    """Endpoints are ``ADDRESS:PORT``."""
    listed = "".join(
        f"- {{ipAddress: {address}, port: {port}}}\n"
        for address, port in (each.split(":") for each in endpoints)
    )
    return f"""\
kind: compute#networkEndpointGroup
name: {name}
zone: r1-a
networkEndpointType: {kind}
networkEndpoints:
{listed}---
"""


def check(
    name: str = "check", kind: str = "HTTP", part: str = "{port: 8080}", times: str = ""
) -> str:
    """Fast, and turning at the first result, unless `times` says otherwise."""
    fields = {
        "HTTP": "httpHealthCheck", "HTTPS": "httpsHealthCheck", "HTTP2": "http2HealthCheck",
        "TCP": "tcpHealthCheck", "SSL": "sslHealthCheck", "GRPC": "grpcHealthCheck",
        "GRPC_WITH_TLS": "grpcTlsHealthCheck",
    }  # fmt: skip
    usual = "checkIntervalSec: 1\ntimeoutSec: 1\nhealthyThreshold: 1\nunhealthyThreshold: 1\n"
    return f"""\
kind: compute#healthCheck
name: {name}
region: r1
type: {kind}
{times or usual}{fields[kind]}: {part}
---
"""
