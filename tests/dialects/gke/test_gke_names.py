"""Names of cloud resources: the controller's formats, held against names seen in the wild."""

import hashlib

import pytest

from penstock.dialects.gke.names import (
    front_end_names,
    instance_group_backend_name,
    legacy_front_end_names,
    managed_certificate_name,
    neg_name,
    regional_external_name,
    trim_evenly,
)

LONG = "x" * 63


@pytest.mark.parametrize(
    ("uid", "service", "port", "name"),
    [
        (
            "b74c81ed5ad4dc2c", "el-terraform-eventlistener", 8080,
            "k8s1-b74c81ed-default-el-terraform-eventlistener-8080-d05e280c",
        ),
        ("18cca515", "service-api", 80, "k8s1-18cca515-default-service-api-80-9719b3d2"),
        (
            "b24025f9", "abms-web-dev-service", 8080,
            "k8s1-b24025f9-default-abms-web-dev-service-8080-e3762553",
        ),
    ],
)  # fmt: skip
def test_groups_are_called_as_real_clusters_call_them(uid: str, service: str, port: int, name: str):
    assert neg_name("default", service, port, uid) == name


DIGITS = "0123456789" * 5


@pytest.mark.parametrize(
    ("namespace", "ingress", "stem", "hashed"),
    [
        ("namespace", "name", "7kpbhpki-namespace-name-uhmwf5xi", "fvix6gj3ge1emsdj"),
        (
            DIGITS[:24], DIGITS[:25],
            "7kpbhpki-012345678901234567-012345678901234567-sxo4pxda", "n2b7ixc007o1ddma",
        ),
        (
            DIGITS, "0",
            "7kpbhpki-012345678901234567890123456789012345--v8ajgbg3", "m6a592dazogk94ra",
        ),
        (
            DIGITS, DIGITS,
            "7kpbhpki-012345678901234567-012345678901234567-69z4wrm0", "5pu4c55s4c47rr9e",
        ),
    ],
)  # fmt: skip
def test_front_ends_are_called_as_the_controller_calls_them(
    namespace: str, ingress: str, stem: str, hashed: str
):
    """For a cluster whose namespace kube-system has this uid (ingress-gce, pkg/utils/namer)."""
    names = front_end_names(namespace, ingress, "kubesystem-uid1")
    assert names.url_map == f"k8s2-um-{stem}"
    assert names.redirect_url_map == f"k8s2-rm-{stem}"
    assert names.forwarding_rule(https=False) == f"k8s2-fr-{stem}"
    assert names.forwarding_rule(https=True) == f"k8s2-fs-{stem}"
    assert names.target_proxy(https=False) == f"k8s2-tp-{stem}"
    assert names.target_proxy(https=True) == f"k8s2-ts-{stem}"
    digest = hashlib.sha256(b"test123").hexdigest()[:16]
    assert names.certificate(b"test123") == f"k8s2-cr-7kpbhpki-{hashed}-{digest}"


@pytest.mark.parametrize(
    ("namespace", "ingress", "url_map", "proxies", "hashed"),
    [
        (
            "namespace", "name", "k8s-um-namespace-name--uid1",
            ("k8s-tp-namespace-name--uid1", "k8s-tps-namespace-name--uid1"), "9a60a5272f6eee97",
        ),
        (
            DIGITS[:24], DIGITS[:24],
            "k8s-um-012345678901234567890123-012345678901234567890123--uid1",
            (
                "k8s-tp-012345678901234567890123-012345678901234567890123--uid1",
                "k8s-tps-012345678901234567890123-012345678901234567890123--uid0",
            ),
            "c7616cb0f76c2df2",
        ),
        (
            DIGITS, DIGITS,
            "k8s-um-01234567890123456789012345678901234567890123456789-01230",
            (
                "k8s-tp-01234567890123456789012345678901234567890123456789-01230",
                "k8s-tps-01234567890123456789012345678901234567890123456789-0120",
            ),
            "a04f7492b36aeb20",
        ),
    ],
)  # fmt: skip
def test_front_ends_of_the_first_scheme_are_called_as_the_controller_calls_them(
    namespace: str, ingress: str, url_map: str, proxies: tuple[str, str], hashed: str
):
    names = legacy_front_end_names(namespace, ingress, "uid1")
    assert names.url_map == url_map
    assert (names.target_proxy(https=False), names.target_proxy(https=True)) == proxies
    rules = tuple(name.replace("k8s-tp", "k8s-fw") for name in proxies)
    assert (names.forwarding_rule(https=False), names.forwarding_rule(https=True)) == rules
    assert names.redirect_url_map == ""
    digest = hashlib.sha256(b"test123").hexdigest()[:16]
    assert names.certificate(b"test123")[:42] == f"k8s-ssl-{hashed}-{digest}-"


def test_regional_external_backends_have_a_letter_of_their_own():
    name = regional_external_name("default", "web", 80)
    plain = neg_name("default", "web", 80)
    assert name == plain.replace("k8s1-00000000-", "k8s1-00000000-e-")
    assert instance_group_backend_name(30080) == "k8s-be-30080--0000000000000000"


@pytest.mark.parametrize(
    "name",
    [
        neg_name(LONG, LONG, 65535),
        regional_external_name(LONG, LONG, 65535),
        front_end_names(LONG, LONG).url_map,
        front_end_names(LONG, LONG).certificate(b"pem"),
        instance_group_backend_name(32767),
        managed_certificate_name(LONG, LONG),
    ],
)
def test_no_name_is_longer_than_the_api_takes(name: str):
    assert len(name) <= 63


def test_fields_are_shortened_in_proportion():
    assert trim_evenly(20, "a" * 10, "b" * 10) == ("a" * 10, "b" * 10)
    assert trim_evenly(10, "a" * 16, "b" * 4) == ("a" * 8, "b" * 2)
    assert [len(part) for part in trim_evenly(38, LONG, LONG, "65535")] == [19, 18, 1]


def test_what_is_cut_off_still_tells_names_apart():
    assert front_end_names(LONG, LONG) != front_end_names(LONG, LONG + "y")
    assert neg_name(LONG, LONG, 80) != neg_name(LONG, LONG + "y", 80)


def test_certificates_are_called_by_ingress_and_content():
    one, other = front_end_names("a", "b"), front_end_names("a", "c")
    names = {one.certificate(b"1"), one.certificate(b"2"), other.certificate(b"1")}
    assert len(names) == 3
