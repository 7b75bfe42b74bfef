import itertools

import pytest
from compute_cases import CASES
from golden_cases import found, translated

from penstock.dialects.compute.references import Reference, parse_reference
from penstock.dialects.compute.ssl_policies import PROFILES, suites
from penstock.model import FaultInjection, Forward, Model, Severity

BASE = (CASES / "addresses-unknown" / "in.yaml").read_text()
CONFIG = """
---
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: %s}
spec: %s
"""
RULE = """
---
kind: compute#forwardingRule
name: %s
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: a
"""
SUBNETS = "{subnets: [{name: main, region: r1, range: %s}, %s]}"
PROXIES = "{name: p, region: r1, range: 10.9.0.0/24, purpose: REGIONAL_MANAGED_PROXY}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", Reference(None, None, None, "web")),
        ("urlMaps/web", Reference(None, None, "urlMaps", "web")),
        ("global/urlMaps/web", Reference(None, "global", "urlMaps", "web")),
        ("regions/r/urlMaps/web", Reference(None, "r", "urlMaps", "web")),
        ("zones/z/instanceGroups/g", Reference(None, "z", "instanceGroups", "g")),
        ("projects/p/regions/r/urlMaps/web", Reference("p", "r", "urlMaps", "web")),
        ("/projects/p/global/urlMaps/web/", Reference("p", "global", "urlMaps", "web")),
        (
            "https://www.googleapis.com/compute/v1/projects/p/global/urlMaps/web",
            Reference("p", "global", "urlMaps", "web"),
        ),
        (
            "//certificatemanager.googleapis.com/projects/p/locations/l/certificates/c",
            Reference("p", "l", "certificates", "c"),
        ),
    ],
)
def test_references_are_taken_apart(text: str, expected: Reference):
    assert parse_reference(text) == expected


def addresses(model: Model) -> dict[str, str]:
    rules = (rule for lb in model.load_balancers.values() for rule in lb.forwarding_rules)
    return {
        rule.name.rpartition("/")[2]: rule.address.value
        for rule in rules
        if rule.address is not None
    }


def test_ephemeral_addresses_stay_when_other_rules_come():
    text = BASE.replace("IPAddress: 192.0.2.7\n", "") + CONFIG % (
        "lab",
        SUBNETS % ("10.0.0.0/24", PROXIES),
    )
    few = addresses(translated(text))
    many = addresses(translated(text + "".join(RULE % f"a-{i}" for i in range(100))))
    assert few.keys() == {"a", "b"}
    assert few.items() <= many.items()
    assert len(set(many.values())) == len(many) == 102
    assert not {"10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255"} & set(many.values())


def test_a_subnet_is_used_to_its_last_address():
    text = BASE.replace("IPAddress: 192.0.2.7\n", "") + CONFIG % (
        "lab",
        SUBNETS % ("10.0.0.0/28", PROXIES),
    )
    model = translated(text + "".join(RULE % f"c-{i:02}" for i in range(11)))
    assert sorted(addresses(model).values()) == sorted(f"10.0.0.{i}" for i in range(2, 14))
    assert found(model, "compute/no-address-left").origin.object == "forwardingRule r1/c-10"


def test_the_first_config_that_says_something_counts_and_lists_add_up():
    text = BASE + CONFIG % ("b", "{via: second, project: two}") + CONFIG % ("a", "{via: first}")
    [lb] = translated(text).load_balancers.values()
    via = lb.target_proxies[0].via
    assert via is not None
    assert (via.value, via.origin.object) == ("first", "PenstockConfig a")
    assert lb.project == "two"


def test_a_load_balancer_s_sources_come_from_the_proxy_only_subnet():
    config = CONFIG % ("lab", f"{{subnets: [{PROXIES}]}}")
    [service] = translated(BASE + config).backend_services.values()
    assert service.source is not None
    assert service.source.value == "10.9.0.2"
    assert service.source.origin.field == "spec.subnets[0].range"


def test_without_any_subnet_nothing_is_said_about_them():
    model = translated(BASE)
    assert model.findings == ()
    assert all(service.source is None for service in model.backend_services.values())


def test_a_missing_certificate_is_an_error_in_a_cluster_only():
    text = (CASES / "certificates-missing-local" / "in.yaml").read_text()
    text = text.replace("- regions/r1/sslCertificates/keyless\n", "")
    for local, severity in ((True, Severity.WARNING), (False, Severity.ERROR)):
        model = translated(text, local=local)
        assert found(model, "compute/not-found").severity is severity
        assert bool(model.certificate_requests) is local


def test_profiles_are_each_a_part_of_the_next():
    order = ["FIPS_202205", "RESTRICTED", "MODERN", "COMPATIBLE"]
    sizes = [len(suites(PROFILES[name])) for name in order]
    assert sizes == [4, 6, 10, 15]
    for smaller, larger in itertools.pairwise(order):
        assert set(PROFILES[smaller]) < set(PROFILES[larger])


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "169.254.1.1", "fe80::1", "::ffff:10.0.0.1"],
)
def test_an_address_that_no_machine_can_have_is_refused(address: str):
    model = translated(BASE + RULE % "odd" + f'IPAddress: "{address}"\n')
    assert found(model, "compute/invalid-address").origin.object == "forwardingRule r1/odd"


def test_a_delay_of_nothing_is_none():
    text = (CASES / "faults" / "in.yaml").read_text()
    delay = "fixedDelay: {seconds: 1, nanos: 5}"
    assert any(fault.delay for fault in faults(text))
    assert not any(fault.delay for fault in faults(text.replace(delay, "fixedDelay: {}")))


def faults(text: str) -> list[FaultInjection]:
    rules = [rule for url_map in translated(text).url_maps.values() for rule in url_map.host_rules]
    actions = [route.action for rule in rules for route in rule.routes]
    return [a.fault.value for a in actions if isinstance(a, Forward) and a.fault]
