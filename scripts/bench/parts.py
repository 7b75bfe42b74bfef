"""Penstock's configuration as one static file, and the parts that can be left out of it.

What is compiled comes from `penstock show envoy`, the bootstrap from where `penstock up`
takes it, so that nothing here has to follow when Penstock changes.  Routes, endpoints
and certificates are put in place of the references to them.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from instance import PENSTOCK
from peers import envoy_log, manifests, socket_address, tls_certificates

from penstock.envoy.bootstrap import BootstrapSettings, bootstrap
from penstock.envoy.compile.host_guards import HOST_FILTER

Json = dict[str, Any]
_PROCESS = ("overload_manager", "stats_config", "deferred_stat_options", "layered_runtime")


@dataclass(frozen=True, slots=True)
class Whole:
    """A configuration of Envoy, taken apart far enough to change it."""

    root: Json

    @property
    def listeners(self) -> list[Json]:
        """Static listeners."""
        return list(self.root["static_resources"]["listeners"])

    @property
    def clusters(self) -> list[Json]:
        """Static clusters."""
        return list(self.root["static_resources"]["clusters"])

    @property
    def managers(self) -> list[Json]:
        """The HTTP connection managers of all filter chains."""
        return [
            chain["filters"][0]["typed_config"]
            for each in self.listeners
            for chain in _chains(each)
        ]

    def without(self, drop: Callable[[Whole], None]) -> Whole:
        """A copy that lacks something."""
        other = Whole(copy.deepcopy(self.root))
        drop(other)
        return other

    def at(self, address: str, log: Path) -> Json:
        """The configuration for one address, with an access log of its own."""
        other = copy.deepcopy(self)
        for listener in other.listeners:
            port = listener["address"]["socket_address"]["port_value"]
            listener["address"] = socket_address(address, port)
        for manager in other.managers:
            for logger in manager.get("access_log", ()):
                if "path" not in logger["typed_config"]:
                    logger["typed_config"]["path"] = str(log)
        return other.root


def penstock_configuration(folder: Path) -> Whole:
    """All of it, for the bench's routes; `folder` has the certificate."""
    source = folder / "parts.yaml"
    source.write_text(manifests(folder))
    shown = [*PENSTOCK, "show", "envoy", "-f", str(source), "-o", "json"]
    kinds = json.loads(subprocess.check_output(shown))
    (routes,) = kinds["RouteConfiguration"].values()
    listeners = [_static_listener(each, routes, folder) for each in kinds["Listener"].values()]
    assignments = kinds["ClusterLoadAssignment"]
    clusters = [_static_cluster(each, assignments) for each in kinds["Cluster"].values()]
    settings = BootstrapSettings("bench", "bench", Path("unused"), Path("unused"))
    process = MessageToDict(bootstrap(settings), preserving_proto_field_name=True)
    root = {key: process[key] for key in _PROCESS}
    return Whole({**root, "static_resources": {"listeners": listeners, "clusters": clusters}})


def _chains(listener: Json) -> list[Json]:
    default = listener.get("default_filter_chain")
    return [*listener.get("filter_chains", ()), *([default] if default else [])]


def _static_listener(listener: Json, routes: Json, folder: Path) -> Json:
    tls = any("transport_socket" in chain for chain in _chains(listener))
    listener["address"] = socket_address("", 8443 if tls else 8080)
    for chain in _chains(listener):
        manager = chain["filters"][0]["typed_config"]
        del manager["rds"]
        manager["route_config"] = routes
        manager["access_log"] = [envoy_log(None)]
        if "transport_socket" in chain:
            common = chain["transport_socket"]["typed_config"]["common_tls_context"]
            del common["tls_certificate_sds_secret_configs"]
            common["tls_certificates"] = tls_certificates(folder)
    return listener


def _static_cluster(cluster: Json, assignments: Json) -> Json:
    del cluster["eds_cluster_config"]
    return {**cluster, "type": "STATIC", "load_assignment": assignments[cluster["name"]]}


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a request pays for."""

    name: str
    drop: Callable[[Whole], None]


def _managers(*fields: str) -> Callable[[Whole], None]:
    def drop(whole: Whole) -> None:
        for manager in whole.managers:
            for field in fields:
                manager.pop(field, None)

    return drop


def _routes(*fields: str) -> Callable[[Whole], None]:
    def drop(whole: Whole) -> None:
        for manager in whole.managers:
            for field in fields:
                manager["route_config"].pop(field, None)

    return drop


def _writing(whole: Whole) -> None:
    for manager in whole.managers:
        for logger in manager["access_log"]:
            logger["typed_config"]["path"] = "/dev/null"


def _request_ids(whole: Whole) -> None:
    _managers("preserve_external_request_id", "always_set_request_id_in_response")(whole)
    for manager in whole.managers:
        manager["generate_request_id"] = False


def _host_guard(whole: Whole) -> None:
    """Of hosts with a port; rules of more than one host have a route of their own for it."""
    for manager in whole.managers:
        filters = manager["http_filters"]
        manager["http_filters"] = [each for each in filters if each["name"] != HOST_FILTER]


def _connections(whole: Whole) -> None:
    for each in (*whole.listeners, *whole.clusters):
        each.pop("per_connection_buffer_limit_bytes", None)
    for listener in whole.listeners:
        listener.pop("max_connections_to_accept_per_socket_event", None)


def _endpoints(whole: Whole) -> None:
    names = ("circuit_breakers", "typed_extension_protocol_options", "upstream_bind_config")
    for cluster in whole.clusters:
        for name in (*names, "upstream_connection_options", "common_lb_config"):
            cluster.pop(name, None)


def _process(whole: Whole) -> None:
    for name in _PROCESS:
        del whole.root[name]


def _all(parts: Sequence[Callable[[Whole], None]]) -> Callable[[Whole], None]:
    def drop(whole: Whole) -> None:
        for part in parts:
            part(whole)

    return drop


_LOG = _managers("access_log")
_PATHS = _managers(
    "normalize_path", "merge_slashes", "path_with_escaped_slashes_action", "strip_trailing_host_dot"
)
_TIMES = _managers(
    "request_headers_timeout",
    "request_timeout",
    "stream_idle_timeout",
    "common_http_protocol_options",
)
_TRUST = _managers("use_remote_address", "skip_xff_append", "internal_address_config")
_FIELDS = _routes(
    "request_headers_to_add", "request_headers_to_remove", "response_headers_to_remove"
)
_HARDENING = (
    _LOG, _request_ids, _PATHS, _host_guard, _FIELDS, _TRUST, _TIMES, _connections, _endpoints,
    _process,
)  # fmt: skip
PARTS = (
    Part("nothing (how far the method can be trusted)", lambda _whole: None),
    Part("the access log", _LOG),
    Part("… its writing to a file", _writing),
    Part("request ids, in requests and answers", _request_ids),
    Part("… in answers", _managers("always_set_request_id_in_response")),
    Part("one form of paths and hosts", _PATHS),
    Part("the guard of hosts", _host_guard),
    Part("X-Forwarded-For, fields that are removed", _FIELDS),
    Part("who is trusted", _TRUST),
    Part("time limits, underscores in names", _TIMES),
    Part("small buffers, one connection accepted a turn", _connections),
    Part("retries, limits, source of connections to endpoints", _endpoints),
    Part("overload manager, choice of statistics, runtime", _process),
    Part("all of the above", _all(_HARDENING)),
)
"""What is left out, one after the other."""
