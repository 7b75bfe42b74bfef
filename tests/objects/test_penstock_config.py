"""PenstockConfig: what it says, and what each mistake costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from penstock.model import Finding
from penstock.objects.parse import parse_text
from penstock.objects.penstock_config import PenstockConfig

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: office}
spec:
  project: shop
  region: europe-west1
  zone: europe-west1-b
  via: penstock
  gkeClasses: [gce-internal]
  projects:
  - name: shop
    number: '123'
    grants: [{role: compute.loadBalancerServiceUser, to: [front, '77']}]
  - {name: 'example.com:old'}
  regions:
  - {name: europe-west1, zones: [europe-west1-b], neighbours: [europe-north1]}
  networks:
  - {name: default, connected: [office]}
  - {name: default, project: host}
  subnets:
  - {name: clients, region: europe-west1, range: 10.1.0.0/24}
  - {name: proxies, region: europe-west1, range: 10.129.0.0/23, purpose: REGIONAL_MANAGED_PROXY}
  - {name: other, region: europe-west1, range: 10.1.0.0/24, network: elsewhere}
  instances:
  - {name: vm-1, address: 192.168.7.21}
  services:
  - {name: hello, address: 127.0.0.1, port: 8080, protocol: H2C, region: europe-west1, tag: v2}
  - {name: kms.googleapis.com, address: kms.example}
  certificates:
  - {name: shop-example-com, secret: default/shop}
  - {name: 'arn:aws:acm:eu-west-1:1:certificate/x', certificateFile: a.pem, keyFile: a.key}
  addresses:
  - {name: vip, region: europe-west1, address: 10.1.0.80, purpose: SHARED_LOADBALANCER_VIP}
  clients:
  - {ranges: [10.1.0.0/16, 'fd00::/64'], region: europe-west1}
  securityPolicies:
  - name: office-only
    rules:
    - priority: 10
      action: allow
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: [10.2.0.0/16, 10.3.0.1]}}
    - priority: 20
      action: throttle
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: [10.4.0.0/16]}}
      rateLimitOptions:
        conformAction: allow
        exceedAction: deny(429)
        enforceOnKey: IP
        rateLimitThreshold: {count: 100, intervalSec: 60}
    - {priority: 30, action: allow, preview: true, match: {expr: {expression: origin.asn == 1}}}
    - priority: 2147483647
      action: deny(403)
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ['*']}}
"""


class Case(NamedTuple):
    old: str
    new: str
    code: str
    field: str
    says: str
    lost: str


