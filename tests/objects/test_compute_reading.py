"""Compute resources out of files: every shape that gcloud prints, and how they are told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.kinds import KINDS
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.parse import parse_text
from penstock.objects.world import World

LINK = "https://www.googleapis.com/compute/v1/projects/shop"


def refs(text: str) -> list[str]:
    parsed = parse_text(text, "f.yaml")
    assert not parsed.findings, parsed.findings
    return [obj.ref for obj in parsed.objects]


@pytest.mark.parametrize(
    ("fields", "ref"),
    [
        ({}, "urlMap global/web"),
        ({"region": "us-central1"}, "urlMap us-central1/web"),
        ({"region": "regions/us-central1"}, "urlMap us-central1/web"),
        ({"region": f"{LINK}/regions/us-central1"}, "urlMap shop/us-central1/web"),
        ({"selfLink": f"{LINK}/regions/us-central1/urlMaps/web"}, "urlMap shop/us-central1/web"),
        ({"selfLink": f"{LINK}/global/urlMaps/web"}, "urlMap shop/global/web"),
    ],
)
def test_what_a_resource_is_called(fields: dict[str, str], ref: str) -> None:
    value = {"kind": "compute#urlMap", "name": "web", "defaultService": "web", **fields}
    parsed = parse_text(json.dumps(value), "f.json")
    assert [obj.ref for obj in parsed.objects] == [ref]
    world = World(parsed.objects)
    obj = parsed.objects[0]
    assert world.get(UrlMap, *obj.key) is obj


def test_an_api_version_has_to_be_computes_own() -> None:
    text = "kind: compute#urlMap\nname: web\ndefaultService: web\napiVersion: {}\n"
    assert refs(text.format("compute/v1")) == ["urlMap global/web"]
    parsed = parse_text(text.format("v1"), "f.yaml")
    assert [f.message for f in parsed.findings] == [
        "A compute#urlMap has no apiVersion `v1`. It is left out."
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_known_by_its_kind(kind: str) -> None:
    parsed = parse_text(f"kind: {kind}\nname: x\nselfLink: 5\n", "f.yaml")
    # Whatever else it lacks: it is read as that kind, and the bad field is seen.
    said = " ".join(finding.message for finding in parsed.findings)
    assert "Invalid value for field 'resource.selfLink': '5'" in said
    assert parsed.left_out == {(kind, "-/global", "x")}


def test_several_shapes_in_one_file() -> None:
    text = f"""\
kind: compute#urlMap
name: a
defaultService: web
---
kind: compute#urlMapList
items:
- {{name: b, defaultService: web}}
- {{kind: 'compute#urlMap', name: c, defaultService: web}}
---
- {{kind: 'compute#urlMap', name: d, defaultService: web}}
- {{selfLink: '{LINK}/regions/r/urlMaps/e', name: e, defaultService: web}}
---
kind: compute#urlMapAggregatedList
items:
  global: {{warning: {{code: NO_RESULTS_ON_PAGE}}}}
  regions/r:
    urlMaps: [{{kind: 'compute#urlMap', name: f, region: r, defaultService: web}}]
---
[]
"""
    names = [ref.removeprefix("urlMap ") for ref in refs(text)]
    assert names == ["global/a", "global/b", "global/c", "global/d", "shop/r/e", "r/f"]


def test_positions_in_lists_and_arrays() -> None:
    text = """\
- kind: compute#urlMap
  name: a
  defaultService: web
- kind: compute#backendService
  name: web
  timeoutSec: never
  protocol: HTTP
