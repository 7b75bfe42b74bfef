"""A table: a mistake in a good Cloud DNS resource, and the finding that it gives."""

from __future__ import annotations

import pytest

from penstock.model import Severity
from penstock.objects.dns.record_set import ResourceRecordSet
from penstock.objects.parse import parse_text

GEO = """\
kind: dns#resourceRecordSet
name: api.example.internal.
type: A
ttl: 30
routingPolicy:
  geo:
    items:
    - location: us-east1
      rrdatas: [10.0.0.1]
    - location: europe-west1
      healthCheckedTargets:
        internalLoadBalancers:
        - loadBalancerType: regionalL7ilb
          ipAddress: 10.0.2.1
          port: '80'
          ipProtocol: tcp
          networkUrl: projects/p/global/networks/default
          project: p
          region: europe-west1
        - {ipAddress: 10.0.2.2, port: '80', ipProtocol: tcp}
"""
WRR = """\
kind: dns#resourceRecordSet
name: api.example.internal.
type: A
routingPolicy:
  wrr:
    items:
    - {weight: 1, rrdatas: [10.0.0.1]}
    - {weight: 2.5, rrdatas: [10.0.0.2]}
"""
BACKUP = """\
kind: dns#resourceRecordSet
name: api.example.internal.
type: AAAA
routingPolicy:
  primaryBackup:
    trickleTraffic: 0.1
    primaryTargets: {externalEndpoints: ['fd00::1', 'fd00::2']}
    backupGeoTargets:
      items: [{location: us-east1, rrdatas: ['fd00::3']}]
"""
PLAIN = """\
kind: dns#resourceRecordSet
name: api.example.internal.
type: A
ttl: 30
rrdatas: [10.0.0.1, 10.0.0.2]
"""
ZONE = "kind: dns#managedZone\nname: z\ndnsName: example.internal.\nvisibility: private\n"
ITEM, TARGET = "routingPolicy.geo.items[1]", "healthCheckedTargets.internalLoadBalancers"


@pytest.mark.parametrize("text", [GEO, WRR, BACKUP, PLAIN, ZONE])
def test_good_ones_are_good(text: str) -> None:
    parsed = parse_text(text, "f.yaml")
    assert (len(parsed.objects), parsed.findings) == (1, ())