CASES = [
    Case(
        "name: office-only",
        "name: Office",
        "object/bad-name",
        "securityPolicies[0].name",
        "upper-case",
        "securityPolicies",
    ),
    Case(
        "10.2.0.0/16",
        "10.2.0.1/16",
        "object/invalid-address",
        "securityPolicies[0].rules[0].match.config.srcIpRanges[0]",
        "Write 10.2.0.0/16",
        "securityPolicies",
    ),
    Case(
        "10.2.0.0/16",
        '"::ffff:10.2.0.0/112"',
        "object/invalid-address",
        "securityPolicies[0].rules[0].match.config.srcIpRanges[0]",
        "Write 10.2.0.0/16",
        "securityPolicies",
    ),
    Case(
        "10.2.0.0/16",
        '"fe80::1%eth0/128"',
        "object/invalid-address",
        "securityPolicies[0].rules[0].match.config.srcIpRanges[0]",
        "no zone",
        "securityPolicies",
    ),
    Case(
        "10.3.0.1]",
        "office]",
        "object/invalid-address",
        "securityPolicies[0].rules[0].match.config.srcIpRanges[1]",
        "neither a range",
        "securityPolicies",
    ),
    Case(
        "[10.4.0.0/16]",
        "[]",
        "object/invalid-value",
        "securityPolicies[0].rules[1].match.config.srcIpRanges",
        "at least one range",
        "securityPolicies",
    ),
    Case(
        "priority: 10\n",
        "priority: 20\n",
        "object/invalid-value",
        "securityPolicies[0].rules[1].priority",
        "that of rules[0]",
        "securityPolicies",
    ),
    Case(
        "priority: 10\n",
        "priority: -1\n",
        "object/invalid-value",
        "securityPolicies[0].rules[0].priority",
        "0 to 2147483647",
        "securityPolicies",
    ),
    Case(
        "action: throttle",
        "action: refuse",
        "object/invalid-value",
        "securityPolicies[0].rules[1].action",
        "it is one of allow",
        "securityPolicies",
    ),
    Case(
        "action: throttle",
        "action: rate_based_ban",
        "object/invalid-value",
        "securityPolicies[0].rules[1].action",
        "preview: true",
        "securityPolicies",
    ),
    Case(
        "action: throttle",
        "action: allow",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions",
        "only throttle",
        "securityPolicies",
    ),
    Case(
        "    - priority: 10\n      action: allow",
        "    - priority: 10\n      action: throttle",
        "object/missing-field",
        "securityPolicies[0].rules[0]",
        "rateLimitOptions",
        "securityPolicies",
    ),
    Case(
        "preview: true, ",
        "",
        "object/invalid-value",
        "securityPolicies[0].rules[2].match.expr",
        "`priority: 30` cannot be enforced, Penstock evaluates none: `origin.asn == 1`",
        "securityPolicies",
    ),
    Case(
        "srcIpRanges: ['*']",
        "srcIpRanges: [10.9.0.0/16]",
        "object/invalid-value",
        "securityPolicies[0].rules[3].match.config.srcIpRanges",
        "for everybody",
        "securityPolicies",
    ),
    Case(
        "conformAction: allow",
        "conformAction: deny",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions.conformAction",
        "allow",
        "securityPolicies",
    ),
    Case(
        "exceedAction: deny(429)",
        "exceedAction: redirect",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions.exceedAction",
        "deny(429)",
        "securityPolicies",
    ),
    Case(
        "enforceOnKey: IP",
        "enforceOnKey: HTTP_HEADER",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions.enforceOnKey",
        "ALL or IP",
        "securityPolicies",
    ),
    Case(
        "count: 100",
        "count: 0",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions.rateLimitThreshold.count",
        "1 or more",
        "securityPolicies",
    ),
    Case(
        "intervalSec: 60",
        "intervalSec: 61",
        "object/invalid-value",
        "securityPolicies[0].rules[1].rateLimitOptions.rateLimitThreshold.intervalSec",
        "it is 10, 30",
        "securityPolicies",
    ),
    Case(
        "range: 10.1.0.0/24}",
        "range: 10.1.0.0}",
        "object/invalid-address",
        "subnets[0].range",
        "range such as",
        "subnets",
    ),
    Case(
        "range: 10.129.0.0/23",
        "range: 10.129.1.0/23",
        "object/invalid-address",
        "subnets[1].range",
        "Write 10.129.0.0/23",
        "subnets",
    ),
    Case(
        "range: 10.129.0.0/23",
        "range: 10.1.0.128/25",
        "object/invalid-address",
        "subnets[1].range",
        "overlaps with 10.1.0.0/24 of subnets[0]",
        "subnets",
    ),
    Case(
        "REGIONAL_MANAGED_PROXY",
        "REGIONAL_PROXY",
        "object/invalid-value",
        "subnets[1].purpose",
        "REGIONAL_MANAGED_PROXY",
        "subnets",
    ),
    Case(
        "name: other",
        "name: clients",
        "object/invalid-value",
        "subnets[2]",
        "already, in subnets[0]",
        "subnets",
    ),
    Case(
        "number: '123'",
        "number: abc",
        "object/invalid-value",
        "projects[0].number",
        "digits",
        "projects",
    ),
    Case(
        "[europe-west1-b]", "[Europe]", "object/bad-name", "regions[0].zones[0]", "upper-case", ""
    ),
    Case(
        "neighbours: [europe-north1]",
        "neighbours: [europe-west1]",
        "object/invalid-value",
        "regions[0].neighbours[0]",
        "its own neighbour",
        "",
    ),
    Case(
        "192.168.7.21",
        "192.168.7",
        "object/invalid-address",
        "instances[0].address",
        "IP address",
        "instances",
    ),
    Case(
        "address: kms.example",
        "address: kms_example",
        "object/invalid-address",
        "services[1].address",
        "neither an IP address nor a DNS name",
        "services",
    ),
    Case(
        "port: 8080",
        "port: 80800",
        "object/invalid-value",
        "services[0].port",
        "from 1 to 65535",
        "services",
    ),
    Case(
        "protocol: H2C",
        "protocol: GRPC",
        "object/invalid-value",
        "services[0].protocol",
        "one of",
        "services",
    ),
    Case(
        "name: kms.googleapis.com, address: kms.example",
        "name: hello, address: kms.example, region: europe-west1, tag: v2",
        "object/invalid-value",
        "services[1]",
        "already, in services[0]",
        "services",
    ),
    Case(
        "secret: default/shop",
        "secret: shop",
        "object/invalid-value",
        "certificates[0].secret",
        "NAMESPACE/NAME",
        "certificates",
    ),
    Case(
        ", secret: default/shop",
        "",
        "object/missing-field",
        "certificates[0]",
        "neither a secret nor files",
        "certificates",
    ),
    Case(
        ", keyFile: a.key",
        "",
        "object/missing-field",
        "certificates[1]",
        "`keyFile` is missing",
        "certificates",
    ),
    Case(
        ", keyFile: a.key",
        ", keyFile: a.key, secret: a/b",
        "object/invalid-value",
        "certificates[1]",
        "both a secret and",
        "certificates",
    ),
    Case(
        "SHARED_LOADBALANCER_VIP",
        "SHARED",
        "object/invalid-value",
        "addresses[0].purpose",
        "one of",
        "addresses",
    ),
    Case(
        "10.1.0.0/16", "10.1.0.0/33", "object/invalid-address", "clients[0].ranges[0]", "range", ""
    ),
    Case(
        "role: compute.load",
        "role: compute.Load",
        "object/invalid-value",
        "projects[0].grants[0].role",
        "one of compute.loadBalancerServiceUser",
        "",
    ),
    Case(
        "to: [front,",
        "to: [Front,",
        "object/bad-name",
        "projects[0].grants[0].to[0]",
        "front",
        "",
    ),
    Case(
        "name: default, project: host}",
        "name: default}",
        "object/invalid-value",
        "networks[1]",
        "networks[0]",
        "networks",
    ),
    Case(
        "connected: [office]}",
        "conected: [office]}",
        "object/unknown-field",
        "networks[0].conected",
        "connected",
        "",
    ),
    Case(
        "gkeClasses: [gce-internal]",
        "gkeClasses: [gce-intern]",
        "object/invalid-value",
        "gkeClasses[0]",
        "one of gce, gce-internal",
        "gke_classes",
    ),
    Case("via: penstock", "via: a b", "object/invalid-value", "via", "one word", ""),
    Case(
        "instances:",
        "machines: []\n  instances:",
        "object/unknown-field",
        "machines",
        "no field",
        "",
    ),
    Case(
        "name: vm-1, ",
        "name: vm-1, adress: 1.1.1.1, ",
        "object/unknown-field",
        "instances[0].adress",
        "no field",
        "",
    ),
]


