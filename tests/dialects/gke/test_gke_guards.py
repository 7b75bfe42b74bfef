"""Nothing that is written wrongly opens a backend that was to be guarded."""

from __future__ import annotations

import pytest
from gke_cases import options

from penstock.dialects import translate
from penstock.model import FixedResponse, Forward, UrlMapName
from penstock.objects.parse import parse_text
from penstock.objects.world import World

MANIFEST = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: ANNOTATION
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: guarded}
spec: SPEC
"""
DEFAULT = """'{"default": "guarded"}'"""
IAP = "{iap: {enabled: true}}"


def answer(annotation: str, spec: str) -> int | None:
    """What everybody gets from the proxy itself; None if requests go to the backend."""
    text = MANIFEST.replace("ANNOTATION", annotation).replace("SPEC", spec)
    model = translate(World(parse_text(text, "in.yaml").objects), options())
    action = model.url_maps[UrlMapName("gke/default/web")].default_action
    assert isinstance(action, FixedResponse | Forward)
    return action.status if isinstance(action, FixedResponse) else None


@pytest.mark.parametrize(
    "annotation",
    [
        DEFAULT,
        """'{"DEFAULT": "guarded"}'""",
        """'{"Ports": {"80": "guarded"}}'""",
        """'{"ports": {"": "guarded"}}'""",
        """'{"ports": {"http": "open"}, "Default": "guarded"}'""",
    ],
)
def test_the_annotation_is_read_as_the_controller_reads_it(annotation: str) -> None:
    assert answer(annotation, IAP) == 403


def test_a_port_that_is_there_without_a_name_has_no_config() -> None:
    assert answer("""'{"ports": {"80": ""}, "default": "guarded"}'""", IAP) is None


@pytest.mark.parametrize("annotation", ["{default: guarded}", "[guarded]", "null", "guarded", "''"])
def test_an_annotation_that_cannot_be_read_refuses(annotation: str) -> None:
    assert answer(annotation, IAP) == 503


@pytest.mark.parametrize(
    "spec",
    [
        "{iap: {enable: true}}",
        "{iap: {}}",
        "{iap: {enabled: null}}",
        '{iap: {enabled: "true"}}',
        "{Iap: {enabled: true}}",
        "{iap: [true]}",
        "{securityPolicy: {nmae: office}}",
        "{securityPolicy: {}}",
        "{securityPolicy: office}",
        "{securityPolcy: {name: office}}",
        "{securitypolicy: {name: office}}",
    ],
)
def test_a_guard_that_cannot_be_read_refuses(spec: str) -> None:
    assert answer(DEFAULT, spec) == 503


@pytest.mark.parametrize(
    "spec", ["{iap: {enabled: false}}", "{iap: null}", '{securityPolicy: {name: ""}}', "{x: 1}"]
)
def test_who_asks_for_no_guard_has_none(spec: str) -> None:
    assert answer(DEFAULT, spec) is None
