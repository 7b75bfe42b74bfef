"""A PenstockConfig's certificate files through the running product."""

import socket
import ssl
from pathlib import Path

from e2e.certificates import self_signed
from e2e.clients import careless, peer_certificate
from e2e.harness import address_of, until, up

SITE = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec: {certificates: [{name: web, certificateFile: web.pem, keyFile: web.key}]}
---
{kind: 'compute#forwardingRule', name: web, region: local, loadBalancingScheme: INTERNAL_MANAGED,
 portRange: '443', target: regions/local/targetHttpsProxies/web}
---
{kind: 'compute#targetHttpsProxy', name: web, region: local, urlMap: web, sslCertificates: [web]}
---
{kind: 'compute#urlMap', name: web, region: local,
 defaultUrlRedirect: {hostRedirect: there.example, stripQuery: false}}
"""


def get(connection: socket.socket) -> bytes:
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    answer = b""
    while b"\r\n\r\n" not in answer:
        received = connection.recv(65536)
        assert received, "the connection was lost"
        answer += received
    return answer.split(b"\r\n")[0]


def test_a_renewed_pair_is_live_and_no_connection_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "site.yaml").write_text(SITE)

    def write(pem: tuple[bytes, bytes]) -> None:
        (folder / "web.pem").write_bytes(pem[0])
        (folder / "web.key").write_bytes(pem[1])

    def presented() -> str:
        return ssl.DER_cert_to_PEM_cert(peer_certificate(host, 443, "a.example"))

    old, new = self_signed("a.example"), self_signed("a.example")
    write(old)
    with up([folder], tmp_path / "state") as running:
        host = address_of(running.events[0])
        assert presented() == old[0].decode()
        plain = socket.create_connection((host, 443), timeout=20)
        with careless().wrap_socket(plain, server_hostname="a.example") as connection:
            assert get(connection).startswith(b"HTTP/1.1 301")
            write(new)
            until(lambda: presented() == new[0].decode())
            assert get(connection).startswith(b"HTTP/1.1 301")
