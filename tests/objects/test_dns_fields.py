"""The table of Cloud DNS' fields says all of the kinds' fields, and the kinds all of the API's.

The API's side is dns_schema.json, which scripts/compute_schema.py took out of the API's
discovery document.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from api_schema import check_types

from penstock.objects.compute.fields import Effect
from penstock.objects.dns.base import PREFIX, DnsFields, DnsResource
from penstock.objects.dns.fields import FIELDS
from penstock.objects.dns.kinds import KINDS, LISTS, PASSED_OVER
from penstock.objects.dns.schema_names import schema_name
from penstock.objects.parse import parse_text

DIGEST = Path(__file__).with_name("dns_schema.json")
STRUCTS = list(FIELDS)
OURS = {"apiVersion", "metadata"}


@functools.cache
def facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DIGEST.read_text(encoding="utf-8"))
    return found


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    properties: dict[str, Any] = facts()["schemas"][schema_name(kind)]
    return properties


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)} - OURS


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_rows_fields_and_the_api_agree(kind: type[msgspec.Struct]) -> None:
    rows = [row.name for row in FIELDS[kind]]
    assert len(rows) == len(set(rows))
    assert set(rows) == fields_of(kind) == set(schema(kind))


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_enumerations_are_the_apis(kind: type[msgspec.Struct]) -> None:
    for row in FIELDS[kind]:
        assert sorted(row.values) == schema(kind)[row.name].get("enum", []), row.name


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_types_are_the_apis(kind: type[msgspec.Struct]) -> None:
    check_types(kind, schema(kind))


def test_every_struct_is_in_the_table() -> None:
    every = {cls for cls in _below(DnsFields) if cls.__module__.startswith("penstock")}
    assert every | set(KINDS.values()) == set(STRUCTS)


def _below(kind: type) -> set[type]:
    return {*kind.__subclasses__(), *(c for sub in kind.__subclasses__() for c in _below(sub))}


def test_what_has_no_effect_says_why() -> None:
    for kind, rows in FIELDS.items():
        for row in rows:
            if row.effect in (Effect.NO_EFFECT, Effect.NOT_YET, Effect.NOT_INTERNAL):
                assert row.note, (kind, row)


def test_every_resource_of_the_api_is_read_or_passed_over() -> None:
    parts = {schema_name(kind) for kind in STRUCTS if not issubclass(kind, DnsResource)}
    mine = {kind.removeprefix(PREFIX) for kind in KINDS} | PASSED_OVER
    unknown = {
        kind
        for kind in set(facts()["kinds"]) - mine
        if not any(part[:1].lower() + part[1:] == kind for part in parts)
    }
    assert {kind for kind in unknown if not _is_part(kind)} == set()


def _is_part(kind: str) -> bool:
    """Parts of resources have the name of what they are in at the beginning."""
    wholes = ("dnsKey", "managedZone", "policy", "quota", "responsePolicy", "rRSetRoutingPolicy")
    return kind.startswith(wholes)


def idle(text: str) -> dict[str, str]:
    parsed = parse_text(text, "f.yaml")
    assert {finding.code for finding in parsed.findings} <= {"dns/field-no-effect"}
    return {finding.origin.field: finding.message for finding in parsed.findings}


def test_what_gcloud_prints_is_no_finding() -> None:
    text = """\
cloudLoggingConfig: {kind: dns#managedZoneCloudLoggingConfig}
creationTime: '2026-05-01T10:00:00.000Z'
description: ''
dnsName: example.internal.
id: '1234567890123456789'
kind: dns#managedZone
name: internal
nameServers: [ns-gcp-private.googledomains.com.]
privateVisibilityConfig:
  kind: dns#managedZonePrivateVisibilityConfig
  networks:
  - kind: dns#managedZonePrivateVisibilityConfigNetwork
    networkUrl: https://www.googleapis.com/compute/v1/projects/p/global/networks/default
visibility: private
---
kind: dns#resourceRecordSet
name: example.internal.
rrdatas: ['ns-gcp-private.googledomains.com. cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300']
signatureRrdatas: []
ttl: 21600
type: SOA
"""  # noqa: E501
    assert idle(text) == {}


def test_fields_without_effect_are_said() -> None:
    text = """\
kind: dns#managedZone
name: internal
dnsName: example.internal.
dnssecConfig: {state: 'on', nonExistence: nsec3}
cloudLoggingConfig: {enableLogging: true}
"""
    said = idle(text)
    assert said.keys() == {"dnssecConfig", "cloudLoggingConfig"}
    assert "answers are not signed" in said["dnssecConfig"]


RECORD = {"kind": "dns#resourceRecordSet", "name": "a.b.", "type": "A", "rrdatas": ["10.0.0.1"]}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([RECORD]),
        json.dumps({"kind": "dns#resourceRecordSetsListResponse", "rrsets": [RECORD]}),
        json.dumps(RECORD),
        json.dumps({**RECORD, "apiVersion": "dns/v1"}),
    ],
)
def test_every_shape_that_is_printed_is_read(text: str) -> None:
    parsed = parse_text(text, "f.json")
    assert [obj.ref for obj in parsed.objects] == ["resourceRecordSet A a.b."]
    assert parsed.findings == ()


def test_lists_of_zones_and_kinds_to_pass_over() -> None:
    zone = {"kind": "dns#managedZone", "name": "z", "dnsName": "b."}
    listed = parse_text(
        json.dumps({"kind": "dns#managedZonesListResponse", "managedZones": [zone]}), "f.json"
    )
    assert [obj.ref for obj in listed.objects] == ["managedZone z"]
    assert parse_text("kind: dns#policy\nname: p\n", "f.yaml").findings == ()
    for kind in LISTS:
        [finding] = parse_text(f"kind: {kind}\n", "f.yaml").findings
        assert finding.code == "object/wrong-type"


@pytest.mark.parametrize(
    ("kind", "code"),
    [("dns#resourceRecordSets", "object/kind-misspelt"), ("dns#nothing", "object/unknown-kind")],
)
def test_other_kinds(kind: str, code: str) -> None:
    [finding] = parse_text(f"kind: {kind}\nname: x\n", "f.yaml").findings
    assert finding.code == code
