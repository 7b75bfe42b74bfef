"""Names of cloud resources: the controller's formats, held against names seen in the wild."""

import pytest

from penstock.dialects.gke.names import (
    front_end_names,
    instance_group_backend_name,
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
