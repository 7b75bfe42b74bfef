"""BackendConfigs: every rule about custom headers and Cloud CDN, on both sides of its edge."""

from __future__ import annotations

import pytest

from penstock.objects.gke import BackendConfig
from penstock.objects.parse import Parsed, parse_text


def parsed(spec: str) -> Parsed:
    text = f"apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {{name: x}}\n{spec}"
    return parse_text(text, "in.yaml")


def with_headers(*lines: str, field: str = "customRequestHeaders") -> Parsed:
    listed = "".join(f"    - '{line}'\n" for line in lines)
    return parsed(f"spec:\n  {field}:\n    headers:\n{listed}")


def kept(result: Parsed) -> int:
    [obj] = result.objects
    assert isinstance(obj.resource, BackendConfig)
    block = obj.resource.spec.custom_request_headers or obj.resource.spec.custom_response_headers
    return len((block.headers if block else None) or ())


@pytest.mark.parametrize(
    "name",
    [
        *("X-User-IP", "x-user-ip", "X-Google-A", "x-googlething", "X-Goog-B", "X-GFE", "x-gfe-c"),
        *("X-Amz-D", "Keep-Alive", "Transfer-Encoding", "TE", "connection", "Trailer", "Upgrade"),
        *("Host", "host", "authority", ":authority", ":path", "a b", "", "ä"),
    ],
)
@pytest.mark.parametrize("field", ["customRequestHeaders", "customResponseHeaders"])
def test_names_that_are_not_allowed_are_left_out_alone(name: str, field: str) -> None:
    result = with_headers("X-Good: yes", f"{name}: no", field=field)
    assert [f.origin.field for f in result.findings] == [f"spec.{field}.headers[1]"]
    assert kept(result) == 1


@pytest.mark.parametrize("name", ["X-Goo", "Xgoogle", "X-Users-IP", "Strict-Transport-Security"])
def test_names_that_only_look_like_it_are_allowed(name: str) -> None:
    assert not with_headers(f"{name}: yes").findings


@pytest.mark.parametrize(
    ("written", "quoted"), [("8", '"8"'), ("X-A: b", '"X-A: b"'), ("true", '"true"')]
)
def test_a_line_without_quotes_is_shown_with_them(written: str, quoted: str) -> None:
    result = parsed(f"spec:\n  customRequestHeaders:\n    headers:\n    - {written}\n")
    assert [finding.hint for finding in result.findings] == [f"Quote it: {quoted}"]


def test_no_name_stands_twice() -> None:
    result = with_headers("X-A: 1", "x-a : 2")
    [finding] = result.findings
    assert "is there already" in finding.message


@pytest.mark.parametrize(("count", "wrong"), [(16, 0), (17, 1)])
def test_at_most_sixteen(count: int, wrong: int) -> None:
    result = with_headers(*(f"X-{number}: a" for number in range(count)))
    assert (len(result.findings), kept(result)) == (wrong, 16)


@pytest.mark.parametrize(("length", "wrong"), [(8189, 0), (8190, 1)])
def test_at_most_eight_kibibytes_together(length: int, wrong: int) -> None:
    assert len(with_headers(f"X-A: {'a' * length}").findings) == wrong


def test_a_value_holds_no_control_characters() -> None:
    text = 'spec: {customRequestHeaders: {headers: ["X-A: a\\nX-B: b"]}}\n'
    [finding] = parsed(text).findings
    assert "control characters" in finding.message


CODES = (300, 301, 308, 404, 405, 410, 421, 451, 501)


@pytest.mark.parametrize("code", [*CODES, 200, 302, 307, 400, 403, 500, 502])
def test_codes_that_may_be_cached(code: int) -> None:
    result = parsed(
        f"spec: {{cdn: {{enabled: true, negativeCachingPolicy: [{{code: {code}}}]}}}}\n"
    )
    assert [f.origin.field for f in result.findings] == (
        [] if code in CODES else ["spec.cdn.negativeCachingPolicy[0].code"]
    )


@pytest.mark.parametrize(("ttl", "wrong"), [(0, 0), (1800, 0), (1801, 1), (-1, 1)])
def test_how_long(ttl: int, wrong: int) -> None:
    policy = f"[{{code: 404, ttl: {ttl}}}]"
    result = parsed(f"spec: {{cdn: {{enabled: true, negativeCachingPolicy: {policy}}}}}\n")
    assert len(result.findings) == wrong


@pytest.mark.parametrize(("count", "wrong"), [(3, 0), (4, 1)])
def test_signed_keys(count: int, wrong: int) -> None:
    keys = ", ".join(f"{{keyName: k{number}, secretName: s}}" for number in range(count))
    result = parsed(f"spec: {{cdn: {{enabled: true, signedUrlKeys: [{keys}]}}}}\n")
    assert len(result.findings) == wrong


@pytest.mark.parametrize(
    ("iap", "cdn", "wrong"),
    [("true", "true", 1), ("false", "true", 0), ("true", "false", 0)],
)
def test_either_iap_or_cdn(iap: str, cdn: str, wrong: int) -> None:
    result = parsed(f"spec: {{iap: {{enabled: {iap}}}, cdn: {{enabled: {cdn}}}}}\n")
    assert len(result.findings) == wrong
    for finding in result.findings:
        assert "iap and cdn cannot be enabled at the same time" in finding.message.lower()
    [obj] = result.objects
    assert isinstance(obj.resource, BackendConfig)
    assert obj.resource.spec.iap is not None


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ('{"ingress": true}', """'{"ingress": true}'"""),
        ("[it's]", """'["it''s"]'"""),
        ("true", '"true"'),
    ],
)
def test_json_without_quotes_is_shown_with_them(written: str, quoted: str) -> None:
    text = (
        "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\n"
        f"metadata:\n  name: x\n  annotations:\n    cloud.google.com/neg: {written}\n"
    )
    hints = [finding.hint for finding in parse_text(text, "in.yaml").findings]
    assert hints == [f"Quote it: cloud.google.com/neg: {quoted}"]
