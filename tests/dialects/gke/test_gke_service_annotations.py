"""Annotations of Services: what the controller's decoders take, and what is passed over."""

from __future__ import annotations

import json

import pytest
from gke_cases import parse

from penstock.dialects.gke.services import ServiceSettings, read_service
from penstock.dialects.gke.transparent_checks import INVALID, transparent_check
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import World

RATE = "networking.gke.io/max-rate-per-endpoint"
ALPHA, PROTOCOLS = "service.alpha.kubernetes.io/app-protocols", "cloud.google.com/app-protocols"
CONFIG, BETA = "cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"
CHECK = "networking.gke.io/transparent-health-checker"


def service(annotations: dict[str, str]) -> Object[Service]:
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "annotations": annotations},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
    }
    [found] = World(parse(json.dumps(manifest)).objects).all(Service)
    return found


def read(annotations: dict[str, str]) -> ServiceSettings:
    return read_service(service(annotations))


def said(settings: ServiceSettings) -> list[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in settings.findings]


@pytest.mark.parametrize(
    ("written", "value"), [("0", 0.0), ("2.5", 2.5), (".5", 0.5), ("5.", 5.0), ("+1e3", 1000.0)]
)
def test_a_rate_is_a_number_as_go_reads_it(written: str, value: float) -> None:
    settings = read({RATE: written})
    assert settings.max_rate.value == value
    assert not settings.failures


@pytest.mark.parametrize(
    "written", ["", " 5", "5 ", "1_000", "\u0665", "0x10", "nan", "inf", "1e999", "-1", "5\n"]
)
def test_what_go_does_not_read_is_none(written: str) -> None:
    [failure] = read({RATE: written}).failures
    assert failure.text == (
        f'invalid value for Service annotation {RATE}, should be an integer > 0, got "{written}"'
    )


@pytest.mark.parametrize(
    ("read_one", "passed_over", "value", "other"),
    [
        (ALPHA, PROTOCOLS, '{"http": "HTTP2"}', '{"http": "HTTPS"}'),
        (CONFIG, BETA, '{"default": "a"}', '{"default": "b"}'),
    ],
)
def test_a_spelling_that_another_goes_before_is_named(
    read_one: str, passed_over: str, value: str, other: str
) -> None:
    assert said(read({read_one: value, passed_over: value})) == []
    assert said(read({read_one: value, passed_over: other})) == [
        (
            "gke/annotation-no-effect",
            f"{passed_over} has no effect: {read_one} is there, too, and GKE reads that one.",
        )
    ]


def test_keys_that_gke_does_not_know_are_named() -> None:
    settings = read({CONFIG: '{"Default": "a", "port": {"80": "b"}}'})
    [finding] = settings.findings
    assert finding.code == "gke/annotation-unknown"
    assert finding.message == f"{CONFIG} has no key 'port'; GKE passes over it."
    assert finding.hint == "Did you mean `ports`?"


@pytest.mark.parametrize("name", [PROTOCOLS, CONFIG])
def test_null_is_an_empty_object(name: str) -> None:
    assert read({name: "null"}) == read({name: "{}"})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"Enabled": true}', "THCAnnotationWithoutFlag"),
        ('{"enabled": "true"}', INVALID),
        ("[]", INVALID),
        ('{"enabled": null}', None),
        ("null", None),
    ],
)
def test_transparent_checks_are_decoded_as_go_does(written: str, words: str | None) -> None:
    found = transparent_check(service({CHECK: written}), None, in_negs=True)
    assert (found is None) if words is None else (found and words in found.finding.message)
