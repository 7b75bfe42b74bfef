"""Manifests nobody would write: never a traceback, never a refusal by Envoy.

One instance takes them all, one after the other, as saves of one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from e2e.harness import Up, request, up
from e2e.manifests import service

EXAMPLES = 60

hosts = st.sampled_from(
    [
        "",
        "a.example",
        "*.a.example",
        "*.b.a.example",
        "b.a.example",
        "A.example",
        "*",
        "*.*.x",
        "1.2.3.4",
        "a.example:80",
        "a..b",
        "x" * 64 + ".example",
        "xn--bcher-kva.example",
        "ä.example",
    ]
)
paths = st.one_of(
    st.sampled_from(
        [
            "",
            "/",
            "/a",
            "/a/",
            "/a/b",
            "//",
            "/a//b",
            "/../a",
            "/%2f",
            "a",
            "/a b",
            "/(a|b)",
            "/[a",
            "/a(/|$)(.*)",
            "/(?=x)",
            "/\\d+",
            "/{x}",
            "/*",
            "/é",
            "/a?b=c",
            "/a#b",
            "/%",
            "/a\tb",
        ]
    ),
    st.text(max_size=12).map(lambda text: f"/{text}"),
)
path_types = st.sampled_from(["Prefix", "Exact", "ImplementationSpecific", "prefix", None, 7])
ports: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"number": 80},
        {"name": "http"},
        {"number": 0},
        {"number": 99},
        {"name": "no"},
        {},
        "80",
        {"number": "80"},
        {"number": 80, "name": "http"},
    ]
)
backends: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda name, port: {"service": {"name": name, "port": port}},
        st.sampled_from(["one", "two", "missing", "", "One", "external"]),
        ports,
    ),
    st.sampled_from(
        [{}, None, {"resource": {"kind": "Bucket", "name": "b"}}, {"serviceName": "one"}]
    ),
)
annotations = st.dictionaries(
    st.sampled_from(
        [
            "nginx.ingress.kubernetes.io/rewrite-target",
            "nginx.ingress.kubernetes.io/use-regex",
            "nginx.ingress.kubernetes.io/backend-protocol",
            "nginx.ingress.kubernetes.io/nonsense",
            "kubernetes.io/ingress.class",
        ]
    ),
    st.sampled_from(
        ["true", "/$2", "/x/$1", "$9", "\\1", "%REQ(:path)%", "GRPC", "HTTPS", "", True]
    ),
    max_size=3,
)


def _rule(host: str, entries: list[tuple[Any, Any, Any]]) -> dict[str, Any]:
    listed = [{"path": p, "pathType": t, "backend": b} for p, t, b in entries]
    return {"host": host, "http": {"paths": listed}}


rules = st.builds(_rule, hosts, st.lists(st.tuples(paths, path_types, backends), max_size=3))
tls = st.sampled_from(
    [
        None,
        [],
        [{}],
        [{"hosts": ["a.example"], "secretName": "none"}],
        [{"hosts": ["*.a.example"]}],
        [{"secretName": "bad"}],
        [{"hosts": [""], "secretName": "x"}],
        "tls",
    ]
)


@st.composite
def ingresses(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "apiVersion": draw(st.sampled_from(["networking.k8s.io/v1"] * 8 + ["extensions/v1beta1"])),
        "kind": draw(st.sampled_from(["Ingress"] * 9 + ["ingress"])),
        "metadata": {
            "name": draw(st.sampled_from(["a", "b", "c", "Not_A_Name", ""])),
            "annotations": draw(annotations),
        },
        "spec": {
            "rules": draw(st.lists(rules, max_size=3)),
            "tls": draw(tls),
            "defaultBackend": draw(st.one_of(st.none(), backends)),
        },
    }


SERVICES = (
    service("one")
    + service("two", port=99)
    + """\
apiVersion: v1
kind: Service
metadata: {name: external}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: v1
kind: Secret
metadata: {name: bad}
type: kubernetes.io/tls
data: {tls.crt: bm8=, tls.key: bm8=}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: steady, creationTimestamp: "2000-01-01T00:00:00Z"}
spec:
  rules:
    - host: steady.example
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: one, port: {number: 80}}}}
---
"""
)


class Lab:
    def __init__(self, folder: Path, running: Up) -> None:
        self.folder = folder
        self.running = running
        self.number = 0
        (lb,) = running.events[0]["loadBalancers"]
        self.address = lb["addresses"][0]

    def save(self, text: str) -> dict[str, Any]:
        self.number += 1
        marker = f"marker-{self.number}"
        (self.folder / "marker.yaml").write_text(service(marker))
        new = self.folder / ".new"
        new.write_text(text)
        new.rename(self.folder / "fuzz.yaml")
        self.running.applied(f"+Service default/{marker}")
        status: dict[str, Any] = self.running.cli("status", "-o", "json")
        return status


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("fuzz")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "services.yaml").write_text(SERVICES)
    with up([folder], root / "state") as running:
        yield Lab(folder, running)


fuzzing = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def check(lab: Lab, text: str) -> None:
    status = lab.save(text)
    assert [p["rejections"] for p in status["proxies"]] == [[]], text
    for finding in status["findings"]:
        if finding["file"]:
            assert finding["line"], finding
            assert finding["column"], finding
    assert request(lab.address, "/", host="steady.example").status == 200
    assert "Traceback" not in "".join(lab.running.stderr)


@pytest.mark.timeout(300)
@given(st.lists(ingresses(), min_size=1, max_size=3))
@fuzzing
def test_odd_ingresses(lab: Lab, documents: list[dict[str, Any]]) -> None:
    check(lab, yaml.safe_dump_all(documents, allow_unicode=True))


@pytest.mark.timeout(300)
@given(ingresses(), st.data())
@settings(fuzzing, max_examples=30)
def test_damaged_text(lab: Lab, document: dict[str, Any], data: st.DataObject) -> None:
    """A half-written or mistyped file: characters lost, doubled or put in."""
    text = yaml.safe_dump(document)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    put = data.draw(
        st.sampled_from(["", "\t", "'", '"', "{", "- ", ": ", "\n---\n", "&a *a", "\x00", "%"])
    )
    check(lab, text[:start] + put + text[end:])
