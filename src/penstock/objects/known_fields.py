"""Names of fields that Kubernetes knows and Penstock does not type.

Only for "did you mean": a name that is in no list and near none of its names is
passed over, because Kubernetes' lists grow.
"""

from __future__ import annotations

import msgspec

from penstock.objects import core, meta, workloads

_METADATA = """
    annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers
    generateName generation labels managedFields name namespace ownerReferences resourceVersion
    selfLink uid
"""
_POD_SPEC = """
    activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy
    enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers
    hostname hostnameOverride imagePullSecrets initContainers nodeName nodeSelector os overhead
    preemptionPolicy priority priorityClassName readinessGates resourceClaims resources
    restartPolicy runtimeClassName schedulerName schedulingGates securityContext serviceAccount
    serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
    terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes workloadRef
"""
_CONTAINER = """
    args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
    readinessProbe resizePolicy resources restartPolicy restartPolicyRules securityContext
    startupProbe stdin stdinOnce targetContainerName terminationMessagePath
    terminationMessagePolicy tty volumeDevices volumeMounts workingDir
"""
_PROBE = """
    exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold
    tcpSocket terminationGracePeriodSeconds timeoutSeconds
"""
_WORKLOAD_SPEC = """
    minReadySeconds ordinals paused persistentVolumeClaimRetentionPolicy podManagementPolicy
    progressDeadlineSeconds replicas revisionHistoryLimit selector serviceName strategy template
    updateStrategy volumeClaimTemplates
"""

FIELDS: dict[type[msgspec.Struct], frozenset[str]] = {
    meta.ObjectMeta: frozenset(_METADATA.split()),
    workloads.PodSpec: frozenset(_POD_SPEC.split()),
    workloads.Container: frozenset(_CONTAINER.split()),
    workloads.ContainerPort: frozenset(["containerPort", "hostIP", "hostPort", "name", "protocol"]),
    workloads.Probe: frozenset(_PROBE.split()),
    workloads.HTTPGetAction: frozenset(["host", "httpHeaders", "path", "port", "scheme"]),
    workloads.HTTPHeader: frozenset(("name", "value")),
    workloads.GRPCAction: frozenset(("port", "service")),
    workloads.TCPSocketAction: frozenset(("host", "port")),
    workloads.WorkloadSpec: frozenset(_WORKLOAD_SPEC.split()),
    workloads.PodTemplateSpec: frozenset(("metadata", "spec")),
    core.NodeAddress: frozenset(("address", "type")),
}
"""What each open type may hold in Kubernetes; types that are not here are not looked at."""

METADATA = FIELDS[meta.ObjectMeta]
