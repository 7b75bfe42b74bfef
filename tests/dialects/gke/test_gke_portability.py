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
        "gke/affinity-of-nodes",
        "gke/annotation-no-effect",
        "gke/capacity-none",
        "gke/class-assumed",
        "gke/class-left",
        "gke/class-unclear",
        "gke/field-no-effect",
        "gke/health-check-port",
        "gke/nodes-stood-in",
        "gke/path-unreachable",
        "gke/not-guarded",
        "gke/security-policy-not-found",
        "gke/setting-no-effect",
        "gke/unused",
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


TEXTS = (
    # Paths and hosts
    "failed to validate exact path /exact* due to invalid wildcard",
    "failed to validate prefix path /prefix/* due to invalid wildcard",
    "Ingress Backend is not a service",
    'could not find service "default/nothing"',
    'could not find port "81" in service "default/web"',
    'service "default/plain" is type "ClusterIP", expected "NodePort" or "LoadBalancer" when not '
    "using NEGs",
    "failed to retrieve the system default backend service",
    # Annotations of an Ingress
    "invalid configuration: both HTTP and HTTPS are disabled (kubernetes.io/ingress.allow-http is "
    "false and there is no valid TLS configuration); your Ingress will not be able to serve any "
    "traffic",
    "Error: both global-static-ip and regional-static-ip cannot be specified",
    "doesn't translate to an existing static IP",
    "Error: no FrontendConfig for Ingress exists.",
    "Could not find any TLS certificates. Continuing setup for the load balancer to serve HTTP "
    "only. Note: this behavior is deprecated and will be removed in a future version of ",
    "does not specify private key as string data",
    "WillNotConfigureFrontend: gce-internal Ingress class does not currently support both HTTP "
    "and HTTPS served on the same IP",
    "cannot enable HTTPS Redirects with L7 ILB",
    # Annotations of a Service
    "NEG annotation is invalid",
    'port 8081 specified in "cloud.google.com/neg" doesn\'t exist in the service',
    "configuration for negs in service (default/name) is invalid, custom neg name cannot be used "
    "with ingress enabled",
    "NEG is not supported for ipv6 only service",
    'could not parse "service.alpha.kubernetes.io/app-protocols" annotation on service',
    "invalid port application protocol: ",
    "BackendConfig annotation is invalid json",
    "no BackendConfig's found in annotation",
    "err: no BackendConfig for service port exists",
    "invalid value for Service annotation networking.gke.io/max-rate-per-endpoint, should be an "
    "integer > 0, got ",
    "should be a number >= 0.0 and <= 1.0, got ",
    "THCAnnotationWithoutFlag: ",
    "THCAnnotationWithoutNEG: ",
    "BackendConfigOverridesTHC: ",
    "found conflicting description in neg ",
)
"""What GKE's controllers say of manifests, each for a case that has it."""
SAID = [
    (case, finding["message"])
    for case, found in FINDINGS.items()
    for finding in found
    if finding.get("about") == GKE
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:40])
def test_every_text_of_the_controllers_is_said_as_gkes_verdict(text: str):
    assert [case for case, message in SAID if text.lower() in message.lower()]


def test_nothing_is_said_twice():
    """Neither by both sections of the report nor by two codes, at one place of the input."""
    notes = {"service/no-endpoints", "gke/nodes-stood-in", "gke/annotation-no-effect"}
    several = {"pre-shared-many"}  # Of eleven names in one annotation each may lack something.
    for case, found in FINDINGS.items():
        if case in several:
            continue
        places: dict[tuple[object, ...], set[object]] = {}
        for finding in found:
            if finding["code"] not in notes and finding.get("field"):
                place = (finding["object"], finding["line"], finding["column"], finding["field"])
                places.setdefault(place, set()).add(finding.get("about"))
        assert [place for place, about in places.items() if len(about) > 1] == [], case
