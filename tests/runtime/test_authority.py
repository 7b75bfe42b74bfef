"""The local authority: what it issues verifies, and stays the same between runs."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from penstock.model import CertificateName, CertificateRequest, Origin
from penstock.runtime.authority import Authority
from penstock.runtime.state import StateDir


@pytest.fixture
def state(tmp_path: Path):
    opened = StateDir.open(tmp_path / "state")
    yield opened
    opened.close()


def request(*names: str, name: str = "default/tls") -> dict[CertificateName, CertificateRequest]:
    key = CertificateName(name)
    return {key: CertificateRequest(key, names, Origin("Ingress default/web"))}


def test_issued_certificates_name_what_was_asked(state: StateDir) -> None:
    issued = Authority(state).fulfil(request("a.example", "*.b.example"))
    (certificate,) = issued.values()
    leaf = x509.load_pem_x509_certificate(certificate.chain)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "*.b.example"]
    assert b"PRIVATE" not in certificate.chain
    assert "PRIVATE KEY" not in repr(certificate)


@pytest.mark.parametrize("name", ["gke/a\0b", "gke/" + "x" * 5000, "../..", "gke/\n", "gke/ä"])
def test_a_certificate_may_be_called_by_anything(state: StateDir, name: str) -> None:
    wanted = request("a.example", name=name)
    issued = Authority(state).fulfil(wanted)
    [file] = (state.path / "ca" / "issued").iterdir()
    assert file.suffix == ".pem"
    again = Authority(state).fulfil(wanted)
    assert [c.chain for c in again.values()] == [c.chain for c in issued.values()]


def test_names_with_the_same_letters_are_kept_apart(state: StateDir) -> None:
    wanted = request("a.example", name="a/b_c") | request("a.example", name="a_b/c")
    issued = Authority(state).fulfil(wanted)
    again = Authority(state).fulfil(wanted)
    assert [c.chain for c in again.values()] == [c.chain for c in issued.values()]


def test_names_that_no_certificate_can_have_are_left_out(state: StateDir) -> None:
    [certificate] = Authority(state).fulfil(request("ä.example", "", "a.example")).values()
    assert certificate.dns_names == ("a.example",)


def test_what_could_not_be_written_is_written_later(state: StateDir) -> None:
    """Clients need the authority's certificate, and a restart all of them."""
    authority = Authority(state)
    (state.path / "ca").write_text("in the way")
    issued = authority.fulfil(request("a.example"))
    (state.path / "ca").unlink()
    authority.fulfil({})
    assert authority.certificate_path.exists()
    again = Authority(state).fulfil(request("a.example"))
    assert [c.chain for c in again.values()] == [c.chain for c in issued.values()]


def test_a_client_that_trusts_the_authority_trusts_what_it_issues(
    state: StateDir, tmp_path: Path
) -> None:
    authority = Authority(state)
    (certificate,) = authority.fulfil(request("a.example")).values()
    chain, key = tmp_path / "c.pem", tmp_path / "k.pem"
    chain.write_bytes(certificate.chain)
    key.write_bytes(bytes(certificate.key))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    client = ssl.create_default_context(cafile=str(authority.certificate_path))
    assert handshake(client, server, "a.example") == "done"


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        left = []
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                left.append(end)
        if not left:
            return "done"
    return "stuck"


def test_a_restart_presents_the_same_certificate(state: StateDir) -> None:
    first = Authority(state).fulfil(request("a.example"))
    second = Authority(state).fulfil(request("a.example"))
    assert first == second


def test_other_names_get_another_certificate(state: StateDir) -> None:
    authority = Authority(state)
    first = authority.fulfil(request("a.example"))
    second = authority.fulfil(request("b.example"))
    assert first != second


def test_a_damaged_store_is_replaced(state: StateDir) -> None:
    Authority(state).fulfil(request("a.example"))
    for file in (state.path / "ca").rglob("*.pem"):
        file.write_bytes(b"damaged")
    (state.path / "ca" / "ca.key").write_bytes(b"damaged")
    (certificate,) = Authority(state).fulfil(request("a.example")).values()
    assert certificate.chain.startswith(b"-----BEGIN CERTIFICATE")


def test_addresses_and_empty_lists_get_a_fallback_name(state: StateDir) -> None:
    (certificate,) = Authority(state).fulfil(request("127.0.0.1")).values()
    assert certificate.dns_names == ("penstock.local",)
