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
        ('{"exposed_ports": {"080": {}}}', ""),
        ('{"exposed_ports": {"+80": {"name": "mine"}}}', "mine"),
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
        '{"exposed_ports": {"2147483648": {}}}',
        '{"exposed_ports": {"\u0668\u0660": {}}}',
        '{"ingress": "true"}',
        '{"zones": "a"}',
    ],
)
def test_what_has_another_type_is_no_annotation(text: str) -> None:
    assert not isinstance(read(text), NegSettings)


def test_null_is_an_annotation_that_asks_for_nothing() -> None:
    found = read("null")
    assert isinstance(found, NegSettings)
    assert not found.ingress
    assert not found.exposed


@pytest.mark.parametrize("port", [-1, 81])
def test_a_port_has_to_be_one_of_the_services(port: int) -> None:
    found = read(f'{{"exposed_ports": {{"{port}": {{}}}}}}')
    assert isinstance(found, NegSettings)
    assert found.refused is not None
    assert found.refused.text == (
        f'port {port} specified in "cloud.google.com/neg" doesn\'t exist in the service'
    )
