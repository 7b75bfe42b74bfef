"""What `explain` says of requests that miss a rule because it was left out for a mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from e2e.harness import Up, request, up
from penstock.cli import app

SHOP = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {kubernetes.io/ingress.class: gce}}
spec:
  defaultBackend: {service: {name: public, port: {number: 80}}}
  rules:
  - host: a.example
    http:
      paths:
      - {path: /fine, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
      - {path: /other, pathType: Prefix, backend: {service: {name: web}}}
      - {path: /admin/*, pathType: prefix, backend: {service: {name: web, port: {number: 80}}}}
  - host: dup.example
    http:
      paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
  - host: dup.example
    http:
      paths: [{path: /b, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
  - host: bare.example
  - host: all.example
    http:
      paths:
      - {path: /*, backend: {service: {name: web, port: {number: 80}}}}
  - host: open.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /admin, pathType: Prefx, backend: {service: {name: public, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: two, annotations: {kubernetes.io/ingress.class: gce}}
spec:
  rules:
  - host: a.example
    http:
      paths: [{path: /two, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: moved
  annotations:
    kubernetes.io/ingress.class: gce
    networking.gke.io/v1beta1.FrontendConfig: moved
spec:
  tls: [{secretName: moved-tls}]
  rules:
  - host: moved.example
    http:
      paths:
      - {path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /b, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: moved}
spec: {redirectToHttps: {enabled: true}}
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: %s, annotations: {cloud.google.com/neg: '{"ingress": true}'}}
spec: {selector: {app: %s}, ports: [{port: 80, targetPort: 8080}]}
"""
TEXT = SHOP + SERVICE % ("web", "web") + SERVICE % ("public", "public")
ADMIN, OTHER = (f"spec.rules[0].http.paths[{n}]" for n in (3, 2))
PATHS = "2 paths of this host were left out for mistakes, see below"
RULE = "a rule of this host was left out for a mistake, see below"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("left-out") / "shop.yaml"
    path.write_text(TEXT)
    return path


def text_of(file: Path, url: str, *options: str) -> str:
    runner = CliRunner(env={"COLUMNS": "160", "NO_COLOR": "1", "TERM": "dumb"})
    return runner.invoke(app, ["explain", url, "-f", str(file), *options]).output


def told(file: Path, url: str, lb: str = "shop") -> dict[str, Any]:
    options = ("--lb", f"gke/default/{lb}", "-o", "json")
    answer: dict[str, Any] = json.loads(text_of(file, url, *options))
    return answer


def fields(answer: dict[str, Any]) -> list[str]:
    """Rules and paths of the findings, each once."""
    found = (f["field"].partition(".backend")[0] for f in answer["leftOut"])
    return [field.removesuffix(".pathType").removesuffix(".path") for field in found]


@pytest.mark.parametrize(
    ("url", "by", "end", "left_out"),
    [
        ("http://a.example/admin/x", "backend", PATHS, [ADMIN, OTHER]),
        ("http://a.example/other/x", "backend", PATHS, [OTHER, ADMIN]),
        ("http://a.example/nothing", "backend", PATHS, [OTHER, ADMIN]),
        ("http://dup.example/a", "backend", RULE, ["spec.rules[1]"]),
        ("http://bare.example/", "backend", RULE, ["spec.rules[3]"]),
        ("http://all.example/x", "backend", "left out for a mistake, see below",
         ["spec.rules[4].http.paths[0]"]),
        ("http://open.example/admin/x", "backend",
         "a path that would come first was left out for a mistake, see below",
         ["spec.rules[5].http.paths[1]"]),
        ("http://open.example/administrator", "backend", "", []),
        ("http://a.example/fine", "backend", "", []),
        ("http://a.example/gone", "proxy", "there is no such Service", []),
        ("http://nobody.example/", "backend", "", []),
    ],
)  # fmt: skip
def test_what_might_have_taken_the_request_is_listed(
    file: Path, url: str, by: str, end: str, left_out: list[str]
) -> None:
    answer = told(file, url)
    assert answer["answer"]["by"] == by
    assert answer["answer"]["why"].endswith(end) if end else not answer["answer"]["why"]
    assert fields(answer) == left_out


def test_a_404_is_explained_by_the_rule_that_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    default = "  defaultBackend: {service: {name: public, port: {number: 80}}}\n"
    assert default in TEXT
    path.write_text(TEXT.replace(default, ""))
    answer = told(path, "http://dup.example/a")
    assert answer["answer"]["status"] == 404
    assert answer["answer"]["why"] == (
        f"no path of the host matches, and there is no default backend; {RULE}"
    )
    assert [finding["code"] for finding in answer["leftOut"]] == ["gke/duplicate-host"]


def test_the_port_that_redirects_never_had_the_rules(file: Path) -> None:
    assert not told(file, "http://moved.example/b", "moved")["leftOut"]
    [left_out] = told(file, "https://moved.example/b", "moved")["leftOut"]
    assert left_out["code"] == "object/missing-field"


def test_findings_stand_below_and_say_whose_verdict_they_are(file: Path) -> None:
    lines = text_of(file, "http://dup.example/a").splitlines()
    start = lines.index("Left out, else it might have taken the request:")
    assert "warning on GKE: " in lines[start + 1]
    assert "[gke/duplicate-host]" in lines[start + 1]
    gone = text_of(file, "http://a.example/gone", "--lb", "gke/default/shop")
    assert "error on GKE: Translation failed" in gone
    assert "Left out" not in gone


def test_of_many_eight_are_shown(tmp_path: Path) -> None:
    bad = "      - {path: /more%d, backend: {service: {name: web, port: {number: 80}}}}\n"
    mark = "  - host: dup.example\n"
    more = "".join(bad % number for number in range(9)) + mark
    path = tmp_path / "shop.yaml"
    path.write_text(TEXT.replace(mark, more, 1))
    shown = text_of(path, "http://a.example/x", "--lb", "gke/default/shop")
    assert "11 paths of this host were left out for mistakes" in shown
    end = shown[shown.index("Left out, else") :]
    assert end.count(" error: ") == 8
    assert "… and 3 more\n" in end
    assert len(told(path, "http://a.example/x")["leftOut"]) == 11


def test_another_load_balancer_that_has_the_path_is_named(file: Path) -> None:
    shown = text_of(file, "http://a.example/two")
    assert "; gke/default/two would take it, see below" in shown
    note = shown[shown.index("note: gke/default/two at ") :]
    assert "--lb gke/default/two" in note
    for url in ("http://a.example/fine", "http://a.example/nobody"):
        assert "would take it" not in text_of(file, url)


@pytest.fixture(scope="module")
def running(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    state = tmp_path_factory.mktemp("left-out-running") / "state"
    with up([file], state, "--address-pool", "127.10.186.0/24") as instance:
        yield instance


@pytest.mark.parametrize(
    ("host", "path", "service", "left_out"),
    [("a.example", "/admin/x", "public", 2), ("open.example", "/admin/x", "web", 1),
     ("dup.example", "/a", "public", 1), ("dup.example", "/b", "web", 0)],
)  # fmt: skip
def test_requests_go_where_the_running_instance_says_and_it_says_why(
    running: Up, host: str, path: str, service: str, left_out: int
) -> None:
    url = f"http://{host}{path}"
    answer = running.cli("explain", url, "--lb", "gke/default/shop", "-o", "json")
    address = answer["forwardingRule"]["address"]
    assert request(address, path, host=host).echo["service"] == service
    assert answer["answer"]["by"] == "backend"
    assert len(answer["leftOut"]) == left_out
