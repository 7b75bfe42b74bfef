"""GKE's kinds: the table of fields says all of them, and checks have the controller's words."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from penstock.objects.gke import KINDS, BackendConfig
from penstock.objects.gke.fields import FIELDS, Effect
from penstock.objects.meta import Fields
from penstock.objects.parse import Parsed, parse_text


def parsed(kind: str, version: str, spec: str) -> Parsed:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n"
    return parse_text(text, "in.yaml")


def reached(of: inspect.Type) -> Iterator[type]:
    match of:
        case inspect.UnionType():
            for option in of.types:
                yield from reached(option)
        case inspect.VarTupleType():
            yield from reached(of.item_type)
        case inspect.StructType():
            yield of.cls
            for field in of.fields:
                yield from reached(field.type)


def test_every_struct_is_in_the_table() -> None:
    structs = {
        cls
        for kind in KINDS
        for field in msgspec.structs.fields(kind)
        if field.name == "spec"
        for cls in reached(inspect.type_info(field.type))
    }
    assert structs == set(FIELDS)


@pytest.mark.parametrize("kind", list(FIELDS), ids=lambda kind: kind.__name__)
def test_every_field_has_one_row(kind: type[Fields]) -> None:
    names = [row.name for row in FIELDS[kind]]
    assert sorted(names) == sorted(f.encode_name for f in msgspec.structs.fields(kind))


def test_what_does_not_work_says_why() -> None:
    for rows in FIELDS.values():
        for row in rows:
            if {row.external, row.internal} & {Effect.NONE, Effect.REFUSES}:
                assert row.note, row


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            "{sessionAffinity: {affinityType: HEADER}}",
            "unsupported AffinityType: HEADER, should be one of NONE, CLIENT_IP, or "
            "GENERATED_COOKIE.",
        ),
        (
            "{sessionAffinity: {affinityCookieTtlSec: 86401}}",
            "unsupported AffinityCookieTtlSec: 86401, should be between 0 and 86400.",
        ),
        (
            "{logging: {sampleRate: 1.5}}",
            "unsupported SampleRate: 1.500000, should be between 0.0 and 1.0.",
        ),
        (
            "{healthCheck: {type: TCP}}",
            'Protocol "TCP" is not valid, must be one of ["HTTP","HTTPS","HTTP2"].',
        ),
        (
            "{iap: {enabled: true}, cdn: {enabled: true}}",
            "iap and cdn cannot be enabled at the same time.",
        ),
        ("{healthCheck: {timeoutSec: 20, checkIntervalSec: 10}}", "is longer than"),
        ("{healthCheck: {requestPath: healthz}}", "it begins with /"),
        ("{cdn: {negativeCachingPolicy: [{code: 200}]}}", "it is one of 300, 301"),
        ("{cdn: {negativeCachingPolicy: [{code: 404, ttl: 1801}]}}", "it is from 0 to 1800"),
        ("{cdn: {signedUrlKeys: [{}, {}, {}, {}]}}", "at most 3 are allowed"),
        ("{customRequestHeaders: {headers: [nonsense]}}", "Must be NAME:VALUE"),
        ("{customResponseHeaders: {headers: ['Connection: x']}}", "belongs to a connection"),
        ("{timeoutSec: 0}", "it is from 1 to 2147483647"),
        ("{connectionDraining: {drainingTimeoutSec: 3601}}", "it is from 0 to 3600"),
    ],
)
def test_bad_values_of_a_backend_config_cost_their_block_only(spec: str, text: str) -> None:
    whole = f"{{securityPolicy: {{name: a}}, {spec[1:]}"
    result = parsed("BackendConfig", "cloud.google.com/v1", whole)
    [finding] = result.findings
    assert text.lower() in finding.message.lower()
    assert finding.code == "object/invalid-value"
    [obj] = result.objects
    assert isinstance(obj.resource, BackendConfig)
    assert obj.resource.spec.security_policy is not None


def test_redirect_codes_are_checked() -> None:
    spec = "{redirectToHttps: {enabled: true, responseCodeName: SEE_OTHER}}"
    result = parsed("FrontendConfig", "networking.gke.io/v1beta1", spec)
    assert [f.code for f in result.findings] == ["object/invalid-value"]
    assert len(result.objects) == 1


@pytest.mark.parametrize("domains", ["[]", "['a b']"])
def test_a_managed_certificate_needs_domains(domains: str) -> None:
    result = parsed("ManagedCertificate", "networking.gke.io/v1", f"{{domains: {domains}}}")
    assert not result.objects


@pytest.mark.parametrize("version", ["cloud.google.com/v1", "cloud.google.com/v1beta1"])
def test_both_versions_are_read(version: str) -> None:
    assert len(parsed("BackendConfig", version, "{timeoutSec: 40}").objects) == 1


def test_a_wrong_version_of_the_group_is_an_error() -> None:
    result = parsed("FrontendConfig", "networking.gke.io/v1", "{}")
    assert [f.code for f in result.findings] == ["object/wrong-api-version"]


def test_a_misspelt_field_is_suggested() -> None:
    result = parsed("BackendConfig", "cloud.google.com/v1", "{timeoutSeconds: 40}")
    assert [f.hint for f in result.findings] == ["Did you mean `timeoutSec`?"]


def test_credentials_are_never_shown() -> None:
    spec = "{iap: {enabled: true, oauthclientCredentials: {secretName: s, clientSecret: hush}}}"
    [obj] = parsed("BackendConfig", "cloud.google.com/v1", spec).objects
    assert "hush" not in repr(obj.resource)


@pytest.mark.parametrize(
    ("kind", "name", "is_kept"),
    [
        ("Service", "cloud.google.com/backend-config", False),
        ("Service", "beta.cloud.google.com/backend-config", False),
        ("Service", "cloud.google.com/neg", True),
        ("Ingress", "networking.gke.io/v1beta1.FrontendConfig", False),
        ("Ingress", "kubernetes.io/ingress.class", False),
        ("Ingress", "kubernetes.io/ingress.allow-http", True),
    ],
)
@pytest.mark.parametrize("value", ["{default: guarded}", "[guarded]"])
def test_an_annotation_that_limits_is_never_left_out_alone(
    kind: str, name: str, is_kept: bool, value: str
) -> None:
    """Unquoted JSON is a mapping in YAML; without it a Service would be open to everybody."""
    specs = {
        "Service": "{ports: [{port: 80}]}",
        "Ingress": "{defaultBackend: {service: {name: s, port: {number: 80}}}}",
    }
    versions = {"Service": "v1", "Ingress": "networking.k8s.io/v1"}
    text = (
        f"apiVersion: {versions[kind]}\nkind: {kind}\n"
        f"metadata: {{name: x, annotations: {{{name}: {value}}}}}\nspec: {specs[kind]}\n"
    )
    result = parse_text(text, "in.yaml")
    assert [f.code for f in result.findings] == ["object/wrong-type"]
    assert bool(result.objects) is is_kept


@pytest.mark.parametrize(
    "spec",
    [
        "{iap: {enabled: true, oauthclientCredentials: {clientSecret: 99887766}}}",
        "{iap: {enabled: true, oauthclientCredentials: {clientSecret: [s99887766]}}}",
        "{iap: {enabled: true, oauthclientCredentials: s99887766}}",
        "{cdn: {enabled: true, signedUrlKeys: [{keyName: k, keyValue: 99887766}]}}",
        "{cdn: {enabled: true, signedUrlKeys: [s99887766]}}",
        "{cdn: {enabled: true, signedUrlKeys: s99887766}}",
    ],
)
def test_credentials_of_a_wrong_type_are_not_shown(spec: str) -> None:
    result = parsed("BackendConfig", "cloud.google.com/v1", spec)
    assert result.findings
    for finding in result.findings:
        assert "99887766" not in f"{finding.message} {finding.hint}"
