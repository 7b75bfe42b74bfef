"""Numbers of annotations on capacity: those that Go takes, too."""

from __future__ import annotations

import pytest
from gke_cases import parse

from penstock.dialects.gke import codes
from penstock.dialects.gke.services import ServiceSettings, read_service
from penstock.objects.service import Service
from penstock.objects.world import World

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{networking.gke.io/max-rate-per-endpoint: '{0}'}}}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
"""


def read(number: str) -> ServiceSettings:
    world = World(parse(SERVICE.format(number)).objects)
    [service] = world.all(Service)
    return read_service(service)


@pytest.mark.parametrize(
    ("written", "value"),
    [("0", 0.0), ("2.5", 2.5), (".5", 0.5), ("5.", 5.0), ("+1e3", 1000.0), ("1E-1", 0.1)],
)
def test_a_number_is_taken(written: str, value: float) -> None:
    settings = read(written)
    assert (settings.max_rate.value, settings.failures) == (value, ())


@pytest.mark.parametrize(
    "written", ["", " 5", "5 ", "1_000", "٥", "-1", "inf", "nan", "1e999", ".", "1,5", "fast"]
)
def test_what_is_no_number_to_go_is_refused_and_the_default_holds(written: str) -> None:
    settings = read(written)
    assert settings.max_rate.value == 1.0
    assert [failure.code for failure in settings.failures] == [codes.CAPACITY]
