"""What `explain` says of GKE Ingresses: of files, and, held against what clients get, of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from e2e.clients import careless
from e2e.harness import Up, address_of, request, up
from penstock.cli import app

Json = dict[str, Any]
NEG = "cloud.google.com/neg: '{\"ingress\": true}'"
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: %s, annotations: {%s}}
spec: {selector: {app: %s}, ports: [{name: http, port: 80, targetPort: 8080}]}
"""
CONFIG = """
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: %s}
spec: %s
"""
SPECS = {
    "guarded": "{iap: {enabled: true, oauthclientCredentials: {secretName: s}}, timeoutSec: 41}",
    "policed": "{securityPolicy: {name: edge}, cdn: {enabled: true}}",
    "broken": "{securityPolicy: {name: odd}}",
    "checked": "{healthCheck: {requestPath: /up, checkIntervalSec: 7, healthyThreshold: 3}}",
    "cached": "{cdn: {enabled: true}, timeoutSec: 9}",
}
HOST = "shop.example"
FRONT = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {kubernetes.io/ingress.class: gce, networking.gke.io/v1beta1.FrontendConfig: fe}
spec:
  tls: [{secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
%s
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: fe}
spec: {redirectToHttps: {enabled: true}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: bare, annotations: {kubernetes.io/ingress.class: gce}}
spec: {defaultBackend: {service: {name: guarded, port: {name: http}}}}
---
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: config}
spec:
  securityPolicies:
  - name: odd
    rules: [{priority: 1, action: denie(403), match: {config: {srcIpRanges: ['*']}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: probed}
spec:
  selector: {matchLabels: {app: probed}}
  template:
    metadata: {labels: {app: probed}}
    spec:
      containers:
      - name: main
        image: x
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 8, timeoutSeconds: 2}
"""
NAMES = (*SPECS, "misspelt", "gone", "probed", "plain")


def manifests() -> str:
    path = (
        "      - {path: /%s, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}"
    )
    parts = [FRONT % "\n".join(path % (name, name) for name in NAMES)]
    for name in NAMES:
        config = {"misspelt": "policd"}.get(name, name)
        annotations = f'{NEG}, cloud.google.com/backend-config: \'{{"default": "{config}"}}\''
        if name in ("probed", "plain"):
            annotations = NEG
        if name != "gone":
            parts.append(SERVICE % (name, annotations, name))
    return "".join([*parts, *(CONFIG % item for item in SPECS.items())])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain-gke") / "shop.yaml"
    path.write_text(manifests())
    return path


def text_of(file: Path, url: str) -> str:
    runner = CliRunner(env={"COLUMNS": "160", "NO_COLOR": "1", "TERM": "dumb"})
    return runner.invoke(app, ["explain", url, "-f", str(file)]).output


def told(file: Path, url: str) -> Json:
    done = CliRunner().invoke(app, ["explain", url, "-f", str(file), "-o", "json"])
    answer: Json = json.loads(done.output)
    return answer


UNSERVED = [
    ("guarded", 403, "default/guarded:80", "IAP is asked for, and Penstock does not check",
     "BackendConfig default/guarded", {"gke/not-guarded"}),
    ("policed", 403, "default/policed:80", "there is no security policy edge",
     "BackendConfig default/policed",
     {"gke/security-policy-not-found", "gke/field-no-effect", "object/invalid-value"}),
    ("broken", 403, "default/broken:80", "there is no security policy odd",
     "BackendConfig default/broken", {"gke/security-policy-not-found", "object/invalid-value"}),
    ("misspelt", 503, "default/misspelt:80", "BackendConfig",
     "Service default/misspelt", {"gke/backend-config"}),
    ("gone", 503, "default/gone:80", "there is no such Service",
     "Ingress default/shop", {"gke/service-not-found"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "backend", "reason", "where", "codes"), UNSERVED)
def test_a_route_that_answers_by_itself_says_for_whom_and_why(
    file: Path, name: str, status: int, backend: str, reason: str, where: str, codes: set[str]
) -> None:
    answer = told(file, f"https://{HOST}/{name}")
    assert (answer["answer"]["by"], answer["answer"]["status"]) == ("proxy", status)
    assert answer["answer"]["why"].startswith(f"{backend} is not asked: ")
    unserved = answer["action"]["unserved"]
    assert unserved["backend"] == backend
    assert reason in unserved["reason"]
    assert unserved["origin"]["object"] == where
    found = {finding["code"] for finding in answer["findings"]}
    assert found >= codes
    objects = {finding["object"] for finding in answer["findings"]}
    assert not objects & {f"BackendConfig default/{other}" for other in SPECS if other != name}


def test_an_answer_of_its_own_is_shown_beside_the_backend_that_should_have_given_it(
    file: Path,
) -> None:
    lines = text_of(file, f"https://{HOST}/policed").splitlines()
    [line] = [line for line in lines if line.startswith("In the place of")]
    assert "default/policed:80  there is no security policy edge" in line
    assert f"{file}:" in line
    assert any("[gke/security-policy-not-found]" in line for line in lines)


def test_a_default_backend_that_is_not_asked_is_still_one(file: Path) -> None:
    arguments = ["explain", "http://a/", "--lb", "gke/default/bare", "-f", str(file)]
    answer = json.loads(CliRunner().invoke(app, [*arguments, "-o", "json"]).output)["answer"]
    assert answer["status"] == 403
    assert answer["why"].startswith("default/guarded:80 is not asked: IAP is asked for")


def test_only_where_there_is_no_default_backend_explain_says_so(file: Path) -> None:
    answer = told(file, "https://nobody.example/")["answer"]
    assert (answer["status"], answer["why"]) == (
        404,
        "no host rule covers nobody.example, and there is no default backend",
    )


def test_findings_of_what_sets_something_are_those_of_a_backend_that_is_asked(file: Path) -> None:
    for name, configs in (("cached", {"BackendConfig default/cached"}), ("plain", set())):
        answer = told(file, f"https://{HOST}/{name}")
        assert answer["answer"]["by"] == "backend"
        objects = {finding["object"] for finding in answer["findings"]}
        assert {name for name in objects if name.startswith("BackendConfig")} == configs


def test_port_80_says_that_it_redirects_everything_and_who_wrote_it(file: Path) -> None:
    answer = told(file, f"http://{HOST}/x")
    assert answer["answer"]["location"] == f"https://{HOST}/x"
    assert answer["answer"]["why"] == (
        "port 80 redirects every request, because FrontendConfig default/fe says so"
    )
    assert answer["routeRule"]["origin"]["object"] == "FrontendConfig default/fe"
    assert "no host rule covers" not in text_of(file, f"http://{HOST}/x")


def probing(answer: Json) -> Json:
    [backend] = answer["action"]["backends"]
    check: Json = backend["healthCheck"]
    return check


def who(value: Json) -> str:
    origin = value["origin"]
    return str(origin["defaultOf"] or f"{origin['object']} {origin['field'].rpartition('.')[2]}")


CHECKS = {
    "checked": {
        "type": ("HTTP", "dialect gke"),
        "port": (None, "Service default/checked ports[0]"),
        "path": ("/up", "BackendConfig default/checked requestPath"),
        "interval": (7.0, "BackendConfig default/checked checkIntervalSec"),
        "timeout": (7.0, "BackendConfig default/checked checkIntervalSec"),
        "healthyThreshold": (3, "BackendConfig default/checked healthyThreshold"),
        "unhealthyThreshold": (2, "dialect gke"),
    },
    "probed": {
        "path": ("/ready", "Deployment default/probed path"),
        "interval": (8.0, "Deployment default/probed periodSeconds"),
        "timeout": (2.0, "Deployment default/probed timeoutSeconds"),
    },
    "plain": {
        "path": ("/", "HTTP health checks"),
        "interval": (15.0, "dialect gke"),
    },
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_health_check_says_who_set_each_of_its_values(file: Path, name: str) -> None:
    check = probing(told(file, f"https://{HOST}/{name}"))
    shown = {
        key: (part.get("value", part.get("seconds")), who(part))
        for key, part in check.items()
        if isinstance(part, dict) and key != "origin"
    }
    assert CHECKS[name].items() <= shown.items()


def test_a_health_check_is_shown_row_by_row(file: Path) -> None:
    rows = [line.strip() for line in text_of(file, f"https://{HOST}/checked").splitlines()]
    start = next(i for i, row in enumerate(rows) if row.startswith("Health check  "))
    words = [
        "HTTP",
        "the port that serves",
        "path /up",
        "every 7 s",
        "an answer within 7 s",
        "healthy after 3 successes in a row",
        "unhealthy after 2 failures in a row",
    ]
    for row, wanted in zip(rows[start : start + len(words)], words, strict=True):
        assert wanted in row
        assert f"{file}:" in row or "default of dialect gke" in row


def test_backends_that_nobody_probes_have_no_health_check(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(manifests().replace("ingress.class: gce", "ingress.class: penstock"))
    answer = told(path, f"http://{HOST}/plain")
    assert answer["answer"]["by"] == "backend"
    assert probing(answer) is None


@pytest.fixture(scope="module")
def running(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    state = tmp_path_factory.mktemp("explain-gke-running") / "state"
    with up([file], state, "--address-pool", "127.10.197.0/24") as instance:
        yield instance


@pytest.mark.parametrize("path", ["guarded", "policed", "broken", "misspelt", "gone", "plain"])
def test_the_running_instance_answers_as_it_explains(running: Up, path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "explain", f"https://{HOST}/{path}", "-o", "json",
         "--state-dir", str(running.state)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    address = answer["forwardingRule"]["address"]
    got = request(address, f"/{path}", host=HOST, port=443, tls=careless(), server_name=HOST)
    assert got.status == (answer["answer"]["status"] or 200)
    if answer["answer"]["by"] == "proxy":
        assert answer["action"]["unserved"]["backend"] == f"default/{path}:80"
        assert answer["action"]["body"].encode() == got.body
    else:
        assert got.echo["service"] == path


def test_the_running_instance_redirects_as_it_explains(running: Up) -> None:
    addresses = {address_of(running.events[0], index) for index in range(2)}
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "explain", f"http://{HOST}/any", "--lb",
         "gke/default/shop", "-o", "json", "--state-dir", str(running.state)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert answer["forwardingRule"]["address"] in addresses
    for host in (HOST, "nobody.example"):
        got = request(answer["forwardingRule"]["address"], "/any", host=host)
        assert (got.status, got.headers["location"]) == (301, f"https://{host}/any")
    assert "port 80 redirects every request" in answer["answer"]["why"]


CLASS = "kubernetes.io/ingress.class"
SEVERAL = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: %s, annotations: {%s}}
spec:
  rules:
  - host: %s.example
    http:
      paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
%s---
"""
REDIRECT = """
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: fe}
spec: {redirectToHttps: {enabled: true}}
"""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three load balancers: the first by name serves HTTP, one redirects to HTTPS that it does
    not serve, one has HTTPS only."""
    path = tmp_path_factory.mktemp("explain-several") / "lbs.yaml"
    redirects = f"{CLASS}: gce, networking.gke.io/v1beta1.FrontendConfig: fe"
    path.write_text(
        SEVERAL % ("first", f"{CLASS}: gce", "first", "")
        + SEVERAL % ("redirects", redirects, "www", "")
        + SEVERAL % ("secure", f"{CLASS}: gce-internal", "secure", "  tls: [{secretName: s}]\n")
        + (SERVICE % ("web", NEG, "web")).removeprefix("\n---\n")
        + REDIRECT
    )
    return path


def test_who_redirects_to_https_that_is_not_served_still_has_its_hosts(several: Path) -> None:
    answer = told(several, "http://www.example/x")
    assert answer["loadBalancer"]["name"] == "gke/default/redirects"
    assert answer["loadBalancer"]["why"] == "names the host"
    assert answer["answer"]["status"] == 301


def test_who_has_the_host_but_not_the_port_says_why(several: Path) -> None:
    """Others that listen there are not where clients of the host get."""
    answer = told(several, "http://secure.example/x")["answer"]
    assert answer["by"] == "nobody"
    assert answer["why"].startswith(
        "nothing listens on port 80 of gke/default/secure, which has the host: gce-internal serves "
        "HTTP beside HTTPS only at a named address ("
    )
    assert "Ingress default/secure metadata" in answer["why"]
    assert answer["why"].endswith("); there is 127.10.0.3:443 (HTTPS)")
    by_address = told(several, "http://127.10.0.1/x")
    assert by_address["loadBalancer"]["name"] == "gke/default/first"


def test_who_has_the_host_says_why_where_nobody_listens_on_the_port(tmp_path: Path) -> None:
    file = tmp_path / "in.yaml"
    closed = f"{CLASS}: gce, kubernetes.io/ingress.allow-http: 'false'"
    file.write_text(
        "".join(SEVERAL % (n, closed, n, "  tls: [{secretName: s}]\n") for n in ("a", "b"))
        + (SERVICE % ("web", NEG, "web")).removeprefix("\n---\n")
    )
    answer = told(file, "http://b.example/x")["answer"]
    assert answer["why"].startswith(
        "nothing listens on port 80 of gke/default/b, which has the host: "
        "kubernetes.io/ingress.allow-http is false ("
    )
    nobodys = told(file, "http://c.example/x")["answer"]["why"]
    assert nobodys.startswith("nothing listens on port 80; there is ")


CLOSED = [
    (f"{CLASS}: gce, kubernetes.io/ingress.allow-http: 'false'", "[{secretName: s}]", "http",
     "80: kubernetes.io/ingress.allow-http is false ("),
    (f"{CLASS}: gce, ingress.gcp.kubernetes.io/pre-shared-cert: ','", "[{hosts: [a.example]}]",
     "https", "443: no certificate can be used ("),
    (f"{CLASS}: gce-internal, networking.gke.io/v1beta1.FrontendConfig: tls, "
     "kubernetes.io/ingress.regional-static-ip-name: vip", "[{secretName: s}]",
     "https", "443: gce-internal cannot have the SSL policy ("),
    (f"{CLASS}: gce-internal, kubernetes.io/ingress.regional-static-ip-name: single",
     "[{secretName: s}]", "https", "443: HTTP has the address, which is not one to share ("),
    (f"{CLASS}: gce-internal, networking.gke.io/v1beta1.FrontendConfig: fe, "
     "kubernetes.io/ingress.regional-static-ip-name: vip", "[{secretName: s}]",
     "http", "80: gce-internal has no redirect to HTTPS ("),
]  # fmt: skip
CLOSED_BESIDE = """
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: tls}
spec: {sslPolicy: strict}
---
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: config}
spec:
  addresses: [{name: single, address: 127.0.7.1, region: local}]
