"""The annotation `cloud.google.com/neg`, in all spellings that Go's decoder takes."""

from __future__ import annotations

import json

import pytest
from gke_cases import parse

from penstock.dialects.gke.neg_annotation import NegSettings, read_neg_settings
from penstock.objects.service import Service
from penstock.objects.world import World

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{cloud.google.com/neg: {0}}}}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
"""


def read(text: str) -> object:
    world = World(parse(SERVICE.format(json.dumps(text))).objects)
    [service] = world.all(Service)
    return read_neg_settings(service)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"exposed_ports": {"80": {}}}', ""),
        ('{"exposed_ports": {"80": null}}', ""),
        ('{"exposed_ports": {"80": {"name": null}}}', ""),
        ('{"Exposed_Ports": {"80": {"NAME": "mine"}}}', "mine"),
        ('{"exposed_ports": {"80": {"name": "mine", "Name": null}}}', "mine"),
    ],
)
def test_a_port_has_a_group_of_its_own(text: str, name: str) -> None:
    found = read(text)
    assert isinstance(found, NegSettings)
    assert found.exposed == {80: name}


@pytest.mark.parametrize(
    "text",
    [
        '{"exposed_ports": []}',
        '{"exposed_ports": {"80": "mine"}}',
        '{"exposed_ports": {"80": {"name": 1}}}',
        '{"exposed_ports": {"http": {}}}',
        '{"ingress": "true"}',
        '{"zones": "a"}',
    ],
)
def test_what_has_another_type_is_no_annotation(text: str) -> None:
    assert not isinstance(read(text), NegSettings)
