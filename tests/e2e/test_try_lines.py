"""The `curl` lines that `penstock up` prints are run as they stand: each has to get an answer."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.manifests import deployment, service
from e2e.text_log import Log, log_of

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")

POOL = ("--address-pool", "127.10.206.0/24")
ROOT = Path(__file__).parents[2]
NEG = "annotations: {cloud.google.com/neg: '{\"ingress\": true}'}"
WEB = service("web").replace("{name: web}", f"{{name: web, {NEG}}}", 1) + deployment("web", 1)
BACKEND = "{service: {name: web, port: {number: 80}}}"
OUTER = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: outer
  annotations:
    kubernetes.io/ingress.class: gce
    networking.gke.io/managed-certificates: outer
    networking.gke.io/v1beta1.FrontendConfig: outer
spec:
  defaultBackend: {BACKEND}
---
apiVersion: networking.gke.io/v1
kind: ManagedCertificate
metadata: {{name: outer}}
spec: {{domains: [one.example.com, two.example.com]}}
---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {{name: outer}}
spec: {{redirectToHttps: {{enabled: true}}}}
"""
NAMELESS = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: nameless, annotations: {{kubernetes.io/ingress.class: gce}}}}
spec:
  tls: [{{secretName: gone}}]
  rules:
  - http: {{paths: [{{path: /a, pathType: Exact, backend: {BACKEND}}}]}}
"""
OTHER_HOST = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: other}}
spec:
  ingressClassName: nginx
  tls: [{{hosts: ["*.b.example"], secretName: gone}}]
  rules:
  - host: a.example
    http: {{paths: [{{path: /a, pathType: Prefix, backend: {BACKEND}}}]}}
  - host: "*.b.example"
    http: {{paths: [{{path: /b, pathType: Prefix, backend: {BACKEND}}}]}}
"""


def tries(log: Log) -> list[str]:
    lines = log.lines
    return [line.strip() for line in lines if line.startswith("  curl ")]


def answered(line: str) -> int:
    """The status that a line gets; it fails like the line."""
    words = [*shlex.split(line), "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return int(done.stdout)


@pytest.mark.parametrize(
    ("manifest", "asked", "statuses"),
    [
        (OUTER.replace("name: web", "name: gone"), r"--cacert .* https://one\.", [301, 503]),
        (OUTER, r"--cacert \S+ --resolve one\.example\.com:443:\S+ https://one\.", [301, 200]),
        (NAMELESS, r"--cacert \S+ --resolve localhost:443:\S+ https://localhost/a$", [200, 200]),
        (OTHER_HOST, r"--cacert \S+ --resolve www\.b\.example:443:\S+ https://www", [200, 200]),
    ],
    ids=["no-backend", "managed-certificate", "no-name", "wildcard"],
)
def test_printed_lines_work(manifest: str, asked: str, statuses: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "all.yaml").write_text(WEB + manifest)
    with log_of(folder, tmp_path / "state", *POOL) as log:
        lines = tries(log)
        assert re.search(asked, lines[1]), lines
        assert [answered(line) for line in lines] == statuses


def test_the_demo_is_as_the_readme_shows_it(tmp_path: Path) -> None:
    with log_of(ROOT / "examples" / "shop", tmp_path / "state", *POOL) as log:
        shown = log.lines
        assert [answered(line) for line in tries(log)] == [200, 200]
    readme = (ROOT / "README.md").read_text()
    block = readme.partition("<!-- demo-output -->\n```text\n")[2].partition("Watching for")[0]
    end = next(i for i, line in enumerate(shown) if line.startswith("Watching for"))
    assert usual(block.splitlines()) == usual(shown[:end])


def usual(lines: list[str]) -> list[str]:
    """Without what differs from machine to machine, and the width of columns."""
    text = "\n".join(" ".join(line.split()) for line in lines)
    text = re.sub(r"in \d+\.\d s", "in … s", text)
    text = re.sub(r"127\.10\.\d+\.1", "127.10.0.1", text)
    text = re.sub(r"\S+/ca/ca\.crt", "ca.crt", text)
    return re.sub(r"\S*examples/shop/", "examples/shop/", text).splitlines()
