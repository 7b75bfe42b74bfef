"""The vocabulary every other room speaks: load balancers, findings, origins.

The nouns are those of Google's Compute resources (forwarding rule, target
proxy, URL map, backend service, network endpoint group), because that graph is
complete and documented.  Dialects produce these values, planes compile them.
Everything is frozen; nothing here imports another room.
"""

from penstock.model.backend import (
    BackendProtocol,
    BackendService,
    Endpoint,
    NegKind,
    NetworkEndpointGroup,
    RetryPolicy,
)
from penstock.model.certificate import Certificate, CertificateRequest, PrivateBytes
from penstock.model.finding import Finding, FindingCode, Severity, catalogue, code
from penstock.model.load_balancer import (
    CertificateBinding,
    ForwardingRule,
    FrontEndProtocol,
    LoadBalancer,
    Model,
    TargetProxy,
)
from penstock.model.names import (
    BackendServiceName,
    CertificateName,
    ForwardingRuleName,
    LoadBalancerName,
    NegName,
    TargetProxyName,
    UrlMapName,
)
from penstock.model.origin import FieldPath, Locator, Origin, Position, Setting, format_path
from penstock.model.url_map import (
    Action,
    FixedResponse,
    Forward,
    HostKind,
    HostPattern,
    HostRule,
    PathKind,
    PathMatch,
    PathRewrite,
    RouteMatch,
    RouteRule,
    UrlMap,
    WeightedBackend,
)

__all__ = [
    "Action",
    "BackendProtocol",
    "BackendService",
    "BackendServiceName",
    "Certificate",
    "CertificateBinding",
    "CertificateName",
    "CertificateRequest",
    "Endpoint",
    "FieldPath",
    "Finding",
    "FindingCode",
    "FixedResponse",
    "Forward",
    "ForwardingRule",
    "ForwardingRuleName",
    "FrontEndProtocol",
    "HostKind",
    "HostPattern",
    "HostRule",
    "LoadBalancer",
    "LoadBalancerName",
    "Locator",
    "Model",
    "NegKind",
    "NegName",
    "NetworkEndpointGroup",
    "Origin",
    "PathKind",
    "PathMatch",
    "PathRewrite",
    "Position",
    "PrivateBytes",
    "RetryPolicy",
    "RouteMatch",
    "RouteRule",
    "Setting",
    "Severity",
    "TargetProxy",
    "TargetProxyName",
    "UrlMap",
    "UrlMapName",
    "WeightedBackend",
    "catalogue",
    "code",
    "format_path",
]
