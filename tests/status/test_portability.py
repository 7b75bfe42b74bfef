"""`penstock check` parts what GKE would say from what holds of Penstock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from penstock.cli.app import app

GKE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    kubernetes.io/ingress.class: gce
    networking.gke.io/suppress-firewall-xpn-error: "true"
spec:
  defaultBackend: {service: {name: wbe, port: {number: 80}}}
"""
PLAIN = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: wbe, port: {number: 80}}}}
"""


def run(tmp_path: Path, text: str, *options: str) -> str:
    (tmp_path / "in.yaml").write_text(text)
    result = CliRunner().invoke(app, ["check", "-f", str(tmp_path), *options])
    assert result.exit_code == 2, result.output
    return result.stdout


def test_gkes_verdicts_come_first_and_apart(tmp_path: Path):
    theirs, _, ours = run(tmp_path, GKE).partition("\nHere:\n")
    assert theirs.startswith("On GKE, which would reject or warn about this itself:\n")
    assert "[gke/service-not-found]" in theirs
    assert "[gke/annotation-no-effect]" not in theirs
    assert "[gke/annotation-no-effect]" in ours
    assert ours.splitlines()[-1] == "1 error, 1 note; on GKE: 1 error"


def test_without_any_there_are_no_sections(tmp_path: Path):
    text = run(tmp_path, PLAIN)
    assert "GKE" not in text
    assert "Here:" not in text
    assert text.splitlines()[-1].startswith("1 error")


@pytest.mark.parametrize(
    ("text", "about"), [(GKE, {"gke", None}), (PLAIN, {None})], ids=["gke", "plain"]
)
def test_the_json_says_it_of_each_finding(tmp_path: Path, text: str, about: set[str | None]):
    found = json.loads(run(tmp_path, text, "--output", "json"))
    assert {finding["about"] for finding in found} == about
