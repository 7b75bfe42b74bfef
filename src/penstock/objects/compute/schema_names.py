"""What the API calls the schemas that have other names here."""

from __future__ import annotations

import msgspec

_NAMES = {
    "HttpCookie": "BackendServiceHttpCookie",
    "TlsSettings": "BackendServiceTlsSettings",
    "SubjectAltName": "BackendServiceTlsSettingsSubjectAltName",
    "ConsistentHash": "ConsistentHashLoadBalancerSettings",
    "ConsistentHashCookie": "ConsistentHashLoadBalancerSettingsHttpCookie",
    "LogConfig": "BackendServiceLogConfig",
    "LoggedHeader": "BackendServiceLogConfigLoggingHttpHeader",
    "LocalityPolicyConfig": "BackendServiceLocalityLoadBalancingPolicyConfig",
    "LocalityPolicy": "BackendServiceLocalityLoadBalancingPolicyConfigPolicy",
    "CustomLocalityPolicy": "BackendServiceLocalityLoadBalancingPolicyConfigCustomPolicy",
    "CustomMetric": "BackendServiceCustomMetric",
    "AutoCapacityDrain": "ServiceLbPolicyAutoCapacityDrain",
    "FailoverConfig": "ServiceLbPolicyFailoverConfig",
    "IsolationConfig": "ServiceLbPolicyIsolationConfig",
    "PscData": "NetworkEndpointGroupPscData",
    "CloudRun": "NetworkEndpointGroupCloudRun",
    "SelfManagedCertificate": "SslCertificateSelfManagedSslCertificate",
    "MtlsPolicy": "MTLSPolicy",
    "IntermediateCa": "IntermediateCA",
    "GrpcHealthCheck": "GRPCHealthCheck",
    "GrpcTlsHealthCheck": "GRPCTLSHealthCheck",
    "Http2HealthCheck": "HTTP2HealthCheck",
    "HttpHealthCheck": "HTTPHealthCheck",
    "HttpsHealthCheck": "HTTPSHealthCheck",
    "SslHealthCheck": "SSLHealthCheck",
    "TcpHealthCheck": "TCPHealthCheck",
}


def schema_name(kind: type[msgspec.Struct]) -> str:
    """The API's name of a schema, as its discovery document has it."""
    return _NAMES.get(kind.__name__, kind.__name__)
