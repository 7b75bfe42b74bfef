"""The vocabulary every other room speaks: load balancers, findings, origins.

The nouns are those of Google's Compute resources (forwarding rule, target
proxy, URL map, backend service, network endpoint group), because that graph is
complete and documented.  Dialects produce these values, planes compile them.
Everything is frozen; nothing here imports another room.
"""

from penstock.model.action import (
    Action,
    CorsPolicy,
    FaultInjection,
    FixedResponse,
    Forward,
    Mirror,
    PathRewrite,
    PrefixRewrite,
    Redirect,
    Rewrite,
    TemplateRewrite,
    WeightedBackend,
)
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
from penstock.model.header import NO_EDITS, HeaderEdit, HeaderEdits, HeaderPart, Variable
from penstock.model.load_balancer import (
    CertificateBinding,
    ForwardingRule,
    FrontEndProtocol,
    LoadBalancer,
    Model,
    TargetProxy,
)
from penstock.model.match import (
    HOST_PORT,
    HeaderMatch,
    HostKind,
    HostPattern,
    PathKind,
    PathMatch,
    QueryMatch,
    RouteMatch,
    ValueKind,
)
from penstock.model.moved_ports import HTTPS_PORT, moved_https
from penstock.model.names import (
    BackendServiceName,
    CertificateName,
    ForwardingRuleName,
    LoadBalancerName,
    NegName,
    TargetProxyName,
    UrlMapName,
    VipName,
)
from penstock.model.origin import FieldPath, Locator, Origin, Position, Setting, format_path
from penstock.model.tls import BackendTls, ClientTls, ClientValidation, SslPolicy, TlsVersion
from penstock.model.url_map import ForwardedFor, HostRule, RouteRule, UrlMap, UrlMapTest

__all__ = [
    "HOST_PORT",
    "HTTPS_PORT",
    "NO_EDITS",
    "Action",
    "BackendProtocol",
    "BackendService",
    "BackendServiceName",
    "BackendTls",
    "Certificate",
    "CertificateBinding",
    "CertificateName",
    "CertificateRequest",
    "ClientTls",
    "ClientValidation",
    "CorsPolicy",
    "Endpoint",
    "FaultInjection",
    "FieldPath",
    "Finding",
    "FindingCode",
    "FixedResponse",
    "Forward",
    "ForwardedFor",
    "ForwardingRule",
    "ForwardingRuleName",
    "FrontEndProtocol",
    "HeaderEdit",
    "HeaderEdits",
    "HeaderMatch",
    "HeaderPart",
    "HostKind",
    "HostPattern",
    "HostRule",
    "LoadBalancer",
    "LoadBalancerName",
    "Locator",
    "Mirror",
    "Model",
    "NegKind",
    "NegName",
    "NetworkEndpointGroup",
    "Origin",
    "PathKind",
    "PathMatch",
    "PathRewrite",
    "Position",
    "PrefixRewrite",
    "PrivateBytes",
    "QueryMatch",
    "Redirect",
    "RetryPolicy",
    "Rewrite",
    "RouteMatch",
    "RouteRule",
    "Setting",
    "Severity",
    "SslPolicy",
    "TargetProxy",
    "TargetProxyName",
    "TemplateRewrite",
    "TlsVersion",
    "UrlMap",
    "UrlMapName",
    "UrlMapTest",
    "ValueKind",
    "Variable",
    "VipName",
    "WeightedBackend",
    "catalogue",
    "code",
    "format_path",
    "moved_https",
]
