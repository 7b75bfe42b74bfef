"""Every annotation that ingress-nginx documents has a row, and rows do what they say."""

from pathlib import Path

import pytest
from ingress_cases import codes_of, found, translated

from penstock.dialects.ingress.annotations import ValueKind
from penstock.dialects.ingress.nginx import NGINX
from penstock.model import Severity

KNOWN = (Path(__file__).parent / "nginx_annotations.txt").read_text().split()
PREFIX = "nginx.ingress.kubernetes.io/"


def _ingress(annotations: dict[str, str]) -> str:
    lines = "".join(f"    {name}: {value!r}\n" for name, value in annotations.items())
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
{lines}spec:
  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  selector: {{app: web}}
  ports: [{{port: 80}}]
"""


@pytest.mark.parametrize("name", KNOWN)
def test_documented_annotation_has_a_row(name: str):
    assert name in NGINX.rows


def test_list_of_documented_annotations_is_long():
    assert len(set(KNOWN)) >= 117


@pytest.mark.parametrize("name", sorted(set(NGINX.rows)))
def test_annotation_is_never_silent_unless_it_acts(name: str):
    row = NGINX.rows[name]
    value = {"bool": "true", "integer": "7", "size": "8m", "text": "/x"}[row.kind.value]
    findings = [
        f
        for f in translated(_ingress({PREFIX + name: value})).findings
        if f.origin.field.endswith(f'"{PREFIX}{name}"]')
    ]
    quiet = row.acts and name not in ("canary", "backend-protocol")
    assert len(findings) == (0 if quiet else 1)


def test_harmless_values_fit_their_kind():
    for row in NGINX.rows.values():
        if row.kind is ValueKind.BOOL:
            assert all(value.lower() in ("true", "false", "1", "t") for value in row.harmless)


@pytest.mark.parametrize("value", ["false", "False", "0", "f"])
def test_off_is_harmless_however_it_is_written(value: str):
    model = translated(_ingress({PREFIX + "ssl-redirect": value}))
    assert found(model, "ingress/annotation-no-effect").severity is Severity.INFO


def test_annotations_of_others_are_silent():
    model = translated(_ingress({"cert-manager.io/issuer": "x", "kubernetes.io/tls-acme": "true"}))
    assert codes_of(model) == ["service/no-endpoints"]


def test_one_finding_for_each_foreign_family():
    model = translated(
        _ingress(
            {
                "alb.ingress.kubernetes.io/a": "1",
                "alb.ingress.kubernetes.io/b": "1",
                "cloud.google.com/neg": "{}",
            }
        )
    )
    assert codes_of(model).count("ingress/annotation-family") == 2
