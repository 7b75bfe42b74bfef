"""Backends' certificates, the TLS that backends may speak, and where connections come from."""

import contextlib
import json
import ssl
import types
import warnings

import httpx
import pytest
from compile_backends import http_echo
from compile_models import (
    BackendProtocol,
    host,
    http_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import free_port, messages, running
from front_authority import authority, leaf
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.resources import CLUSTER
from penstock.model import BackendTls, TlsVersion

VIP = "127.32.0.50"
POD = "127.32.1.50"
SOURCE = "127.32.9.1"
OWN_SOURCE = "127.32.9.2"

ROOT = authority("root")
BELOW = authority("below", ROOT)
PODS = {
    "signed": leaf("signed", BELOW, "pod.test", "*.wild.test", "spiffe://cluster/ns/pod"),
    "self-signed": leaf("self-signed", None, "pod.test"),
    "expired": leaf("expired", ROOT, "pod.test", days=-1),
}
ANCHORS = ROOT.pem
CASES = {
    # name: (pod, settings, status)
    "no settings": ("self-signed", None, 200),
    "no anchors": ("expired", BackendTls(), 200),
    "anchor": ("signed", BackendTls(trust_anchors=ANCHORS), 200),
    "another anchor": ("signed", BackendTls(trust_anchors=authority("x").pem), 503),
    "not signed": ("self-signed", BackendTls(trust_anchors=ANCHORS), 503),
    "expired": ("expired", BackendTls(trust_anchors=ANCHORS), 503),
    "server name": ("signed", BackendTls("pod.test", trust_anchors=ANCHORS), 200),
    "another server name": ("signed", BackendTls("no.test", trust_anchors=ANCHORS), 503),
    "wildcard": ("signed", BackendTls("a.wild.test", trust_anchors=ANCHORS), 200),
    "wildcard, deeper": ("signed", BackendTls("a.b.wild.test", trust_anchors=ANCHORS), 503),
    "one of the names": ("signed", BackendTls("", ("no.test", "pod.test"), ANCHORS), 200),
    "none of the names": ("signed", BackendTls("", ("no.test", "or.test"), ANCHORS), 503),
    "uri": ("signed", BackendTls("", ("spiffe://cluster/ns/pod",), ANCHORS), 200),
    "another uri": ("signed", BackendTls("", ("spiffe://cluster/ns",), ANCHORS), 503),
    "names win over server name": ("signed", BackendTls("no.test", ("pod.test",), ANCHORS), 200),
    "unchecked server name": ("self-signed", BackendTls("no.test"), 200),
}
SEEN_NAMES = {
    "no settings": "asked.test",
    "anchor": "asked.test",
    "server name": "pod.test",
    "names win over server name": "no.test",
    "unchecked server name": "no.test",
}
VERSIONS = {
    "old only": (ssl.TLSVersion.TLSv1, BackendTls(), 503),
    "old allowed": (ssl.TLSVersion.TLSv1, BackendTls(minimum=TlsVersion.TLS_1_0), 200),
    "1.1 allowed": (ssl.TLSVersion.TLSv1_1, BackendTls(minimum=TlsVersion.TLS_1_1), 200),
    "1.0 below 1.1": (ssl.TLSVersion.TLSv1, BackendTls(minimum=TlsVersion.TLS_1_1), 503),
    "1.2": (ssl.TLSVersion.TLSv1_2, BackendTls(minimum=TlsVersion.TLS_1_0), 200),
    "1.3": (ssl.TLSVersion.TLSv1_3, BackendTls(minimum=TlsVersion.TLS_1_0), 200),
    "1.3 needed": (ssl.TLSVersion.TLSv1_2, BackendTls(minimum=TlsVersion.TLS_1_3), 503),
}


def server_context(path, version=None, names=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    if names is not None:
        context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backend-tls")
    names, ports, settings = {}, {}, {}
    with contextlib.ExitStack() as stack:
        for case, (pod, tls, _) in CASES.items():
            path = PODS[pod].write(folder, with_chain=True)
            names[case] = []
            context = server_context(path, names=names[case])
            ports[case], settings[case] = stack.enter_context(http_echo(pod, POD, context)), tls
        for case, (version, tls, _) in VERSIONS.items():
            context = server_context(PODS["signed"].write(folder), version)
            ports[case], settings[case] = stack.enter_context(http_echo(case, POD, context)), tls
        ports["sourced"] = stack.enter_context(http_echo("sourced", POD))
        result, address = compiled(ports, settings)
        assert result.findings == ()
        stack.enter_context(running(result.snapshot, folder))
        yield types.SimpleNamespace(address=address, names=names)


def compiled(ports, settings):
    services = [
        replace(
            service(case, protocol=BackendProtocol.HTTPS, negs=[case]),
            tls=setting(settings[case]) if settings[case] else None,
        )
        for case in settings
    ]
    sourced = replace(service("sourced"), source=setting(OWN_SOURCE))
    made = model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(host("*", *(route(f"/{slug(case)}", case) for case in ports)))],
        services=[*services, sourced],
        negs=[neg(case, (POD, port)) for case, port in ports.items()],
    )
    address = SocketAddress(VIP, free_port(VIP))
    compiler = Compiler(CompileOptions(proxy_source=SOURCE))
    return compiler.compile(made, {rule("http"): address}, {}), address


