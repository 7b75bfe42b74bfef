"""The table of fields says all of the kinds' fields, and the kinds all of the API's.

The API's side is compute_schema.json: names, types and enumerations, which
scripts/compute_schema.py took out of the API's discovery documents.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from api_schema import check_types
from msgspec import inspect

from penstock.objects.compute.base import ComputeFields, ComputeResource
from penstock.objects.compute.fields import FIELDS, Effect
from penstock.objects.compute.kinds import KINDS, LATER, PASSED_OVER, PREFIX
from penstock.objects.compute.schema_names import schema_name
from penstock.objects.parse import parse_text

DIGEST = Path(__file__).with_name("compute_schema.json")
OURS = {("NetworkEndpointGroup", "networkEndpoints"), ("InstanceGroup", "instances")}
"""Fields that only files have: what the API takes by methods of their own."""
OF_EVERY_RESOURCE = {field.encode_name for field in msgspec.structs.fields(ComputeResource)}
STRUCTS = [kind for kind in FIELDS if kind is not ComputeResource]


@functools.cache
def facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DIGEST.read_text(encoding="utf-8"))
    return found


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    properties: dict[str, Any] = facts()["schemas"][schema_name(kind)]
    return properties


def own_fields(kind: type[msgspec.Struct]) -> set[str]:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    return names - OF_EVERY_RESOURCE if issubclass(kind, ComputeResource) else names


def reached(of: inspect.Type) -> Iterator[type]:
    """Every struct below a type."""
    match of:
        case inspect.UnionType():
            for option in of.types:
                yield from reached(option)
        case inspect.VarTupleType():
            yield from reached(of.item_type)
        case inspect.StructType():
            yield of.cls
            for field in of.fields:
                yield from reached(field.type)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_every_field_has_one_row(kind: type[msgspec.Struct]) -> None:
    rows = [row.name for row in FIELDS[kind]]
    assert len(rows) == len(set(rows))
    assert set(rows) == own_fields(kind)


def test_every_struct_is_in_the_table() -> None:
    every = {cls for kind in KINDS.values() for cls in reached(inspect.type_info(kind))}
    assert {cls for cls in every if issubclass(cls, ComputeFields | ComputeResource)} == set(
        STRUCTS
    )


def test_what_has_no_effect_says_why() -> None:
    for kind, rows in FIELDS.items():
        for row in rows:
            if row.effect in (Effect.NO_EFFECT, Effect.NOT_YET, Effect.NOT_INTERNAL):
                assert row.note, (kind, row)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_every_field_of_the_api_is_known_and_no_other(kind: type[msgspec.Struct]) -> None:
    ours = own_fields(kind) - {field for name, field in OURS if name == kind.__name__}
    theirs = set(schema(kind))
    if issubclass(kind, ComputeResource):
        assert theirs - OF_EVERY_RESOURCE == ours
    else:
        assert theirs == ours


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_enumerations_are_the_apis(kind: type[msgspec.Struct]) -> None:
    for row in FIELDS[kind]:
        assert list(row.values) == schema(kind).get(row.name, {}).get("enum", [])


FORMATS = {"int64": inspect.IntType, "uint64": inspect.IntType}


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_types_are_the_apis(kind: type[msgspec.Struct]) -> None:
    check_types(kind, schema(kind), FORMATS)


def test_every_kind_of_the_api_is_read_passed_over_or_named() -> None:
    said = set(facts()["kinds"])
    parts = {
        *("accessConfig", "attachedDisk", "guestAttributes", "metadata", "networkInterface"),
        *("reference", "screenshot", "securityPolicyRule", "serialPortOutput"),
        *("shieldedInstanceIdentity", "backendServiceGroupHealth", "compositeHealthCheckHealth"),
        *("healthSourceHealth", "targetPoolInstanceHealth", "projectsGetXpnResources"),
    }
    """Answers and parts of resources, which are no resources."""
    read = {kind.removeprefix(PREFIX) for kind in KINDS}
    assert said - parts - read - LATER - PASSED_OVER == set()


def idle(text: str) -> dict[str, str]:
    parsed = parse_text(text, "f.yaml")
    assert {finding.code for finding in parsed.findings} <= {"compute/field-no-effect"}
    return {finding.origin.field: finding.message for finding in parsed.findings}


def test_fields_without_effect_are_said_once_for_each_reason() -> None:
    text = """\
kind: compute#backendService
name: web
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
enableCDN: true
cdnPolicy: {cacheMode: CACHE_ALL_STATIC}
backends:
- {group: a, balancingMode: RATE, maxRate: 5, failover: true}
- {group: b, balancingMode: RATE, maxRate: 5, failover: true}
"""
    said = idle(text)
    assert len(said) == 2
    assert "`cdnPolicy` and `enableCDN` have no effect here: for external" in said["cdnPolicy"]
    passthrough = said["backends[0].failover"]
    assert "`backends[0].failover` has no effect here: for passthrough" in passthrough
    assert "backends[1]" not in passthrough


def test_what_the_api_prints_for_what_nobody_wrote_is_no_finding() -> None:
    text = """\
kind: compute#backendService
name: web
id: '123'
creationTimestamp: '2026-01-01T00:00:00.000-08:00'
description: ''
fingerprint: abcd=
selfLink: https://www.googleapis.com/compute/v1/projects/p/regions/r/backendServices/web
region: https://www.googleapis.com/compute/v1/projects/p/regions/r
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
port: 80
affinityCookieTtlSec: 0
sessionAffinity: NONE
localityLbPolicy: ROUND_ROBIN
connectionDraining: {drainingTimeoutSec: 0}
enableCDN: false
logConfig: {enable: false}
timeoutSec: 30
backends:
- {group: a, balancingMode: UTILIZATION, capacityScaler: 1.0}
"""
    assert idle(text) == {}


def test_what_is_for_another_scheme_is_not_measured_by_this_one() -> None:
    rule = "kind: compute#forwardingRule\nname: a\nallPorts: true\nloadBalancingScheme: INTERNAL\n"
    assert idle(rule) == {}
