"""Which kinds Penstock reads, which it passes over, and which it will read one day."""

from __future__ import annotations

from penstock.objects.compute import kinds as compute
from penstock.objects.core import ConfigMap, Namespace, Node, Secret
from penstock.objects.dns import kinds as dns
from penstock.objects.endpoints import Endpoints, EndpointSlice
from penstock.objects.gke import KINDS as GKE_KINDS
from penstock.objects.ingress import Ingress, IngressClass
from penstock.objects.meta import Resource
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.service import Service
from penstock.objects.workloads import DaemonSet, Deployment, Pod, ReplicaSet, StatefulSet

_READ: tuple[type[Resource], ...] = (
    Ingress,
    IngressClass,
    Service,
    EndpointSlice,
    Endpoints,
    Secret,
    ConfigMap,
    Namespace,
    Node,
    Pod,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    PenstockConfig,
    *GKE_KINDS,
    *compute.KINDS.values(),
    *dns.KINDS.values(),
)
KINDS: dict[str, type[Resource]] = {kind.KIND: kind for kind in _READ}
"""The kinds that are read."""

REMOVED_VERSIONS: dict[str, tuple[str, ...]] = {
    "Ingress": ("extensions/v1beta1", "networking.k8s.io/v1beta1"),
    "IngressClass": ("networking.k8s.io/v1beta1",),
    "EndpointSlice": ("discovery.k8s.io/v1alpha1", "discovery.k8s.io/v1beta1"),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"),
        ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"),
    ),
}
"""API versions that carried a kind once and were removed from Kubernetes."""

# Kinds of Kubernetes' own groups that have nothing to do with load balancing.
_OWN = """
    APIService Binding CSIDriver CSINode CSIStorageCapacity CertificateSigningRequest ClusterRole
    ClusterRoleBinding ClusterTrustBundle ComponentStatus ControllerRevision CronJob
    CustomResourceDefinition DeviceClass Event Eviction FlowSchema HorizontalPodAutoscaler
    IPAddress Job Lease LimitRange LocalSubjectAccessReview MutatingAdmissionPolicy
    MutatingAdmissionPolicyBinding MutatingWebhookConfiguration NetworkPolicy PersistentVolume
    PersistentVolumeClaim PodDisruptionBudget PodMetrics NodeMetrics PodPreset PodSecurityPolicy
    PodTemplate PriorityClass PriorityLevelConfiguration ReplicationController ResourceClaim
    ResourceClaimTemplate ResourceQuota ResourceSlice Role RoleBinding RuntimeClass Scale
    SelfSubjectAccessReview ServiceAccount ServiceCIDR StorageClass StorageVersion
    SubjectAccessReview TokenRequest TokenReview ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
    VolumeAttributesClass VolumeSnapshot VolumeSnapshotClass VolumeSnapshotContent
"""
OWN_KINDS = frozenset(_OWN.split())

_OWN_GROUPS = frozenset(
    ("", "apps", "autoscaling", "batch", "events", "extensions", "policy"),
)

# Well-known extensions that have nothing to do with load balancing.
_PASSED_OVER = """
    acme.cert-manager.io argoproj.io autoscaling.k8s.io autoscaling.gke.io bitnami.com
    cert-manager.io cilium.io cluster.x-k8s.io crd.projectcalico.org crossplane.io
    external-secrets.io externaldns.k8s.io fluxcd.io generators.external-secrets.io
    helm.toolkit.fluxcd.io image.toolkit.fluxcd.io jaegertracing.io karpenter.k8s.aws karpenter.sh
    keda.sh kustomize.toolkit.fluxcd.io kyverno.io logging.banzaicloud.io longhorn.io
    metallb.io monitoring.coreos.com monitoring.googleapis.com notification.toolkit.fluxcd.io
    opentelemetry.io operators.coreos.com policy.networking.k8s.io postgresql.cnpg.io
    projectcalico.org secrets-store.csi.x-k8s.io security.istio.io snapshot.storage.k8s.io
    source.toolkit.fluxcd.io tekton.dev telemetry.istio.io toolkit.fluxcd.io trust.cert-manager.io
    velero.io vpcresources.k8s.aws wgpolicyk8s.io
"""
PASSED_OVER_GROUPS = frozenset(_PASSED_OVER.split())

_LATER_GROUPS = frozenset(
    (
        "gateway.networking.k8s.io",
        "gateway.networking.x-k8s.io",
        "networking.gke.io",
        "elbv2.k8s.aws",
        "gateway.k8s.aws",
        "aga.k8s.aws",
        "multicluster.x-k8s.io",
        "net.gke.io",
    )
)
_LATER_KINDS = frozenset(("MultiClusterIngress",))


def group_of(api_version: str) -> str:
    """The group of an apiVersion; empty for the core group."""
    return api_version.rpartition("/")[0]


def is_own(group: str) -> bool:
    """Whether a group is Kubernetes' own."""
    return group in _OWN_GROUPS or group.endswith(".k8s.io")


KINDS_OF_OTHERS: dict[str, tuple[str, ...]] = {
    group: tuple(sorted(kind.KIND for kind in _READ if group_of(kind.API_VERSIONS[0]) == group))
    for group in sorted({group_of(kind.API_VERSIONS[0]) for kind in _READ})
    if "." in group and not is_own(group)
}
"""The kinds that are read of groups that are not Kubernetes' own."""


def is_later(api_version: str, kind: str) -> bool:
    """Whether a kind is about load balancing in a dialect that is not built yet."""
    return group_of(api_version) in _LATER_GROUPS or kind in _LATER_KINDS


def is_passed_over(api_version: str, kind: str) -> bool:
    """Whether a kind is well known and has nothing to do with load balancing."""
    group = group_of(api_version)
    return group in PASSED_OVER_GROUPS or (kind in OWN_KINDS and is_own(group))