@pytest.mark.parametrize(
    ("text", "old", "new", "field", "message", "left_out"),
    [
        (
            PLAIN,
            "internal.",
            "internal",
            "name",
            "Invalid value for 'entity.rrset.name': 'api.example.internal'. A name has to end",
            "whole",
        ),
        (
            PLAIN,
            "api.example",
            "a..b",
            "name",
            "Invalid value for 'entity.rrset.name': 'a..b.",
            "whole",
        ),
        (PLAIN, "name: api.example.internal.\n", "", "", "'entity.rrset.name': ''", "whole"),
        (PLAIN, "type: A\n", "", "", "'entity.rrset.type': ''", "whole"),
        (PLAIN, "ttl: 30", "ttl: -1", "ttl", "'entity.rrset.ttl': '-1'", "this value"),
        (PLAIN, "ttl: 30", "ttl: soon", "ttl", "'entity.rrset.ttl': 'soon'", "this value"),
        (
            PLAIN,
            "10.0.0.2",
            "10.0.0.256",
            "rrdatas[1]",
            "'entity.rrset.rrdatas[1]': '10.0.0.256'. It has to be an IPv4 address",
            "this address",
        ),
        (PLAIN, "[10.0.0.1, 10.0.0.2]", "['fd00::1']", "rrdatas[0]", "an IPv4 address", "whole"),
        (
            PLAIN,
            "rrdatas: [10.0.0.1, 10.0.0.2]\n",
            "",
            "",
            "'entity.rrset.rrdatas': '<empty>'",
            "whole",
        ),
        (PLAIN, "ttl: 30", "tll: 30", "tll", 'Unknown name "tll" at', "ignored"),
        (
            GEO,
            "type: A",
            "type: A\nrrdatas: [10.0.0.9]",
            "rrdatas",
            "either addresses or a",
            "whole",
        ),
        (
            GEO,
            "location: europe-west1",
            "location: us-east1",
            f"{ITEM}.location",
            "'entity.rrset.routingPolicy.geo.items[1].location': 'us-east1'. Another item",
            "policy item",
        ),
        (
            GEO,
            "location: us-east1\n      ",
            "",
            "routingPolicy.geo.items[0]",
            "items[0].location': ''",
            "policy item",
        ),
        (
            GEO,
            "rrdatas: [10.0.0.1]",
            "rrdatas: [x]",
            "routingPolicy.geo.items[0].rrdatas[0]",
            "IPv4",
            "policy item",
        ),
        (GEO, "10.0.2.1", "fd00::1", f"{ITEM}.{TARGET}[0].ipAddress", "an IPv4 address", "target"),
        (
            GEO,
            "port: '80'\n",
            "port: '0'\n",
            f"{ITEM}.{TARGET}[0].port",
            "from 1 to 65535",
            "target",
        ),
        (
            GEO,
            "port: '80'\n",
            "port: web\n",
            f"{ITEM}.{TARGET}[0].port",
            "from 1 to 65535",
            "target",
        ),
        (
            GEO,
            "ipProtocol: tcp\n",
            "ipProtocol: TCP\n",
            f"{ITEM}.{TARGET}[0].ipProtocol",
            "one of tcp, udp",
            "target",
        ),
        (
            GEO,
            "regionalL7ilb",
            "regionalL8ilb",
            f"{ITEM}.{TARGET}[0].loadBalancerType",
            "one of globalL7ilb",
            "target",
        ),
        (
            GEO,
            "          region: europe-west1\n",
            "",
            f"{ITEM}.{TARGET}[0]",
            "[0].region': ''",
            "target",
        ),
        (
            WRR,
            "weight: 1",
            "weight: -1",
            "routingPolicy.wrr.items[0].weight",
            "must not be negative",
            "policy item",
        ),
        (
            WRR,
            "wrr:",
            "geo: {items: [{location: x, rrdatas: [10.0.0.1]}]}\n  wrr:",
            "routingPolicy",
            "one routing policy, not geo and wrr",
            "whole",
        ),
        (
            BACKUP,
            "0.1",
            "1.5",
            "routingPolicy.primaryBackup.trickleTraffic",
            "from 0 to 1",
            "this value",
        ),
        (
            BACKUP,
            "'fd00::2'",
            "10.0.0.1",
            "routingPolicy.primaryBackup.primaryTargets.externalEndpoints[1]",
            "an IPv6 address",
            "target",
        ),
        (
            BACKUP,
            "primaryTargets",
            "primaryTarget",
            "routingPolicy.primaryBackup.primaryTarget",
            "Unknown name",
            "whole",
        ),
        (ZONE, "internal.", "internal", "dnsName", "'entity.managedZone.dnsName'", "whole"),
        (ZONE, "private", "hidden", "visibility", "one of private, public", "whole"),
        (ZONE, "dnsName: example.internal.\n", "", "", "'entity.managedZone.dnsName': ''", "whole"),
    ],
)
def test_a_mistake(text: str, old: str, new: str, field: str, message: str, left_out: str) -> None:
    assert old in text
    parsed = parse_text(text.replace(old, new, 1), "f.yaml")
    [finding] = parsed.findings
    assert finding.origin.field == field
    assert message in finding.message
    assert bool(parsed.objects) is (left_out != "whole")
    if left_out not in ("whole", "ignored"):
        assert f"nly {left_out}" in finding.message or f"this {left_out}" in finding.message
    if left_out != "ignored":
        assert finding.severity is Severity.ERROR


def test_two_of_one_name_and_type_are_one_too_many() -> None:
    parsed = parse_text(f"{PLAIN}---\n{PLAIN.replace('api', 'API')}---\n{BACKUP}", "f.yaml")
    assert [obj.ref for obj in parsed.objects] == [
        "resourceRecordSet A api.example.internal.",
        "resourceRecordSet AAAA api.example.internal.",
    ]
    [finding] = parsed.findings
    assert finding.code == "object/duplicate"


def test_numbers_may_be_strings_as_in_the_api() -> None:
    [obj] = parse_text(GEO.replace("ttl: 30", "ttl: '30'"), "f.yaml").objects
    assert isinstance(obj.resource, ResourceRecordSet)
    assert obj.resource.ttl == 30
