"""How a backend service shares requests out over groups: its policy, and subsetting.

https://docs.cloud.google.com/load-balancing/docs/service-lb-policy
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.index import Located
from penstock.model import BalancingAlgorithm, Finding, ServiceLbPolicy, Setting
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy as PolicyResource
from penstock.objects.meta import Object

_SUBSETTING: Final = "CONSISTENT_HASH_SUBSETTING"


def read_lb_policy(
    obj: Object[PolicyResource], findings: list[Finding]
) -> Setting[ServiceLbPolicy]:
    """What a service load balancing policy says."""
    drain = obj.resource.auto_capacity_drain
    auto = drain.enable if drain is not None else None
    where = obj.origin("autoCapacityDrain", "enable")
    policy = ServiceLbPolicy(
        algorithm=_algorithm(obj, findings),
        auto_capacity_drain=None if auto is None else Setting(auto, where),
        failover_threshold=_threshold(obj),
        isolation=_isolation(obj, findings),
    )
    return Setting(policy, obj.origin())


def _algorithm(obj: Object[PolicyResource], findings: list[Finding]) -> Setting[BalancingAlgorithm]:
    written = obj.resource.load_balancing_algorithm
    if written in (None, "LOAD_BALANCING_ALGORITHM_UNSPECIFIED"):
        return defaults.BALANCING_ALGORITHM
    algorithm = BalancingAlgorithm(written)
    origin = obj.origin("loadBalancingAlgorithm")
    if algorithm is BalancingAlgorithm.SPRAY_TO_WORLD:
        message = (
            "SPRAY_TO_WORLD is for Cloud Service Mesh; the API refuses it for load balancers, "
            "and Penstock does what it says"
        )
        findings.append(codes.LB_POLICY.at(origin, message, "use SPRAY_TO_REGION"))
    return Setting(algorithm, origin)


def _threshold(obj: Object[PolicyResource]) -> Setting[float]:
    config = obj.resource.failover_config
    written = config.failover_health_threshold if config is not None else None
    if written is None:
        return defaults.FAILOVER_THRESHOLD
    return Setting(float(written), obj.origin("failoverConfig", "failoverHealthThreshold"))


def _isolation(obj: Object[PolicyResource], findings: list[Finding]) -> Setting[bool] | None:
    config = obj.resource.isolation_config
    if config is None or config.isolation_mode in (None, "ISOLATION_MODE_UNSPECIFIED"):
        return None
    origin = obj.origin("isolationConfig", "isolationMode")
    if config.isolation_granularity != "REGION":
        message = f"isolationMode {config.isolation_mode} has no effect without a granularity"
        hint = "write isolationGranularity: REGION"
        findings.append(codes.LB_POLICY.at(origin, message, hint))
        return None
    if config.isolation_mode == "NEAREST":
        message = (
            "isolationMode NEAREST has no effect yet: what the nearest region cannot take goes "
            "to the next"
        )
        findings.append(codes.LB_POLICY.at(origin, message, "STRICT keeps requests in the region"))
    return Setting(config.isolation_mode == "STRICT", origin)


def read_subsetting(
    at: Located, obj: Object[BackendService], findings: list[Finding]
) -> Setting[bool] | None:
    """Whether each proxy gets a share of the endpoints only; of regional services."""
    settings = obj.resource.subsetting
    if settings is None or settings.policy is None:
        return None
    origin = obj.origin("subsetting", "policy")
    is_on = settings.policy == _SUBSETTING
    if is_on and at.location == GLOBAL:
        message = (
            f"Invalid value for field 'resource.subsetting.policy': '{settings.policy}'. "
            "Subsetting is supported for regional backend services only; it has no effect"
        )
        findings.append(codes.REGIONAL_ONLY.at(origin, message))
        return None
    return Setting(is_on, origin)
