"""The small pure functions, at their edges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st
from ingress_cases import codes_of, translated

from penstock.dialects.ingress import nginx
from penstock.dialects.ingress.plan import IngressPlan, read_plan
from penstock.dialects.ingress.precedence import path_order
from penstock.dialects.ingress.regex import compile_path, translate_target
from penstock.dialects.kubernetes.age import precedence
from penstock.dialects.kubernetes.hostname import covers
from penstock.dialects.kubernetes.spelling import Speller
from penstock.model import PathKind, catalogue
from penstock.objects.core import ConfigMap
from penstock.objects.ingress import (
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    ServiceBackendPort,
)
from penstock.objects.meta import Object, ObjectMeta

ROOT = Path(__file__).parents[3]
AREAS = ("ingress", "service", "endpoint", "certificate")


@pytest.mark.parametrize("code", [c for c in catalogue() if c.name.split("/")[0] in AREAS])
def test_finding_is_documented(code):
    text = (ROOT / "docs/findings.d" / f"{code.name.replace('/', '-')}.md").read_text()
    assert text.startswith(f"## `{code.name}`\n*{code.severity.value}* — {code.title}.\n\n")


def test_annotations_that_act_are_documented():
    text = (ROOT / "docs/ingress.md").read_text()
    for row in nginx.NGINX.rows.values():
        assert not row.acts or f"| `{row.name}" in text


@pytest.mark.parametrize(
    ("san", "host", "covered"),
    [
        ("a.example.com", "a.example.com", True),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.example.com", "*.example.com", True),
        ("a.example.com", "*.example.com", False),
        ("*.b.example.com", "*.example.com", False),
    ],
)
def test_wildcards_of_certificates_cover_one_label(san: str, host: str, covered: bool):
    assert covers(san, host) is covered


def _object(name: str, stamp: str | None) -> Object[ConfigMap]:
    meta = ObjectMeta(name=name, namespace="x", creation_timestamp=stamp)
    return Object(ConfigMap(api_version="v1", kind="ConfigMap", metadata=meta))


def test_precedence_is_age_then_name_and_what_has_no_age_is_last():
    objects = [
        _object("b", None),
        _object("a", "no date"),
        _object("d", "2026-01-01T00:00:00Z"),
        _object("c", "2026-01-01T01:30:00+02:00"),
        _object("e", "0001-01-01T00:00:00+14:00"),
    ]
    assert [o.name for o in sorted(objects, key=precedence)] == ["c", "d", "a", "b", "e"]


def test_speller_finds_errors_and_first_words_and_nothing_else():
    speller = Speller(["web", "web-api", "payments", "cart"])
    assert speller.near("wbe") == ("web",)
    assert speller.near("web-service") == ("web",)
    assert speller.near("paymnts") == ("payments",)
    assert speller.near("zebra") == ()


def test_order_is_exact_then_length_then_broken():
    orders = [
        path_order(PathKind.EXACT, "/a"),
        path_order(PathKind.REGEX, "/aaa.*"),
        path_order(PathKind.PREFIX, "/aaa"),
        path_order(PathKind.PREFIX, "/a"),
        path_order(PathKind.REGEX, "/aaaaaaaa(", broken=True),
    ]
    assert orders == sorted(orders)


@pytest.mark.parametrize(
    ("target", "groups", "substitution"),
    [
        ("/$1", 1, r"/\1"),
        ("/$10", 1, r"/\g0".replace(r"\g", r"\1")),
        ("/$2/$1", 1, r"//\1"),
        ("/a$", 0, "/a$"),
        ("/$0", 0, "/$0"),
        ("/${name}$x", 0, "/${name}$x"),
        (r"/\1", 1, r"/\\1"),
        ("/$$1", 1, r"/$\1"),
    ],
)
def test_rewrite_target_becomes_an_re2_substitution(target: str, groups: int, substitution: str):
    assert translate_target(target, groups).substitution == substitution


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
@example("/$1\\$9")
@example("\\$1")
@example("$10")
def test_any_target_is_a_valid_substitution(target: str):
    made = translate_target(target, 2).substitution
    # RE2 takes one digit for a group, Python as many as there are.
    made = re.sub(r"\\(\\|\d)", lambda m: m[0] if m[1] == "\\" else f"\\g<{m[1]}>", made)
    pattern = re.compile("^/(a)(b)?.*$")
    expected = re.sub(r"\$([1-9])", lambda m: {"1": "a", "2": "b"}.get(m[1], ""), target)
    assert pattern.sub(made, "/abc") == expected


@given(st.text(max_size=12))
@example("(?i")
@example("[[:alpha:]]+{2,3}")
@example("(" * 1200)
@example("((a{1000}){1000}){1000}")
def test_any_path_compiles_or_is_explained(text: str):
    compiled = compile_path(f"/{text}")
    options = re2.Options()
    options.log_errors = False
    assert re2.compile(compiled.pattern, options)


def _plan_of(path: str, kind: str, target: str) -> IngressPlan:
    annotations = {"nginx.ingress.kubernetes.io/rewrite-target": target}
    service = IngressServiceBackend(name="web", port=ServiceBackendPort(number=80))
    item = HTTPIngressPath(path=path, path_type=kind, backend=IngressBackend(service=service))
    spec = IngressSpec(rules=(IngressRule(http=HTTPIngressRuleValue(paths=(item,))),))
    meta = ObjectMeta(name="web", annotations=annotations)
    version = Ingress.API_VERSIONS[0]
    return read_plan(Object(Ingress(api_version=version, kind="Ingress", metadata=meta, spec=spec)))


@given(
    st.text(st.characters(), max_size=15).map(lambda text: f"/{text}") | st.text(max_size=5),
    st.sampled_from(["Exact", "Prefix", "ImplementationSpecific", "prefix", ""]),
    st.text(st.characters(), max_size=8).map(lambda text: f"/{text}"),
)
@example("/\ud800", "Prefix", "/")
@example("/a(b)", "ImplementationSpecific", "/\ud800$1")
def test_any_path_gives_text_that_can_be_sent(path: str, kind: str, target: str):
    for rule in _plan_of(path, kind, target).rules:
        match = rule.path.match.path
        match.value.encode()
        assert match.kind is PathKind.REGEX or re.fullmatch(r"/[!-~]*", match.value)
        assert match.kind is not PathKind.PREFIX or not set("?#") & set(match.value)
        if rule.path.rewrite:
            rule.path.rewrite.value.substitution.encode()
            assert re2.compile(rule.path.rewrite.value.pattern)


@pytest.mark.parametrize(
    ("written", "request_path", "matches"),
    [
        ("/api(/|$)(.*)", "/api", True),
        ("/api(/|$)(.*)", "/apis", False),
        ("/foo|/bar", "/bar/x", True),
        ("/foo|/bar", "/x/bar", False),
        ("/Foo", "/fOO/x", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/(?-i)Foo", "/foo", False),
    ],
)
def test_regexes_are_anchored_prefixes_without_case(written: str, request_path: str, matches: bool):
    pattern = compile_path(written).pattern
    assert (re2.fullmatch(pattern, request_path) is not None) is matches


MANY = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/use-regex: "true"}}
spec:
  rules:
    - http:
        paths:
          - {path: %s, pathType: %s, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/a.b", "Prefix", None),
        ("/a.b", "ImplementationSpecific", None),
        ("/a/(b)", "Exact", "ingress/regex-path"),
        ("'/a/(?<!b)'", "ImplementationSpecific", "ingress/bad-regex"),
    ],
)
def test_paths_with_use_regex(path: str, kind: str, code: str | None):
    about_paths = [c for c in codes_of(translated(MANY % (path, kind))) if "ingress" in c]
    assert about_paths == ([code] if code else [])
