"""A misspelt field that would have limited something costs its object; nothing is opened by it."""

from __future__ import annotations

import pytest

from penstock.objects.parse import parse_text
from penstock.objects.suggest import nearest

SERVICE = "{kind: compute#backendService, name: web, region: r, FIELD}"
PROXY = "{kind: compute#targetHttpsProxy, name: web, region: r, urlMap: u, FIELD}"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (SERVICE, "securityPolcy: office"),
        (SERVICE, "IAP: {enabled: true}"),
        (SERVICE, "edgeSecuritypolicy: office"),
        (PROXY, "sslPolcy: strict"),
        (PROXY, "serverTLSPolicy: mutual"),
    ],
)
def test_a_misspelt_guard_costs_the_resource(text: str, field: str) -> None:
    parsed = parse_text(text.replace("FIELD", field), "in.yaml")
    assert not parsed.objects
    assert "left out" in parsed.findings[0].message


@pytest.mark.parametrize("field", ["descriptio: x", "timeoutSek: 3"])
def test_any_other_misspelt_field_is_only_ignored(field: str) -> None:
    parsed = parse_text(SERVICE.replace("FIELD", field), "in.yaml")
    assert len(parsed.objects) == 1
    assert "ignored" in parsed.findings[0].message


def test_of_thousands_of_names_only_a_change_of_case_is_looked_for() -> None:
    names = [f"cert-{number}" for number in range(5_000)]
    assert nearest("CERT-17", names) == "cert-17"
    assert nearest("cret-17", names) is None
    assert nearest("cret-17", names[:100]) == "cert-17"
