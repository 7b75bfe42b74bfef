"""URLs become what clients send."""

import pytest

from penstock.explain import UrlError, parse_url


def test_a_url_is_what_a_client_sends() -> None:
    request = parse_url("https://Shop.Example:443/a/../b?q=1#part")
    assert (request.tls, request.host, request.target) == (True, "shop.example", "/a/../b?q=1")
    assert (request.server_name, request.connect_to, request.wanted_port) == (
        "shop.example", None, 443
    )  # fmt: skip
    assert [change[0] for change in request.changes] == ["clients keep the fragment to themselves"]


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("shop.example", "shop.example", "/"),
        ("http://shop.example?q", "shop.example", "/?q"),
        ("http://shop.example:8080/", "shop.example:8080", "/"),
        ("http://bücher.example/ü b", "xn--bcher-kva.example", "/%C3%BC%20b"),
        ("http://user:pass@shop.example/", "shop.example", "/"),
        ("http://[::1]:80/", "[::1]", "/"),
    ],
)
def test_forms_of_urls(url: str, host: str, target: str) -> None:
    request = parse_url(url)
    assert (request.host, request.target) == (host, target)


def test_an_address_is_connected_to_and_asks_for_no_name() -> None:
    request = parse_url("https://127.10.0.1/")
    assert (request.connect_to, request.server_name) == ("127.10.0.1", None)


def test_a_host_header_takes_the_place_of_the_urls() -> None:
    request = parse_url("http://127.10.0.1/", headers=[("host", "shop.example"), ("A", "1")])
    assert (request.host, request.headers) == ("shop.example", (("A", "1"),))


@pytest.mark.parametrize(
    "url", ["", "ftp://a/", "http://", "http:///a", "http://a:x/", "http://a:0/", "http://[/"]
)
def test_what_is_no_url_says_how_to_write_one(url: str) -> None:
    with pytest.raises(UrlError, match="write it like http://shop"):
        parse_url(url)


def test_a_client_is_an_address() -> None:
    with pytest.raises(UrlError, match="no IP address"):
        parse_url("http://a/", client="here")
