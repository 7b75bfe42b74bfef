"""Groups and capacities: a mistake in a good resource, and the finding that it gives."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from penstock.model import Finding
from penstock.objects.parse import parse_text

TEXT = """\
kind: compute#networkEndpointGroup
name: run
region: r1
networkEndpointType: SERVERLESS
cloudRun: {service: hello}
---
kind: compute#networkEndpointGroup
name: kms
region: r1
networkEndpointType: PRIVATE_SERVICE_CONNECT
pscTargetService: kms.googleapis.com
pscData: {producerPort: 8443}
---
kind: compute#networkEndpointGroup
name: zonal
zone: r1-a
networkEndpointType: GCE_VM_IP_PORT
defaultPort: 80
---
kind: compute#backendService
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
backends:
- group: a
  balancingMode: CUSTOM_METRICS
  customMetrics:
  - {name: queue.depth, maxUtilization: 0.5}
- {group: b, balancingMode: IN_FLIGHT, maxInFlightRequests: 5}
"""


POLICY = """\
name: projects/p/locations/global/serviceLbPolicies/x
createTime: '2026-01-01T00:00:00Z'
loadBalancingAlgorithm: SPRAY_TO_REGION
failoverConfig: {failoverHealthThreshold: 70}
"""


class Case(NamedTuple):
    old: str
    new: str
    field: str
    says: str


CASES = [
    Case("{service: hello}", "{tag: v1}", "cloudRun", "resource.cloudRun.service"),
    Case("{service: hello}", "{service: a}\nappEngine: {}", "", "cloudRun"),
    Case("pscTargetService: kms.googleapis.com\n", "", "", "resource.pscTargetService"),
    Case("producerPort: 8443", "producerPort: 0", "pscData.producerPort", "equal to 1."),
    Case("defaultPort: 80", "cloudRun: {service: a}", "cloudRun", "endpoint type GCE_VM_IP_PORT"),
    Case("defaultPort: 80", "cloudFunction: {}", "cloudFunction", "endpoint type GCE_VM_IP_PORT"),
    Case(
        "defaultPort: 80",
        "pscTargetService: a",
        "pscTargetService",
        "Cannot be set for network endpoint type GCE_VM_IP_PORT.",
    ),
    Case(
        "cloudRun: {service: hello}",
        "cloudRun: {service: hello}\nnetworkEndpoints: [{ipAddress: 10.0.0.1}]",
        "networkEndpoints[0]",
        "cannot be attached to network endpoint type SERVERLESS",
    ),
    Case("queue.depth", "Queue", "backends[0].customMetrics[0].name", "a match of regex"),
    Case("name: queue.depth, ", "", "backends[0].customMetrics[0]", "customMetrics[0].name"),
    Case("0.5", "1.5", "backends[0].customMetrics[0].maxUtilization", "less than or equal to 1"),
    Case(
        "maxInFlightRequests: 5",
        "maxInFlightRequests: -1",
        "backends[1].maxInFlightRequests",
        "greater than or equal to 0",
    ),
]


def findings(text: str) -> list[Finding]:
    return list(parse_text(text, "f.yaml").findings)


def test_the_good_ones_have_no_findings() -> None:
    assert findings(TEXT) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.new[:40])
def test_one_mistake_one_finding(case: Case) -> None:
    assert TEXT.count(case.old) == 1
    (finding,) = findings(TEXT.replace(case.old, case.new))
    assert (finding.origin.field, case.says in finding.message) == (case.field, True), finding


def test_a_policy_is_known_by_its_name() -> None:
    parsed = parse_text(POLICY, "f.yaml")
    assert list(parsed.findings) == []
    (policy,) = parsed.objects
    assert (policy.kind, policy.name) == ("compute#serviceLbPolicy", "x")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Threshold: 70", "Threshold: 0", "greater than or equal to 1."),
        ("Threshold: 70", "Threshold: 100", "less than or equal to 99."),
        ("SPRAY_TO_REGION", "SPRAY_TO_ZONE", "Must be one of ["),
    ],
)
def test_what_policies_may_not_say(old: str, new: str, says: str) -> None:
    parsed = parse_text(POLICY.replace(old, new), "f.yaml")
    (finding,) = parsed.findings
    assert says in finding.message
    assert len(parsed.objects) == 1, "only the value is left out"
