"""Client certificates: who gets in in both modes, and what is never believed."""

import contextlib
import json
import socket
import ssl
import types

import pytest
from compile_backends import http_echo
from compile_certificates import certificate
from compile_models import (
    host,
    https_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import free_port, running
from front_authority import authority, leaf
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.model import ClientTls, ClientValidation

VIP = "127.32.0.40"
POD = "127.32.1.40"

ROOT = authority("root")
BELOW = authority("below", ROOT)
STRAY = authority("stray", authority("elsewhere"))
"""Given as an issuer, but no anchor leads to it."""
CLIENTS = {
    "trusted": leaf("trusted", ROOT, "client.test"),
    "by-issuer": leaf("by-issuer", BELOW),
    "by-stray": leaf("by-stray", STRAY),
    "unknown": leaf("unknown", authority("other")),
    "self-signed": leaf("self-signed"),
    "expired": leaf("expired", ROOT, days=-1),
    "allowed": leaf("allowed"),
    "allowed-expired": leaf("allowed-expired", days=-1),
}
REJECT = ClientTls(
    ClientValidation.REJECT_INVALID,
    trust_anchors=ROOT.pem,
    intermediates=BELOW.pem + STRAY.pem,
    allowlist=tuple(CLIENTS[name].fingerprint for name in ("allowed", "allowed-expired")),
    allowlisted=CLIENTS["allowed"].pem + CLIENTS["allowed-expired"].pem,
)
MODES = {
    "reject": REJECT,
    "allow": replace(REJECT, mode=ClientValidation.ALLOW_INVALID_OR_MISSING),
    "prints": ClientTls(
        ClientValidation.REJECT_INVALID, b"", allowlist=(CLIENTS["allowed"].fingerprint,)
    ),
}


def compiled(modes, port=1):
    proxies = [
        replace(https_proxy(default=("front",), name=name), client_tls=setting(mode))
        for name, mode in modes.items()
    ]
    made = model(
        balancers=[load_balancer(*proxies)],
        url_maps=[url_map(host("*", route("/", "web")))],
        services=[service("web")],
        negs=[neg("web", (POD, port))],
        certificates=[certificate("front", "web.test")],
    )
    bindings = {rule(name): SocketAddress(VIP, free_port(VIP)) for name in modes}
    return Compiler(CompileOptions()).compile(made, bindings, {}), bindings


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mtls")
    with contextlib.ExitStack() as stack:
        result, bindings = compiled(MODES, stack.enter_context(http_echo("web", POD)))
        assert result.findings == ()
        stack.enter_context(running(result.snapshot, folder))
        yield types.SimpleNamespace(
            folder=folder, at={str(name): place for name, place in bindings.items()}
        )


def ask(proxy, mode, client=None, *, version=None, headers=(), with_chain=False):
    """What the backend saw; None if the proxy cut the connection off."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.maximum_version = version
    if client:
        context.load_cert_chain(CLIENTS[client].write(proxy.folder, with_chain=with_chain))
    request = "\r\n".join(("GET / HTTP/1.1", "Host: web.test", "Connection: close", *headers))
    answer = b""
    try:
        with (
            socket.create_connection(proxy.at[mode], 10) as sock,
            context.wrap_socket(sock, server_hostname="web.test") as secure,
        ):
            secure.sendall(f"{request}\r\n\r\n".encode())
            while part := secure.recv(65536):
                answer += part
    except (ssl.SSLError, ConnectionError):
        assert not answer
        return None
    assert answer.startswith(b"HTTP/1.1 200 OK"), answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("client", "is_served"),
    [
        ("trusted", True),
        ("by-issuer", True),
        ("allowed", True),
        ("by-stray", False),
        ("unknown", False),
        ("self-signed", False),
        ("expired", False),
        ("allowed-expired", False),
        (None, False),
    ],
)
def test_who_is_served_when_invalid_ones_are_rejected(proxy, client, is_served, version):
    assert (ask(proxy, "reject", client, version=version) is not None) == is_served


@pytest.mark.parametrize("client", [None, *CLIENTS])
def test_everybody_is_served_when_invalid_ones_are_allowed(proxy, client):
    assert ask(proxy, "allow", client) is not None


def test_a_chain_that_the_client_sends_is_followed(proxy):
    assert ask(proxy, "reject", "by-issuer", with_chain=True) is not None
    assert ask(proxy, "reject", "by-stray", with_chain=True) is None


def test_fingerprints_alone_let_in_whom_they_name(proxy):
    assert ask(proxy, "prints", "allowed") is not None
    assert ask(proxy, "prints", "trusted") is None
    assert ask(proxy, "prints") is None


@pytest.mark.parametrize("mode", ["reject", "allow"])
def test_what_a_client_says_of_its_certificate_is_not_believed(proxy, mode):
    forged = 'X-Forwarded-Client-Cert: Hash=aa;Subject="CN=admin"'
    assert "x-forwarded-client-cert" not in ask(proxy, mode, "trusted", headers=(forged,))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("mode", ["reject", "allow"])
def test_a_certificate_is_asked_for_anew_on_every_connection(proxy, mode, version):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = version
    context.load_cert_chain(CLIENTS["trusted"].write(proxy.folder))
    session = None
    for _ in range(2):
        with (
            socket.create_connection(proxy.at[mode], 10) as sock,
            context.wrap_socket(sock, server_hostname="web.test", session=session) as secure,
        ):
            assert not secure.session_reused
            secure.sendall(b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n")
            while secure.recv(65536):  # TLS 1.3 sends its tickets after the handshake.
                pass
            session = secure.session


def test_a_fingerprint_beside_anchors_is_a_finding_without_its_certificate():
    result, _ = compiled({"half": replace(REJECT, allowlisted=b"")})
    assert [f.code for f in result.findings] == ["envoy/allowlist-ignored"]


@pytest.mark.parametrize("anchors", [b"", b"-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_without_usable_anchors_nobody_is_let_in(anchors):
    bad = ClientTls(ClientValidation.REJECT_INVALID, trust_anchors=anchors)
    result, _ = compiled({"bad": bad})
    assert [f.code for f in result.findings] == ["envoy/invalid-resource"]
    assert "nothing listens" in result.findings[0].message