"""
    parsed = parse_text(text, "f.yaml")
    (finding,) = parsed.findings
    assert finding.origin.position == (6, 3)
    assert finding.message.startswith("Invalid value for field 'resource.timeoutSec': 'never'.")
    assert parsed.objects[0].origin("defaultService").position == (3, 3)


@pytest.mark.parametrize(
    "name",
    [
        "projects/shop/locations/us-central1/serverTlsPolicies/x",
        "projects/shop/locations/us-central1/trustConfigs/x",
        "projects/shop/locations/us-central1/backendAuthenticationConfigs/x",
    ],
)
def test_policies_without_a_kind_are_known_by_their_names(name: str) -> None:
    policy = "mtlsPolicy: {clientValidationMode: ALLOW_INVALID_OR_MISSING_CLIENT_CERT}\n"
    text = f"name: {name}\n{policy if 'serverTls' in name else ''}"
    (obj,) = parse_text(text, "f.yaml").objects
    assert (obj.namespace, obj.name) == ("shop/us-central1", "x")
    assert obj.kind.removeprefix("compute#")[:-1] in name


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("name: w\ndefaultService: x\n", "object/missing-kind", "kind: compute#urlMap"),
        (
            "name: w\nbackends: []\nloadBalancingScheme: INTERNAL_MANAGED\nprotocol: HTTP\n",
            "object/missing-kind",
            "kind: compute#backendService",
        ),
        ("kind: compute#urlmap\nname: w\n", "object/kind-misspelt", "`compute#urlMap`"),
        ("kind: compute#forwardingRules\nname: w\n", "object/kind-misspelt", "forwardingRule`"),
        ("kind: urlMap\nname: w\n", "object/kind-misspelt", "kind: compute#urlMap"),
        ("kind: compute#instance\nname: w\n", "object/not-supported-yet", "PenstockConfig"),
        ("kind: compute#targetPool\nname: w\n", "object/not-supported-yet", ""),
        ("kind: compute#frobnicator\nname: w\n", "object/unknown-kind", ""),
        (
            "apiVersion: v1\nkind: compute#urlMap\nname: w\n",
            "object/wrong-api-version",
            "Remove apiVersion",
        ),
        ("name: projects/p/locations/l/certificates/x\n", "object/not-supported-yet", "PenstockCo"),
        (
            "kind: compute#instanceList\nitems: [{name: a}, {name: b}]\n",
            "object/not-supported-yet",
            "",
        ),
        ("kind: compute#urlMapList\nitems: 5\n", "object/wrong-type", ""),
        ("kind: compute#urlMapList\nid: x\n", None, ""),
        ("kind: compute#firewallList\nitems: [{name: a}]\n", None, ""),
        (f"- selfLink: {LINK}/zones/a/disks/w\n", None, ""),
        ("- {kind: compute#disk}\n- 5\n", "file/not-kubernetes", ""),
        ("- 5\n- 6\n", "file/not-kubernetes", ""),
        ("kind: compute#network\nname: w\n", None, ""),
        ("kind: compute#firewall\nname: w\n", None, ""),
        (f"name: w\nselfLink: {LINK}/zones/a/disks/w\n", None, ""),
    ],
)
def test_what_is_not_read(text: str, code: str | None, says: str) -> None:
    parsed = parse_text(text, "f.yaml")
    assert not parsed.objects
    assert [finding.code for finding in parsed.findings] == ([code] if code else [])
    assert all(says in finding.hint for finding in parsed.findings)


@pytest.mark.parametrize("given", ["45", '"45"', "45.0", "'45'"])
def test_numbers_are_read_in_both_forms(given: str) -> None:
    text = f"kind: compute#backendService\nname: w\nprotocol: HTTP\ntimeoutSec: {given}\n"
    (obj,) = parse_text(text, "f.yaml").objects
    resource: BackendService = obj.resource
    assert resource.timeout_sec == 45


def test_an_id_beyond_signed_64_bits() -> None:
    text = f"kind: compute#urlMap\nname: a\ndefaultService: x\nid: '{2**64 - 1}'\n"
    (obj,) = parse_text(text, "f.yaml").objects
    assert obj.resource.id == 2**64 - 1


@pytest.mark.parametrize("given", ['"4.5"', "true", '""', "4.5", '"1_0"', f'"{2**64}"', "[4]"])
def test_what_is_no_whole_number(given: str) -> None:
    text = f"kind: compute#backendService\nname: w\nprotocol: HTTP\ntimeoutSec: {given}\n"
    (finding,) = parse_text(text, "f.yaml").findings
    assert finding.code == "compute/invalid-value"
    assert "Must be a whole number." in finding.message


def test_unknown_fields_are_ignored_with_the_nearest_known_one() -> None:
    text = """\
kind: compute#urlMap
metadata: {name: web}
name: web
defaultService: web
pathMatcher: []
hostRules:
- {host: [a.example.com], hosts: [a.example.com], pathMatcher: m}
pathMatchers: [{name: m, defaultService: web}]
"""
    parsed = parse_text(text, "f.yaml")
    assert [obj.ref for obj in parsed.objects] == ["urlMap global/web"]
    said = {finding.origin.field: finding for finding in parsed.findings}
    assert {finding.code for finding in parsed.findings} == {"compute/unknown-field"}
    assert "at 'resource': Cannot find field." in said["pathMatcher"].message
    assert "at 'resource.hostRules[0]': Cannot find field." in said["hostRules[0].host"].message
    assert "flat" in said["metadata"].hint


def test_duplicates_name_both_places() -> None:
    text = "kind: compute#urlMap\nname: a\ndefaultService: x\n---\n" * 2
    (finding,) = parse_text(text, "f.yaml").findings
    assert finding.code == "object/duplicate"
    assert "f.yaml:2" in finding.message
    assert "f.yaml:6" in finding.message


def test_one_name_in_two_places_is_two_resources() -> None:
    values: list[dict[str, Any]] = [
        {"kind": "compute#urlMap", "name": "a", "region": region, "defaultService": "x"}
        for region in ("us-central1", "europe-west1")
    ]
    assert len(parse_text(json.dumps(values), "f.json").objects) == 2
