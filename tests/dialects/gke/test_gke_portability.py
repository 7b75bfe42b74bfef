"""Which findings are GKE's own verdicts, and that its linter's rules are all among them."""

import re
from pathlib import Path

import pytest
from gke_cases import all_cases

from penstock.dialects.gke import codes
from penstock.model import GKE, FindingCode

PAGE = Path(__file__).parents[3] / "docs" / "gke.md"
RULE = re.compile(r"^\| (?P<rule>.+?) \| (?P<codes>.*\[.*) \|$", re.MULTILINE)

FINDINGS = {
    case.path.name: [f.as_dict() for f in (*case.parsed().findings, *case.model().findings)]
    for case in all_cases()
}
"""Of reading the golden cases, and of translating them."""
LINTER = {
    "no `http`": ("host-without-http", "gke/rule-without-http"),
    "internal with FrontendConfig": ("redirect-internal", "gke/frontend-config-internal"),
    "host overwritten": ("host-duplicate", "gke/duplicate-host"),
    "class as a field": ("class-field", "gke/class-ignored"),
    "no Service": ("backend-errors", "gke/service-not-found"),
    "bad backend-config annotation": ("backend-config-invalid", "gke/backend-config"),
    "no BackendConfig": ("backend-errors", "gke/backend-config"),
    "timeout over interval": ("backend-config-timeout", "object/invalid-value"),
    "timeout over interval of another": ("health-check-override", "gke/health-check"),
    "bad app-protocols": ("app-protocols-invalid", "gke/app-protocols"),
    "internal without NEG": ("neg-missing-internal", "gke/neg-missing"),
    "no FrontendConfig": ("frontend-config-missing", "gke/frontend-config-not-found"),
}
"""Rule of check-gke-ingress → the golden case that breaks it, and the code that says so."""


@pytest.mark.parametrize("rule", LINTER)
def test_every_rule_of_the_linter_is_found_and_is_gkes_verdict(rule: str):
    case, code = LINTER[rule]
    [about] = {finding.get("about") for finding in FINDINGS[case] if finding["code"] == code}
    assert about == GKE


def test_the_documented_rules_are_the_tested_ones():
    section = PAGE.read_text().partition("## What GKE would say")[2].partition("\n## ")[0]
    documented = {
        code
        for row in RULE.finditer(section)
        for code in re.findall(r"\[([a-z-]+/[a-z-]+)\]", row["codes"])
    }
    assert documented == {code for _, code in LINTER.values()}


def test_what_only_holds_of_penstock_is_not_gkes_verdict():
    ours = {c.name for c in vars(codes).values() if isinstance(c, FindingCode) and not c.about}
    assert ours == {
        "gke/annotation-no-effect",
        "gke/class-assumed",
        "gke/class-left",
        "gke/field-no-effect",
        "gke/nodes-stood-in",
        "gke/not-guarded",
        "gke/security-policy-not-found",
    }


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("static-unknown", "gke/static-ip"),
        ("ssl-policy-missing", "gke/ssl-policy"),
        ("managed-certificates", "gke/managed-certificate"),
        ("tls-missing-local", "certificate/missing"),
    ],
)
def test_what_the_project_may_have_is_not_gkes_verdict_in_local_mode(case: str, code: str):
    assert None in {f.get("about") for f in FINDINGS[case] if f["code"] == code}


def test_secrets_that_are_not_in_the_cluster_are_gkes_verdict():
    found = [f for f in FINDINGS["tls-missing-cluster"] if f["code"] == "certificate/missing"]
    assert [f["about"] for f in found] == [GKE]
