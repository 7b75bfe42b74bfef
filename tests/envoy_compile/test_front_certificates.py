"""Several certificates: the first is the default, and order decides between equal names."""

import contextlib
import socket
import ssl

import pytest
from compile_certificates import certificate, common_name
from compile_models import https_proxy, load_balancer, model, rule, url_map
from compile_proxy import free_port, running

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress

VIP = "127.32.0.60"
CERTIFICATES = (
    certificate("first", "one.test", "both.test", key_type="rsa"),
    certificate("second", "two.test", "both.test", key_type="rsa"),
    certificate("curve", "two.test", "both.test"),
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """In `order` the second certificate stands before the first for `both.test`."""
    usual = https_proxy(
        (("both.test", "one.test"), ("first", "second")),
        (("two.test",), ("second", "curve")),
        default=("first",),
        name="usual",
    )
    order = https_proxy((("both.test",), ("second", "first")), default=("second",), name="order")
    pair = https_proxy(default=("first", "curve"), name="pair")
    proxies = (usual, order, pair)
    made = model(
        balancers=[load_balancer(*proxies)], url_maps=[url_map()], certificates=CERTIFICATES
    )
    bindings = {rule(p.name): SocketAddress(VIP, free_port(VIP)) for p in proxies}
    compiled = Compiler(CompileOptions()).compile(made, bindings, {})
    assert compiled.findings == ()
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(compiled.snapshot, tmp_path_factory.mktemp("certificates")))
        yield {str(name): place for name, place in bindings.items()}


def presented(address, server_name, ciphers=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    with (
        socket.create_connection(address, 10) as sock,
        context.wrap_socket(sock, server_hostname=server_name) as secure,
    ):
        return common_name(secure.getpeercert(binary_form=True))


@pytest.mark.parametrize(
    ("listener", "server_name", "expected"),
    [
        ("usual", None, "first"),
        ("usual", "unknown.test", "first"),
        ("usual", "one.test", "first"),
        ("usual", "both.test", "first"),
        ("usual", "BOTH.test", "first"),
        ("order", "both.test", "second"),
        ("order", None, "second"),
        ("order", "one.test", "second"),
    ],
)
def test_which_certificate_is_presented(proxy, listener, server_name, expected):
    assert presented(proxy[listener], server_name) == expected


@pytest.mark.parametrize(
    ("listener", "server_name"), [("usual", "two.test"), ("pair", None), ("pair", "any.test")]
)
def test_the_key_type_is_the_clients_choice(proxy, listener, server_name):
    rsa = "second" if listener == "usual" else "first"
    assert presented(proxy[listener], server_name, "ECDHE+aRSA") == rsa
    assert presented(proxy[listener], server_name, "ECDHE+aECDSA") == "curve"