def spec_of(text: str) -> Any:
    (obj,) = parse_text(text, "f.yaml").objects
    assert isinstance(obj.resource, PenstockConfig)
    return obj.resource.spec


def test_a_good_one() -> None:
    assert not mistakes(CONFIG)
    assert spec_of(CONFIG).subnets[1].purpose == "REGIONAL_MANAGED_PROXY"
    assert spec_of(CONFIG).certificates[1].key_file == "a.key"


def test_none_of_it_is_needed() -> None:
    text = "apiVersion: penstock.dev/v1alpha1\nkind: PenstockConfig\nmetadata: {name: empty}\n"
    assert spec_of(text).subnets == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.field}:{case.new[:30]!r}")
def test_one_mistake_one_finding(case: Case) -> None:
    assert CONFIG.count(case.old) == 1
    text = CONFIG.replace(case.old, case.new)
    (finding,) = mistakes(text)
    assert (finding.code, finding.origin.field) == (case.code, f"spec.{case.field}")
    assert case.says in finding.message + finding.hint, finding
    good, left = spec_of(CONFIG), spec_of(text)
    for field in (
        *("projects", "regions", "networks", "subnets", "instances", "services"),
        *("certificates", "addresses"),
    ):
        lost = 1 if field == case.lost else 0
        assert len(getattr(left, field)) == len(getattr(good, field)) - lost


def mistakes(text: str) -> list[Finding]:
    return list(parse_text(text, "f.yaml").findings)


def test_a_grant_with_a_mistake_grants_nothing() -> None:
    good = spec_of(CONFIG)
    bad = spec_of(CONFIG.replace("role: compute.load", "role: compute.Load"))
    assert [grant.to for grant in good.projects[0].grants] == [("front", "77")]
    assert [project.grants for project in bad.projects] == [(), ()]


def test_a_class_of_gke_with_a_mistake_serves_no_class_instead_of_all() -> None:
    assert spec_of(CONFIG.replace("[gce-internal]", "[internal]")).gke_classes == ()


def test_the_example_of_the_documentation_is_good() -> None:
    page = (DOCS / "penstock-config.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert not mistakes(example)
    assert spec_of(example).project == "shop"


def test_the_json_schema_says_what_the_types_say() -> None:
    schema = json.loads((DOCS / "penstock-config.schema.json").read_text(encoding="utf-8"))
    subnet = schema["$defs"]["SubnetConfig"]
    assert subnet["required"] == ["name", "region", "range"]
    assert subnet["properties"]["purpose"]["enum"][0] == "PRIVATE"
    assert subnet["properties"]["range"]["description"] == "CIDR."
    assert subnet["additionalProperties"] is False
    assert schema["$defs"]["ObjectMeta"].get("additionalProperties", True) is not False
