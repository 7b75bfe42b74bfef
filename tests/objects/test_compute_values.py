"""Values with a grammar of their own: path templates, rewrites, headers, certificates, hosts."""

from __future__ import annotations

import datetime
import textwrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from penstock.objects.checks.compute.path_template import bad_rewrite, parse_template
from penstock.objects.parse import parse_text


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("/", ()),
        ("/a/b", ()),
        ("/a/", ()),
        ("/*", ()),
        ("/**", ()),
        ("/**.mpd", ()),
        ("/videos/*/*/*.m4s", ()),
        ("/users/{id}/*/{rest=**}", ("id", "rest")),
        ("/{a}/{b=*}/{c=videos/*}/{d}/{e=x/**}", ("a", "b", "c", "d", "e")),
        ("/{file}.vtt", ("file",)),
        ("/%20~!$&'()+,;:@/*", ()),
    ],
)
def test_good_path_templates(template: str, variables: tuple[str, ...]) -> None:
    """Envoy takes each of them (its validate mode)."""
    assert parse_template(template).error == ""
    assert parse_template(template).variables == variables


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("", "from 1 to 1024"),
        ("/" + "a" * 1024, "from 1 to 1024"),
        ("a/*", "start with a slash"),
        ("/*/*/*/*/*/*", "At most 5 operators"),
        ("/**/a/*", "must be the last operator"),
        ("/{a=**}/{b}", "must be the last operator"),
        ("/{a}/{a}", "twice"),
        ("/{a", "never closed"),
        ("/a}", "never"),
        ("/{}", "no name of a variable"),
        ("/{1a}", "no name of a variable"),
        ("/{abcdefghijklmnopq}", "at most 16"),
        ("/{a=}", "bad pattern"),
        ("/{a=**/x}", "bad pattern"),
        ("/{a=x?}", "bad pattern"),
        ("/a*", "must follow a slash"),
        ("/*a/*", "A slash must follow"),
        ("/*a/", "must end the path"),
        ("/**.mpd/x", "must end the path"),
        ("/a//b", "must not be empty"),
        ("/a?b", "no path may have"),
        ("/a=b", "no path may have"),
    ],
)
def test_bad_path_templates(template: str, says: str) -> None:
    assert says in parse_template(template).error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/x/{a}/{b}.html", None),
        ("/", None),
        ("{a}", "start with a slash"),
        ("", "from 1 to"),
        ("/{c}", "{c} is not in"),
        ("/x*", "no path may have"),
        ("/{a", "no path may have"),
    ],
)
def test_rewrites(text: str, says: str | None) -> None:
    reason = bad_rewrite(text, ("a", "b"))
    assert (reason is None) == (says is None)
    assert says is None or says in str(reason)


def headers(count: int, value: str = "x") -> str:
    items = "".join(
        f"  - {{headerName: X-{n}, headerValue: '{value}', replace: true}}\n" for n in range(count)
    )
    return (
        "kind: compute#urlMap\nname: w\ndefaultService: x\n"
        f"headerAction:\n  responseHeadersToAdd:\n{items}"
    )


def test_sixteen_headers_are_the_most() -> None:
    assert not parse_text(headers(16), "f.yaml").findings
    parsed = parse_text(headers(17), "f.yaml")
    (finding,) = parsed.findings
    assert finding.origin.field == "headerAction.responseHeadersToAdd[16]"
    assert "Only this header is left out" in finding.message
    assert len(parsed.objects[0].resource.header_action.response_headers_to_add) == 16


