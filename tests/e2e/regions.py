"""A cross-region load balancer in two regions, and a regional one, as Compute resources."""

from __future__ import annotations

from collections.abc import Sequence

EAST, EUROPE = "us-east1", "europe-west1"

CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  region: us-central1
  regions:
  - {name: us-east1}
  - {name: europe-west1}
  - {name: us-central1}
  subnets:
  - {name: east, region: us-east1, range: 10.1.0.0/24}
  - {name: europe, region: europe-west1, range: 10.2.0.0/24}
  - {name: central, region: us-central1, range: 10.3.0.0/24}
  - {name: east-proxies, region: us-east1, range: 10.9.1.0/24, purpose: GLOBAL_MANAGED_PROXY}
  - {name: europe-proxies, region: europe-west1, range: 10.9.2.0/24, purpose: GLOBAL_MANAGED_PROXY}
  - {name: east-own, region: us-east1, range: 10.9.4.0/24, purpose: REGIONAL_MANAGED_PROXY}
  - {name: central-own, region: us-central1, range: 10.9.5.0/24, purpose: REGIONAL_MANAGED_PROXY}
---
"""


def neg(name: str, zone: str, addresses: Sequence[str]) -> str:
    endpoints = ", ".join(f"{{ipAddress: {a}, port: 8080}}" for a in addresses)
    return (
        f"{{kind: compute#networkEndpointGroup, name: {name}, zone: {zone}, "
        f"networkEndpointType: GCE_VM_IP_PORT, networkEndpoints: [{endpoints}]}}\n---\n"
    )


def cross_region(name: str = "web", regions: Sequence[str] = (EAST, EUROPE)) -> str:
    """A load balancer with a VIP and a group in each region."""
    subnets = {EAST: "east", EUROPE: "europe"}
    rules = "".join(
        f"{{kind: compute#forwardingRule, name: {name}-{region}, "
        "loadBalancingScheme: INTERNAL_MANAGED, portRange: '80', "
        f"target: {name}, subnetwork: regions/{region}/subnetworks/{subnets[region]}}}\n---\n"
        for region in regions
    )
    groups = ", ".join(
        f"{{group: zones/{region}-b/networkEndpointGroups/{name}-{region}}}" for region in regions
    )
    nets = {EAST: "10.1.0", EUROPE: "10.2.0"}
    return (
        rules
        + f"{{kind: compute#targetHttpProxy, name: {name}, urlMap: {name}}}\n---\n"
        + f"{{kind: compute#urlMap, name: {name}, defaultService: {name}}}\n---\n"
        + f"{{kind: compute#backendService, name: {name}, "
        f"loadBalancingScheme: INTERNAL_MANAGED, backends: [{groups}]}}\n---\n"
        + "".join(
            neg(f"{name}-{region}", f"{region}-b", [f"{nets[region]}.11", f"{nets[region]}.12"])
            for region in regions
        )
    )


def regional(
    name: str, region: str, addresses: Sequence[str] = ("10.1.0.51",), extra: str = ""
) -> str:
    """A load balancer of one region; `extra` are more fields of its backend service."""
    at = f"region: {region}"
    return (
        f"{{kind: compute#forwardingRule, name: {name}, {at}, "
        f"loadBalancingScheme: INTERNAL_MANAGED, portRange: '80', target: {name}}}\n---\n"
        f"{{kind: compute#targetHttpProxy, name: {name}, {at}, urlMap: {name}}}\n---\n"
        f"{{kind: compute#urlMap, name: {name}, {at}, defaultService: {name}}}\n---\n"
        f"{{kind: compute#backendService, name: {name}, {at}, "
        "loadBalancingScheme: INTERNAL_MANAGED, backends: "
        f"[{{group: zones/{region}-b/networkEndpointGroups/{name}}}]{extra}}}\n---\n"
        + neg(name, f"{region}-b", addresses)
    )
