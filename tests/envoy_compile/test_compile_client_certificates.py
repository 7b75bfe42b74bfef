"""What headers say of clients' certificates, in a real Envoy that asks for them."""

import contextlib
import datetime
import re
import ssl

import httpx
import pytest
from compile_certificates import certificate
from compile_lab import path_rule, routes_of
from compile_models import (
    FixedResponse,
    forward,
    host,
    https_proxy,
    load_balancer,
    model,
    rule,
    url_map,
)
from compile_proxy import free_port, messages, running
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.resources import LISTENER, EnvoyResource, Snapshot
from penstock.model import HeaderEdit, HeaderEdits, Origin, Variable

VIP = "127.23.0.23"
VARIABLES = tuple(v for v in Variable if v.startswith("client_cert"))
PEM = serialization.Encoding.PEM


def signed(name, issuer=None, uris=(), dns=()):
    """A key and a certificate, by an issuer's key and certificate, or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer_name = (issuer[0], issuer[1].subject) if issuer else (key, subject)
    names = [x509.UniformResourceIdentifier(u) for u in uris] + [x509.DNSName(d) for d in dns]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(0xABC123)
        .not_valid_before(datetime.datetime(2020, 1, 2, 3, 4, 5))
        .not_valid_after(datetime.datetime(2099, 1, 2, 3, 4, 5))
        .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(issuer_key, hashes.SHA256())


CA = signed("ca")
CLIENT = signed("client", CA, ["spiffe://a.test/b", "https://b.test/"], ["c.test", "d.test"])
STRANGER = signed("stranger", signed("other"), ["https://b.test/"])


def file_of(folder, pair):
    path = folder / "client.pem"
    key = pair[0].private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(key + pair[1].public_bytes(PEM))
    return path


def told(variables):
    """Answers tell what requests' headers would say."""
    edits = (HeaderEdit(f"x-{v.replace('_', '-')}", (v,), True, Origin("x")) for v in variables)
    return HeaderEdits(response_add=tuple(edits))


def asking(snapshot):
    """The same with listeners that ask clients for a certificate, and serve all."""
    resources = []
    for listener in messages(snapshot, LISTENER).values():
        socket = listener.default_filter_chain.transport_socket
        context = tls_pb2.DownstreamTlsContext()
        socket.typed_config.Unpack(context)
        validation = context.common_tls_context.validation_context
        validation.trusted_ca.inline_bytes = CA[1].public_bytes(PEM)
        validation.trust_chain_verification = validation.ACCEPT_UNTRUSTED
        socket.typed_config.Pack(context)
        resources.append(EnvoyResource(LISTENER, listener.name, listener.SerializeToString()))
    kept = [
        r for url, table in snapshot.resources.items() if url != LISTENER for r in table.values()
    ]
    return Snapshot.of([*kept, *resources])


ANSWER = FixedResponse(200, "told")


@pytest.fixture(scope="module", params=["rule", "host", "map", "default"])
def address(request, tmp_path_factory):
    """Headers may be written at each level."""
    edits = told(VARIABLES)
    at_rule = path_rule("/", ANSWER, edits=edits if request.param == "rule" else None)
    at_host = host("a.test", at_rule)
    if request.param == "host":
        at_host = replace(at_host, headers=edits)
    hosts = () if request.param == "default" else (at_host,)
    urls = url_map(*hosts, default=ANSWER)
    if request.param in ("map", "default"):
        urls = replace(urls, headers=edits)
    bindings = {rule("https"): SocketAddress(VIP, free_port(VIP))}
    a_model = model(
        balancers=[load_balancer(https_proxy(default=("default/tls",)))],
        url_maps=[urls],
        certificates=[certificate("default/tls", "a.test")],
    )
    compiled = Compiler(CompileOptions()).compile(a_model, bindings, {})
    assert compiled.findings == ()
    folder = tmp_path_factory.mktemp("envoy")
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(asking(compiled.snapshot), folder))
        yield bindings[rule("https")]


def values(address, folder, pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(file_of(folder, pair))
    with httpx.Client(verify=context, trust_env=False, timeout=10) as client:
        answer = client.get(
            f"https://{address.address}:{address.port}/", headers={"host": "a.test"}
        )
    assert answer.text == "told"
    return {v: answer.headers[f"x-{v.replace('_', '-')}"] for v in VARIABLES}


def test_a_trusted_certificate(address, tmp_path):
    found = values(address, tmp_path, CLIENT)
    fingerprint = CLIENT[1].fingerprint(hashes.SHA256()).hex()
    leaf = found.pop(Variable.CLIENT_CERT_LEAF)
    assert re.match("-----BEGIN%20CERTIFICATE-----%0A", leaf)
    assert found == {
        Variable.CLIENT_CERT_PRESENT: "true",
        Variable.CLIENT_CERT_CHAIN_VERIFIED: "true",
        Variable.CLIENT_CERT_ERROR: "",
        Variable.CLIENT_CERT_SHA256_FINGERPRINT: fingerprint,
        Variable.CLIENT_CERT_SERIAL_NUMBER: "abc123",
        Variable.CLIENT_CERT_SPIFFE_ID: "spiffe://a.test/b",
        Variable.CLIENT_CERT_URI_SANS: "spiffe://a.test/b,https://b.test/",
        Variable.CLIENT_CERT_DNSNAME_SANS: "c.test,d.test",
        Variable.CLIENT_CERT_VALID_NOT_BEFORE: "2020-01-02T03:04:05+00:00",
        Variable.CLIENT_CERT_VALID_NOT_AFTER: "2099-01-02T03:04:05+00:00",
        Variable.CLIENT_CERT_SUBJECT_DN: "CN=client",
        Variable.CLIENT_CERT_ISSUER_DN: "CN=ca",
        Variable.CLIENT_CERT_CHAIN: "",
    }


def test_a_stranger_s_certificate(address, tmp_path):
    found = values(address, tmp_path, STRANGER)
    assert found[Variable.CLIENT_CERT_PRESENT] == "true"
    assert found[Variable.CLIENT_CERT_CHAIN_VERIFIED] == "false"
    assert found[Variable.CLIENT_CERT_ERROR] == "client_cert_validation_failed"
    assert found[Variable.CLIENT_CERT_SPIFFE_ID] == ""


def test_no_certificate(address, tmp_path):
    found = values(address, tmp_path, None)
    assert found.pop(Variable.CLIENT_CERT_PRESENT) == "false"
    assert found.pop(Variable.CLIENT_CERT_CHAIN_VERIFIED) == "false"
    assert found.pop(Variable.CLIENT_CERT_ERROR) == "client_cert_not_provided"
    assert set(found.values()) == {""}


def test_a_share_of_a_route_may_tell_it_too():
    action = forward("a", "b")
    shares = (replace(action.backends[0], headers=told(VARIABLES)), action.backends[1])
    urls = url_map(host("a.test", path_rule("/", replace(action, backends=shares))))
    compiled = Compiler(CompileOptions()).compile(model(url_maps=[urls]), {}, {})
    assert compiled.findings == ()
    routes = [r for r in routes_of(compiled, "a.test") if r.name != "default"]
    assert [r.match.tls_context.validated.value for r in routes] == [True, False, False]