@pytest.mark.parametrize(
    ("text", "has_rewrites"),
    [
        ("kind: compute#urlMap\nname: w\ndefaultService: x\nheaderAction:\n"
         "  requestHeadersToAdd: [{headerName: Host, headerValue: a, replace: true}]\n", True),
        ("kind: compute#urlMap\nname: w\ndefaultService: x\n"
         "headerAction: {requestHeadersToRemove: [Host]}\n", True),
        ("apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {name: w}\n"
         "spec: {customRequestHeaders: {headers: ['Host: a']}}\n", False),
    ],
)  # fmt: skip
def test_who_has_no_rewrites_is_not_told_to_use_them(text: str, has_rewrites: bool) -> None:
    (finding,) = parse_text(text, "f.yaml").findings
    assert "The host cannot be changed as a header" in finding.message
    assert ("urlRewrite.hostRewrite" in finding.message) is has_rewrites


def test_eight_kibibytes_of_headers_are_the_most() -> None:
    assert not parse_text(headers(8, "x" * 1000), "f.yaml").findings
    (finding,) = parse_text(headers(9, "x" * 1000), "f.yaml").findings
    assert "more than 8 KiB" in finding.message


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("a.example.com", True),
        ("A.Example.com:8080", True),
        ("*", True),
        ("*:8080", True),
        ("*.example.com", True),
        ("*-eu.example.com", True),
        ("10.0.0.1", True),
        ("[fd00::1]:80", True),
        ("", False),
        ("a_b.example.com", False),
        ("a.*.com", False),
        ("*example.com", False),
        ("**.example.com", False),
        ("a.example.com:", False),
        ("a.example.com:123456", False),
        ("-a.example.com", False),
        ("a b", False),
        ("a.example.com/x", False),
    ],
)
def test_hosts(host: str, good: bool) -> None:
    text = (
        "kind: compute#urlMap\nname: w\ndefaultService: x\n"
        f"hostRules: [{{hosts: ['{host}'], pathMatcher: m}}]\n"
        "pathMatchers: [{name: m, defaultService: x}]\n"
    )
    parsed = parse_text(text, "f.yaml")
    assert (not parsed.findings) == good
    assert len(parsed.objects[0].resource.host_rules or ()) == good


def pair() -> tuple[str, str, str]:
    """A certificate, its key, and the same key encrypted, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    plain = key.private_bytes(encoding, form, serialization.NoEncryption())
    locked = key.private_bytes(encoding, form, serialization.BestAvailableEncryption(b"x"))
    return certificate.public_bytes(encoding).decode(), plain.decode(), locked.decode()


def certificate_text(chain: str, key: str) -> str:
    def block(text: str) -> str:
        return textwrap.indent(text, "    ")

    return (
        "kind: compute#sslCertificate\nname: w\nselfManaged:\n"
        f"  certificate: |\n{block(chain)}  privateKey: |\n{block(key)}"
    )


def test_certificates_and_keys() -> None:
    chain, key, locked = pair()
    assert not parse_text(certificate_text(chain, key), "f.yaml").findings
    for given, says in (
        ((key, key), "The SSL certificate could not be parsed."),
        ((chain, chain), "The SSL key could not be parsed: it is no PEM"),
        ((chain, locked), "The SSL key could not be parsed: it is encrypted"),
    ):
        parsed = parse_text(certificate_text(*given), "f.yaml")
        (finding,) = parsed.findings
        assert says in finding.message
        assert not parsed.objects
        secret = {line for line in (*key.splitlines(), *locked.splitlines()) if len(line) > 30}
        assert not any(line in finding.message + finding.hint for line in secret)


def test_a_bad_trust_anchor_is_not_trusted_and_the_others_are() -> None:
    chain, _, _ = pair()
    anchor = textwrap.indent(chain, "      ")
    text = (
        "name: projects/p/locations/l/trustConfigs/x\ntrustStores:\n- trustAnchors:\n"
        f"  - pemCertificate: |\n{anchor}  - pemCertificate: nothing\n"
    )
    parsed = parse_text(text, "f.yaml")
    (finding,) = parsed.findings
    assert finding.origin.field == "trustStores[0].trustAnchors[1].pemCertificate"
    assert len(parsed.objects[0].resource.trust_stores[0].trust_anchors) == 1
