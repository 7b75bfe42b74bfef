"""The dialect's defaults: what holds where an Ingress cannot say anything.

Edge time limits follow Envoy's edge guide, but for the request's own limits,
which are off so that uploads, streams and long polls work as they do with
Kubernetes' Services; retries are only those that are safe for any method,
because the endpoint never saw the request.
"""

from __future__ import annotations

from typing import Final

from penstock.model import FixedResponse, Origin, RetryPolicy, Setting

ORIGIN: Final = Origin.default("dialect ingress")

ROUTE_TIMEOUT: Final[Setting[float]] = Setting(0.0, ORIGIN)
STREAM_IDLE_TIMEOUT: Final[Setting[float]] = Setting(300.0, ORIGIN)
CONNECT_TIMEOUT: Final[Setting[float]] = Setting(5.0, ORIGIN)
RETRY: Final[Setting[RetryPolicy | None]] = Setting(
    RetryPolicy(("connect-failure", "refused-stream", "reset-before-request"), 2), ORIGIN
)
CLIENT_IDLE_TIMEOUT: Final[Setting[float]] = Setting(3600.0, ORIGIN)
REQUEST_HEADERS_TIMEOUT: Final[Setting[float]] = Setting(10.0, ORIGIN)
REQUEST_TIMEOUT: Final[Setting[float]] = Setting(0.0, ORIGIN)

NOT_FOUND: Final = FixedResponse(404, "not found\n")
UNAVAILABLE: Final = FixedResponse(503, "service unavailable\n")
BROKEN: Final = FixedResponse(500, "this route is misconfigured\n")
