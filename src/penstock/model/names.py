"""Identifiers of the model's values: plain strings that the type checker keeps apart.

A name is stable for equal input (it is built from namespaces, names and ports,
never from counters), because names end up as Envoy resource names, metric
labels and keys of persisted state.
"""

from typing import NewType

LoadBalancerName = NewType("LoadBalancerName", str)
ForwardingRuleName = NewType("ForwardingRuleName", str)
TargetProxyName = NewType("TargetProxyName", str)
UrlMapName = NewType("UrlMapName", str)
BackendServiceName = NewType("BackendServiceName", str)
NegName = NewType("NegName", str)
CertificateName = NewType("CertificateName", str)
VipName = NewType("VipName", str)
HealthCheckName = NewType("HealthCheckName", str)
