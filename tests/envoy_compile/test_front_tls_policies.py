"""SSL policies, asked for by sslyze and OpenSSL: every profile with every minimum version."""

import contextlib
import types

import pytest
from compile_certificates import certificate
from compile_models import https_proxy, load_balancer, model, rule, setting, url_map
from compile_proxy import free_port, running, validate
from front_policies import EVERY, negotiable, policy
from front_tls_tools import s_client, scan
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.tls_suites import CURVES, SUITES
from penstock.model import SslPolicy, TlsVersion

VIP = "127.32.0.30"
KEYS = ("rsa", "ecdsa")
OPTION = dict(zip(TlsVersion, ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3"), strict=True))


def listening(name, ssl_policy, certificates):
    proxy = https_proxy(default=certificates, name=name)
    return replace(proxy, ssl_policy=setting(ssl_policy)) if ssl_policy else proxy


def compiled(*proxies):
    made = model(
        balancers=[load_balancer(*proxies)],
        url_maps=[url_map()],
        certificates=[certificate(key, "web.test", key_type=key) for key in KEYS],
    )
    bindings = {rule(p.name): SocketAddress(VIP, free_port(VIP)) for p in proxies}
    return Compiler(CompileOptions()).compile(made, bindings, {}), bindings


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """A listener for each policy and key type, and what sslyze found on each."""
    policies = {f"{p} {minimum}": policy(p, minimum) for p, minimum in EVERY}
    proxies = [
        listening(f"{key} {name}", ssl_policy, (key,))
        for name, ssl_policy in policies.items()
        for key in KEYS
    ]
    proxies.append(listening("rsa none", None, ("rsa",)))
    proxies.append(listening("rsa old", SslPolicy(TlsVersion.TLS_1_0), ("rsa",)))
    result, bindings = compiled(*proxies)
    assert result.findings == ()
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(result.snapshot, tmp_path_factory.mktemp("policies")))
        found = scan(bindings.values())
        addresses = {str(name): place for name, place in bindings.items()}
        yield types.SimpleNamespace(
            at=addresses, suites={name: found[tuple(place)] for name, place in addresses.items()}
        )


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("profile", "minimum"), EVERY)
def test_sslyze_finds_the_policys_suites_and_no_other(proxy, profile, minimum, key):
    found = proxy.suites[f"{key} {profile} {minimum}"]
    for version, suites in negotiable(profile, minimum).items():
        expected = {
            suite
            for suite in suites
            if suite.startswith("TLS_") or ("ECDSA" in suite) == (key == "ecdsa")
        }
        assert found[version] == expected, version
    assert not found["SSL_2_0"]
    assert not found["SSL_3_0"]


@pytest.mark.parametrize(("profile", "minimum"), EVERY)
@pytest.mark.parametrize("version", TlsVersion)
def test_openssl_connects_with_the_versions_of_the_policy_only(proxy, profile, minimum, version):
    address = proxy.at[f"rsa {profile} {minimum}"]
    options = (OPTION[version], "-cipher", "ALL:@SECLEVEL=0")
    suites = {s for s in negotiable(profile, minimum)[version] if "ECDSA" not in s}
    printed = s_client(address, *options)
    if suites:
        assert printed.partition("Cipher is ")[2].split()[0] in suites
    else:
        assert "Cipher is (NONE)" in printed
        assert "alert" in printed


def test_without_a_policy_there_is_no_tls_before_1_2(proxy):
    found = proxy.suites["rsa none"]
    assert not found["TLS_1_0"]
    assert not found["TLS_1_1"]
    assert found["TLS_1_2"]
    assert len(found["TLS_1_3"]) == 3


def test_old_versions_without_suites_of_their_own_get_some(proxy):
    found = proxy.suites["rsa old"]
    assert found["TLS_1_0"] == found["TLS_1_1"] != set()


def test_groups_of_fips(proxy):
    address = proxy.at[f"ecdsa FIPS_202205 {TlsVersion.TLS_1_2}"]
    assert "Cipher is (NONE)" in s_client(address, "-tls1_3", "-curves", "X25519")
    assert "Cipher is TLS_AES" in s_client(address, "-tls1_3", "-curves", "P-384")


def test_the_library_knows_every_suite_and_group_of_the_table(tmp_path):
    one_each = [
        SslPolicy(TlsVersion.TLS_1_0, cipher_suites=(suite,), curves=(curve,))
        for suite, curve in zip(sorted(SUITES), sorted(CURVES) * len(SUITES), strict=False)
    ]
    proxies = [listening(f"p{n}", one, ("rsa",)) for n, one in enumerate(one_each)]
    result, _ = compiled(*proxies)
    assert result.findings == ()
    assert validate(result.snapshot, tmp_path) == ""


def test_what_the_library_lacks_is_a_finding_and_the_rest_is_served(tmp_path):
    asked = SslPolicy(
        TlsVersion.TLS_1_2,
        cipher_suites=("DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "RC4-SHA"),
        curves=("P-224", "P-256"),
    )
    result, bindings = compiled(listening("some", asked, ("rsa",)))
    assert {f.code for f in result.findings} == {"envoy/cipher-unavailable"}
    assert {f.severity.value for f in result.findings} == {"warning"}
    words = " ".join(f.message for f in result.findings)
    assert "cipher suites DHE-RSA-AES128-GCM-SHA256, RC4-SHA; the others are offered" in words
    assert "group P-224; the others are offered" in words
    with running(result.snapshot, tmp_path):
        printed = s_client(bindings[rule("some")], "-tls1_2")
    assert "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in printed


def test_a_policy_of_which_no_suite_is_left_leaves_tls_1_3(tmp_path):
    asked = SslPolicy(TlsVersion.TLS_1_0, cipher_suites=("DHE-RSA-AES128-GCM-SHA256",))
    result, bindings = compiled(listening("none", asked, ("rsa",)))
    assert "none is left, so clients need TLS 1.3" in result.findings[0].message
    with running(result.snapshot, tmp_path):
        address = bindings[rule("none")]
        assert "Cipher is (NONE)" in s_client(address, "-tls1_2")
        assert "Cipher is TLS_AES" in s_client(address, "-tls1_3")


def test_nothing_listens_where_nothing_could_be_negotiated():
    asked = SslPolicy(TlsVersion.TLS_1_0, TlsVersion.TLS_1_2, ("DHE-RSA-AES128-SHA",))
    result, _ = compiled(listening("never", asked, ("rsa",)))
    assert [f.code for f in result.findings] == [
        "envoy/invalid-resource",
        "envoy/cipher-unavailable",
    ]
