"""Which Compute kinds Penstock reads, which it passes over, and which it will read one day."""

from __future__ import annotations

from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.forwarding import ForwardingRule, TargetHttpProxy, TargetHttpsProxy
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck
from penstock.objects.compute.network import Address, Subnetwork
from penstock.objects.compute.security_policy import SecurityPolicy
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.compute.tls import (
    BackendAuthenticationConfig,
    ServerTlsPolicy,
    SslCertificate,
    SslPolicy,
    TrustConfig,
)
from penstock.objects.compute.url_map import UrlMap

PREFIX = "compute#"

COLLECTIONS: dict[str, type[ComputeResource]] = {
    "forwardingRules": ForwardingRule,
    "targetHttpProxies": TargetHttpProxy,
    "targetHttpsProxies": TargetHttpsProxy,
    "sslCertificates": SslCertificate,
    "sslPolicies": SslPolicy,
    "urlMaps": UrlMap,
    "backendServices": BackendService,
    "healthChecks": HealthCheck,
    "networkEndpointGroups": NetworkEndpointGroup,
    "instanceGroups": InstanceGroup,
    "securityPolicies": SecurityPolicy,
    "addresses": Address,
    "subnetworks": Subnetwork,
}
"""By the collection's name in a ``selfLink``, regional and global alike."""

NAMED_COLLECTIONS: dict[str, type[ComputeResource]] = {
    "serverTlsPolicies": ServerTlsPolicy,
    "trustConfigs": TrustConfig,
    "backendAuthenticationConfigs": BackendAuthenticationConfig,
    "serviceLbPolicies": ServiceLbPolicy,
}
"""Of other APIs: no ``kind`` and no ``selfLink``, but a name that says the collection."""

KINDS: dict[str, type[ComputeResource]] = {
    kind.KIND: kind for kind in (*COLLECTIONS.values(), *NAMED_COLLECTIONS.values())
}
"""The kinds that are read."""

# About load balancing, or about machines behind it.
_LATER = """
    backendBucket compositeHealthCheck healthAggregationPolicy healthCheckService healthSource
    httpHealthCheck httpsHealthCheck instance instanceGroupManager networkEdgeSecurityService
    notificationEndpoint serviceAttachment targetGrpcProxy targetInstance targetPool
    targetSslProxy targetTcpProxy
"""
LATER = frozenset(_LATER.split())

# Everything else of the API's own schema: nothing to do with load balancing.
_PASSED_OVER = """
    acceleratorType autoscaler commitment crossSiteNetwork disk diskType externalVpnGateway firewall
    firewallPolicy firewallPolicyRule futureReservation globalVmExtensionPolicy host image
    instanceGroupManagerResizeRequest instanceSettings instanceTemplate instantSnapshot
    instantSnapshotGroup interconnect interconnectAttachment interconnectAttachmentGroup
    InterconnectGroup interconnectGroup interconnectLocation interconnectRemoteLocation license
    licenseCode machineImage machineType network networkAttachment networkProfile nodeGroup
    nodeTemplate nodeType operation packetMirroring previewFeature project publicAdvertisedPrefix
    publicDelegatedPrefix region reliabilityRisk reservation reservationBlock reservationSlot
    reservationSubBlock resourcePolicy rollout rolloutPlan route router savedAttachedDisk savedDisk
    snapshot storagePool storagePoolType targetVpnGateway vmExtensionPolicy vpnGateway vpnTunnel
    wireGroup zone
"""
PASSED_OVER = frozenset(_PASSED_OVER.split())


def item_kind(kind: str) -> str | None:
    """The kind of a list's items, for ``compute#urlMapList``; None if it is no list's kind."""
    for suffix in ("AggregatedList", "List"):
        if kind.startswith(PREFIX) and kind.endswith(suffix):
            return kind.removesuffix(suffix)
    return None