"""


@pytest.mark.parametrize(("annotations", "tls", "scheme", "why"), CLOSED)
def test_each_closed_port_says_why(
    tmp_path: Path, annotations: str, tls: str, scheme: str, why: str
) -> None:
    file = tmp_path / "in.yaml"
    file.write_text(
        SEVERAL % ("a", annotations, "a", f"  tls: {tls}\n")
        + (SERVICE % ("web", NEG, "web")).removeprefix("\n---\n")
        + REDIRECT
        + CLOSED_BESIDE
    )
    answer = told(file, f"{scheme}://a.example/x")["answer"]
    assert answer["by"] == "nobody"
    assert answer["why"].startswith(f"nothing listens on port {why}")


def test_a_default_backend_that_answers_for_a_host_of_nobody_is_no_plain_answer(
    tmp_path: Path,
) -> None:
    default = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        "metadata: {name: all, annotations: {kubernetes.io/ingress.class: gce}}\n"
        "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n---\n"
    )
    file = tmp_path / "in.yaml"
    web = (SERVICE % ("web", NEG, "web")).removeprefix("\n---\n")
    file.write_text(default + SEVERAL % ("other", f"{CLASS}: gce", "other", "") + web)
    answer = told(file, "http://misspelt.example/")["answer"]
    assert answer["by"] == "backend"
    assert answer["why"] == "no load balancer has rules for misspelt.example, this is the first"
    assert told(file, "http://other.example/")["answer"]["why"] == ""
    file.write_text(default + web)
    assert told(file, "http://misspelt.example/")["answer"]["why"] == ""