def slug(case):
    return case.replace(" ", "-").replace(",", "").replace(".", "-")


def ask(proxy, case):
    url = f"http://{proxy.address.address}:{proxy.address.port}/{slug(case)}"
    with httpx.Client(trust_env=False) as client:
        return client.get(url, headers={"host": "asked.test:8080"})


@pytest.mark.parametrize("case", CASES)
def test_certificates_are_checked_as_the_settings_say(proxy, case):
    pod, _, status = CASES[case]
    answer = ask(proxy, case)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["backend"] == pod


@pytest.mark.parametrize("case", SEEN_NAMES)
def test_the_server_name_that_is_asked_for(proxy, case):
    ask(proxy, case)
    assert set(proxy.names[case]) == {SEEN_NAMES[case]}


@pytest.mark.parametrize("case", VERSIONS)
def test_versions_of_tls_that_backends_may_speak(proxy, case):
    assert ask(proxy, case).status_code == VERSIONS[case][2]


def test_connections_come_from_the_services_own_source(proxy):
    assert ask(proxy, "sourced").json()["client"] == OWN_SOURCE
    assert ask(proxy, "anchor").json()["client"] == SOURCE


@pytest.mark.parametrize(
    ("endpoints", "source", "expected"),
    [
        (("127.32.1.1",), None, SOURCE),
        (("127.32.1.1",), "127.32.9.9", "127.32.9.9"),
        (("127.32.1.1",), "10.129.0.2", SOURCE),
        ((), "127.32.9.9", "127.32.9.9"),
        ((), "10.129.0.2", SOURCE),
        (("10.0.0.1",), None, None),
        (("10.0.0.1",), "10.129.0.2", "10.129.0.2"),
        (("10.0.0.1",), "127.32.9.9", None),
        (("10.0.0.1", "fd00::1"), "10.129.0.2", None),
        (("fd00::1",), "fd00::9", "fd00::9"),
        (("fd00::1",), "::1", None),
        (("10.0.0.1", "127.32.1.1"), "10.129.0.2", "10.129.0.2"),
    ],
)
def test_a_source_is_used_where_it_leads_to_the_endpoints(endpoints, source, expected):
    one = replace(service("web"), source=setting(source) if source else None)
    made = model(services=[one], negs=[neg("web", *((address, 80) for address in endpoints))])
    snapshot = Compiler(CompileOptions(proxy_source=SOURCE)).compile(made, {}, {}).snapshot
    cluster = messages(snapshot, CLUSTER)["web"]
    assert (cluster.upstream_bind_config.source_address.address or None) == expected


def test_names_without_anchors_are_a_finding():
    one = replace(
        service("web", protocol=BackendProtocol.HTTPS),
        tls=setting(BackendTls("", ("pod.test",))),
    )
    made = model(services=[one], negs=[neg("web")])
    result = Compiler(CompileOptions()).compile(made, {}, {})
    assert [f.code for f in result.findings] == ["envoy/backend-name-unchecked"]
    assert "pod.test" in json.dumps([f.message for f in result.findings])


def test_anchors_that_are_no_certificates_are_a_finding():
    one = replace(
        service("web", protocol=BackendProtocol.HTTPS),
        tls=setting(BackendTls(trust_anchors=b"nonsense")),
    )
    result = Compiler(CompileOptions()).compile(model(services=[one], negs=[neg("web")]), {}, {})
    assert [f.code for f in result.findings] == ["envoy/invalid-resource"]
    assert "requests for this backend get 503" in result.findings[0].message
