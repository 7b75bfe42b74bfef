"""`explain` says what a real Envoy does: thousands of requests to random sets of Ingresses.

Routes are compared too, by the route name in the access log, which is complete
only after the proxy has ended.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from explain_lab import Lab, lab
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from penstock.envoy.compile.shards import SHARDED_FROM
from penstock.explain import Request

SETS = int(os.environ.get("PENSTOCK_EXPLAIN_SETS", "60"))
REQUESTS = 80
"""For each set of Ingresses."""

HOSTS = ["a.test", "b.a.test", "*.a.test", "*.b.a.test", "c.test"]
SEGMENTS = ["a", "b", "A", "ab", "a.b", "a-b", "~", "%C3%A9", "x%20y"]
REGEXES = [
    "/a(/|$)(.*)",
    "/(a|b)/?",
    "/a.*",
    "/[ab]+$",
    "/(.+)/b",
    "/A/(\\w+)",
    "/(a)(b)?",
    "/(",
    "/%..",
]
TARGETS = ["/$1", "/$2", "/x/$1$2", "/", "/new/", "/$9", "x", "/\\1", "/a?b"]

plain_paths = st.builds(
    lambda parts, end: "/" + "/".join(parts) + (end if parts else ""),
    st.lists(st.sampled_from(SEGMENTS), max_size=3),
    st.sampled_from(["", "", "/"]),
)
"""All valid: an instance would keep the last good version of an Ingress that is not."""


def backend(name: str) -> dict[str, Any]:
    return {"service": {"name": name, "port": {"number": 80}}}


backends = st.sampled_from(["one", "two", "three", "one", "two", "missing", "empty"]).map(backend)
kinds = st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"])


@st.composite
def ingresses(draw: st.DrawFn) -> dict[str, Any]:
    is_regex = draw(st.booleans()) and draw(st.booleans())
    paths = st.one_of(plain_paths, st.sampled_from(REGEXES)) if is_regex else plain_paths
    entry = st.fixed_dictionaries({"path": paths, "pathType": kinds, "backend": backends})
    rule = st.builds(
        lambda host, entries: ({"host": host} if host else {}) | {"http": {"paths": entries}},
        st.sampled_from([None, *HOSTS, *HOSTS]),
        st.lists(entry, min_size=1, max_size=4),
    )
    spec: dict[str, Any] = {"rules": draw(st.lists(rule, max_size=3))}
    if draw(st.integers(0, 5)) == 0 or not spec["rules"]:
        spec["defaultBackend"] = draw(backends)
    notes = {}
    if is_regex:
        notes["nginx.ingress.kubernetes.io/use-regex"] = "true"
    if draw(st.integers(0, 3)) == 0:
        notes["nginx.ingress.kubernetes.io/rewrite-target"] = draw(st.sampled_from(TARGETS))
    return {"spec": spec, "annotations": notes}


def manifest(found: list[dict[str, Any]]) -> str:
    documents = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": f"set-{index}", "annotations": item["annotations"]},
            "spec": item["spec"],
        }
        for index, item in enumerate(found)
    ]
    return yaml.safe_dump_all(documents, sort_keys=False)


ODD = [
    "",
    "",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "..;x",
    ".;",
    "a;x=1",
    "%61",
    "%2f",
    "%5C",
    "\\",
    "...",
    "%c3%a9",
    "%zz",
    "%",
    "%00",
    "*",
    "|",
    '"',
    "é",
    "\x7f",
    "#f",
    "a:b",
    "@",
    "%252e",
    "\x01",
]
segments = st.one_of(
    st.sampled_from(SEGMENTS),
    st.sampled_from(SEGMENTS),
    st.sampled_from(SEGMENTS),
    st.sampled_from(ODD),
    st.text("abA/.%2efE5cC;\\", max_size=6),
)
targets = st.one_of(
    *3
    * [
        st.builds(
            lambda parts, end, query: "/" + "/".join(parts) + end + query,
            st.lists(segments, max_size=4),
            st.sampled_from(["", "", "", "/", "//", "/.", "/.."]),
            st.sampled_from(["", "", "", "?", "?q=1", "?/../a", "?%2f", "??", "?a#b"]),
        )
    ],
    plain_paths,
    st.sampled_from(
        [
            "",
            "*",
            "a",
            "?q",
            "//a.test/a",
            "http://a.test/a",
            "http://c.test",
            "http://",
            "http://x.a.test:80/b?q",
            "http://a.test?q",
            "https://a.test/a",
            "ftp://a.test/a",
            "HTTP://u@A.TEST/a/../b",
            "http://a_b.a.test/",
            "http://a.test:99999/",
            "http://a.test/%2fa",
            "http://a.test./a",
            "http:a",
        ]
    ),
).filter(lambda text: not any(char in text for char in " \t\r\n"))
hosts = st.one_of(
    st.sampled_from(["a.test", "b.a.test", "c.a.test", "d.b.a.test", "c.test", "x.y.a.test"]),
    st.sampled_from(
        [
            "A.Test",
            "a.test.",
            "a.test:80",
            "C.A.Test.:8",
            "a.test..",
            "",
            "other",
            "[::1]",
            "127.0.0.1:80",
            ".a.test",
            "..a.test",
            "x.d.b.a.test",
            "a.test:",
            "a.test:x",
            "c.a.test:8.0",
            "a.test:1:2",
            "c:d.a.test",
            "u@a.test",
            "a_b.a.test",
            "a b",
            "a.test/x",
            "é.a.test",
            "*.a.test",
            "a%41.a.test",
            None,
            "test",
            ".",
        ]
    ),
)
headers = st.one_of(
    *4 * [st.just(())],
    st.lists(
        st.sampled_from(
            [
                ("Accept", "text/html, */*"),
                ("X", ""),
                ("X-Forwarded-For", "1.2.3.4"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "c.test"),
                ("x-envoy-original-path", "/b"),
                ("x-envoy-retry-on", "5xx"),
                ("Proxy", "evil"),
                ("Te", "trailers"),
                ("Te", "gzip"),
                ("Keep-Alive", "timeout=5"),
                ("Connection", "X-Secret"),
                ("X-Secret", "1"),
                ("Upgrade", "foo"),
            ]
        ),
        max_size=3,
        unique_by=lambda header: header[0],
    ).map(tuple),
    st.sampled_from(
        [
            (("a_b", "1"),),
            (("Connection", "upgrade"), ("Upgrade", "foo")),
            (("Connection", "upgrade"), ("Upgrade", "h2c")),
            (("x y", "1"),),
            (("Accept", "\x01"),),
        ]
    ),
)
requests = st.builds(
    Request,
    target=targets,
    host=hosts,
    method=st.sampled_from([*8 * ["GET"], "POST", "DELETE", "OPTIONS", "FOO", "get", "PROPFIND"]),
    headers=headers,
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("others", "sets"), [(0, SETS), (SHARDED_FROM, SETS // 4)])
def test_explain_says_what_envoy_does(tmp_path: Path, others: int, sets: int) -> None:
    """With many hosts that nobody asks for, the routes are in shards."""
    with lab(tmp_path, others) as stage:
        run(stage, sets)
        assert stage.asked >= sets * REQUESTS // 2
    logged = routes_logged(tmp_path / "access.log")
    told = stage.expected_routes
    assert len(told) > stage.asked // 3
    assert {key: logged.get(key) for key in told} == told


def run(stage: Lab, sets: int) -> None:
    @settings(
        max_examples=sets,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # No shrinking: a failure names its one request, and shrinking would be slow.
        phases=[Phase.explicit, Phase.generate],
        database=None,
    )
    @given(
        st.lists(ingresses(), min_size=1, max_size=4),
        st.lists(requests, min_size=REQUESTS, max_size=REQUESTS),
    )
    def compare(found: list[dict[str, Any]], asked: list[Request]) -> None:
        model = stage.save(manifest(found))
        for request in asked:
            stage.compare(model, request)

    compare()


def routes_logged(path: Path) -> dict[str, str]:
    """Request id → route name."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["request_id"]: line["route"] for line in lines}
