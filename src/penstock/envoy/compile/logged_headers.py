"""Headers that a backend service's log entries show → metadata of the request.

Names of headers are a user's, so they are no part of the log's format: a filter
copies the headers to metadata, which the format prints as one object.  Connection
managers have the filter only while some backend service asks for headers.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from envoy.extensions.filters.http.header_to_metadata.v3 import header_to_metadata_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)

from penstock.envoy.compile.messages import pack
from penstock.envoy.compile.serving import Serving
from penstock.model import RequestLogging, WeightedBackend

_FILTER: Final = "envoy.filters.http.header_to_metadata"
REQUEST_HEADERS: Final = "penstock.log.request_headers"
RESPONSE_HEADERS: Final = "penstock.log.response_headers"
"""Namespaces of metadata: header → value."""


def header_filter() -> Any:
    """The filter, which routes switch on."""
    config = pack(header_to_metadata_pb2.Config())
    return hcm_pb2.HttpFilter(name=_FILTER, typed_config=config, disabled=True)


def fill_logged_headers(target: Any, backend: WeightedBackend) -> None:
    """Switch the filter on, in a route or in a share of one, if the backend service asks for it."""
    if isinstance(backend, Serving) and backend.logging is not None:
        target.typed_per_filter_config[_FILTER].CopyFrom(_copies(backend.logging))


@functools.lru_cache(maxsize=1024)
def _copies(logging: RequestLogging) -> Any:
    return pack(
        header_to_metadata_pb2.Config(
            request_rules=[_rule(name, REQUEST_HEADERS) for name in logging.request_headers],
            response_rules=[_rule(name, RESPONSE_HEADERS) for name in logging.response_headers],
        )
    )


def _rule(header: str, namespace: str) -> Any:
    rule = header_to_metadata_pb2.Config.Rule(header=header)
    rule.on_header_present.metadata_namespace = namespace
    rule.on_header_present.key = header
    return rule
