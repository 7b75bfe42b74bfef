"""What `penstock up` tells while somebody edits, and what its tables say at the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import Up, request, until, up
from e2e.manifests import deployment, ingress, service
from e2e.text_log import Log, log_of

POOL = ("--address-pool", "127.10.198.0/24")
SITE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    kubernetes.io/ingress.class: gce
    kubernetes.io/ingress.global-static-ip-name: web-ip
    networking.gke.io/v1beta1.FrontendConfig: web
spec:
  tls: [{secretName: web}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
  rules:
    - host: web.example
      http:
        paths:
          - path: /guarded
            pathType: Prefix
            backend: {service: {name: guarded, port: {number: 80}}}
          - path: /gone
            pathType: Prefix
            backend: {service: {name: gone, port: {number: 80}}}
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: web}
spec:
  sslPolicy: strict
  redirectToHttps: {enabled: true}
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: web}
spec:
  timeoutSec: 40
  healthCheck: {type: HTTP, requestPath: /, checkIntervalSec: 5, timeoutSec: 5}
  customRequestHeaders: {headers: ["X-Region:{client_moon}"]}
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: guarded}
spec: {securityPolicy: {name: edge}}
---
"""
CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: here}
spec: {project: acme}
"""


def backed(name: str) -> str:
    annotations = (
        "annotations: {cloud.google.com/neg: '{\"ingress\": true}', "
        f'cloud.google.com/backend-config: \'{{"default": "{name}"}}\'}}'
    )
    return service(name).replace(f"{{name: {name}}}", f"{{name: {name}, {annotations}}}", 1)


WHOLE = SITE + backed("web") + deployment("web") + backed("guarded") + deployment("guarded", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "manifests"
    made.mkdir()
    (made / "site.yaml").write_text(WHOLE)
    return made


@pytest.fixture
def log(folder: Path, tmp_path: Path) -> Iterator[Log]:
    with log_of(folder, tmp_path / "state", *POOL) as running:
        yield running


def rows(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def edit(folder: Path, old: str, new: str) -> None:
    assert old in WHOLE
    (folder / "site.yaml").write_text(WHOLE.replace(old, new, 1))


def test_the_tables_say_who_answers_and_why(log: Log) -> None:
    for text in ("\n".join(log.lines), log.command("status")):
        table = rows(text)
        assert "* anything else web:80 2/2 healthy" in table
        assert "on port 80 everything redirects (301) FrontendConfig default/web" in table
        joined = " ".join(table)
        assert "guarded:80 answers 403: there is no" in joined
        assert "gone:80 answers 503: there is no such" in joined
        assert "On GKE, which would reject or warn about this itself:" in table
        theirs, ours = text.index("On GKE, which"), text.index("\nHere:\n")
        assert theirs < text.index("[gke/service-not-found]") < ours
        assert ours < text.index("[gke/security-policy-not-found]")
    status = log.command("status")
    assert "gke/gce/default/guarded:80" in status, "who gets nothing has endpoints all the same"


def test_what_is_told_of_findings(log: Log, folder: Path) -> None:
    (folder / "config.yaml").write_text(CONFIG)
    told = log.until("applied in")
    [still] = [line for line in told if "[gke/ssl-policy]" in line]
    assert still.startswith("still: ")
    assert "projects/acme/" in still
    assert not [line for line in told if line.startswith("no longer")]

    edit(folder, "timeoutSec: 40", 'timeoutSec: "40s"')
    told = log.until("no object changed")
    [wrong] = [line for line in told if "[object/wrong-type]" in line]
    assert "error on GKE: `timeoutSec` must be a whole number" in wrong
    assert "left out" not in "".join(told)
    assert "its last good version stays live" in "".join(told)
    (folder / "site.yaml").write_text(WHOLE)
    told = log.until("no object changed")
    assert len(told) == 2
    assert "BackendConfig default/web spec.timeoutSec: on GKE: `timeoutSec` must be" in told[0]

    edit(folder, "kind: Ingress", "kind Ingress")
    assert "left out" not in "".join(log.until("no object changed"))
    (folder / "site.yaml").write_text(WHOLE)
    told = log.until("no object changed")
    assert [line.partition(": ")[0] for line in told[:-1]] == ["no longer"]
    assert "no colon" in told[0]

    edit(folder, '{"default": "web"}', '{"default": "wbe"}')
    told = log.until("applied in")
    assert [line for line in told if line.startswith("no longer") and "{client_moon}" in line]
    assert [line for line in told if "error on GKE" in line and "no BackendConfig" in line]


def test_what_is_told_when_objects_go_and_lines_move(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    text = ingress("web", ("/a", "gone"), ("/*", "web"), host="web.example")
    head, _, tail = text.rpartition("pathType: Prefix")
    text = f"{head}pathType: ImplementationSpecific{tail}"
    (folder / "i.yaml").write_text(text)
    (folder / "s.yaml").write_text(service("web") + deployment("web", 1))
    with log_of(folder, tmp_path / "state", *POOL) as running:
        assert any("i.yaml:" in line.partition("because of")[2] for line in running.lines)
        (folder / "i.yaml").write_text(f"# One line more.\n{text}")
        (folder / "s.yaml").write_text(service("web") + deployment("web", 2))
        told = running.until("~Deployment default/web")
        assert not [line for line in told if line.startswith(("still:", "no longer:"))]
        (folder / "i.yaml").unlink()
        told = running.until("-Ingress default/web")
        [line] = [line for line in told if line.endswith(", gone with Ingress default/web")]
        assert line.startswith("no longer: 1 error, ")


def test_where_it_listens_now(log: Log, folder: Path) -> None:
    edit(folder, "ingress.class: gce", "ingress.class: nginx")
    log.until("applied in")
    [line] = log.until(" now at ")
    place, _, was = line.removeprefix("ingress/nginx now at ").partition(
        " (was gke/default/web at "
    )
    address, _, ports = place.partition(": ")
    old, _, old_ports = was.removesuffix(")").partition(": ")
    assert (ports, old_ports) == ("80, 443", "80, 443")
    assert address != old
    assert request(address, "/guarded", host="web.example").status == 200
    edit(
        folder,
        "ingress.class: gce",
        'ingress.class: gce\n    kubernetes.io/ingress.allow-http: "false"',
    )
    log.until("applied in")
    [line] = log.until(" now at ")
    assert line == f"gke/default/web now at {old}: 443 (was ingress/nginx at {address}: 80, 443)"
    (folder / "site.yaml").write_text(WHOLE)
    log.until("applied in")
    [line] = log.until(" now at ")
    assert line == f"gke/default/web now at {old}: 80, 443 (was 443)"


def test_an_edit_is_told_once_though_endpoints_are_probed_anew(log: Log, folder: Path) -> None:
    for port in (8080, 0):
        new = f"requestPath: /, port: {port}" if port else "requestPath: /"
        edit(folder, "requestPath: /", new)
        assert log.until("applied in")[-1].endswith(": ~BackendConfig default/web")
    edit(folder, "replicas: 2", "replicas: 4")
    assert len(log.until("Deployment default/web")) == 1
    until(lambda: "4/4 healthy" in log.command("status"))
    pod = next(
        row.split()[1] for row in log.command("status").splitlines() if "default/web-" in row
    )
    log.command("stand-in", "set", pod, "--status", "503")
    told = log.until("applied in")
    assert len(told) == 2, "nothing of the new ones that became healthy"
    assert "became unhealthy: HTTP 503" in told[0]
    assert "~health of Service default/web" in told[1]


def test_programs_learn_what_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    path.write_text(service("one") + deployment("one", 1) + ingress("web", ("/", "one")))
    with up([path], tmp_path / "state", *POOL) as running:
        [pod] = running.pods()
        running.command(pod, "--ready=false")
        found = running.wait(lambda e: e.get("code") == "service/not-ready")
        assert found["event"] == "finding"
        running.command(pod, "--ready=true")
        assert gone(running, "service/not-ready")["message"] == found["message"]
        path.write_text(service("one") + ingress("web", ("/", "two")))
        missing = running.wait(lambda e: e["event"] == "finding" and e["severity"] == "error")
        assert "reworded" not in missing
        path.write_text(service("one") + ingress("web", ("/", "three")))
        again = running.wait(lambda e: e.get("code") == missing["code"])
        assert (again["event"], again["reworded"]) == ("finding", True)
        path.write_text(service("one"))
        assert gone(running, missing["code"])["message"] == again["message"]


def gone(running: Up, code: str) -> dict[str, object]:
    return running.wait(lambda e: e["event"] == "gone" and e["code"] == code)


def test_a_node_is_called_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "in.yaml").write_text("""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
status:
  conditions: [{type: Ready, status: "True"}]
  addresses: [{type: InternalIP, address: 127.10.198.201}]
""")
    with log_of(folder, tmp_path / "state", *POOL) as log:
        status = log.command("status")
        [row] = [row for row in rows(status) if "198.201:30080" in row]
        assert "Health of its backends" in status
        assert row.split()[1:3] == ["node-1", "unhealthy"]
