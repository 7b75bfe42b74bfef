"""HTTP filters: a guard of hosts, and those that routes switch on.

Security policies, cross-origin requests, faults, sessions: every connection manager has
them, disabled, so that a route that begins to use one changes no listener, and requests of
other routes do not pass through them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.extensions.filters.common.fault.v3 import fault_pb2 as common_fault_pb2
from envoy.extensions.filters.http.cors.v3 import cors_pb2
from envoy.extensions.filters.http.fault.v3 import fault_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.type.matcher.v3 import regex_pb2, string_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf.wrappers_pb2 import BoolValue

from penstock.envoy.compile.host_guards import host_filter
from penstock.envoy.compile.messages import pack, seconds
from penstock.envoy.compile.security import security_filter
from penstock.envoy.compile.sessions import session_filter
from penstock.envoy.preflight import regex_problem
from penstock.model import CorsPolicy, FaultInjection, Forward

CORS: Final = "envoy.filters.http.cors"
FAULT: Final = "envoy.filters.http.fault"
_FRACTION: Final = percent_pb2.FractionalPercent.DenominatorType.MILLION
_WHOLE: Final = 100.0


def route_filters() -> tuple[Any, ...]:
    """The filters before the router, in the order that requests pass them."""
    return (
        host_filter(),
        security_filter(),
        hcm_pb2.HttpFilter(name=CORS, typed_config=pack(cors_pb2.Cors()), disabled=True),
        hcm_pb2.HttpFilter(name=FAULT, typed_config=pack(fault_pb2.HTTPFault()), disabled=True),
        session_filter(),
    )


def fill_filters(route: Any, action: Forward) -> None:
    """Switch on the filters that the action asks for."""
    if action.cors is not None:
        route.typed_per_filter_config[CORS].CopyFrom(pack(_cors(action.cors.value)))
    if action.fault is not None:
        route.typed_per_filter_config[FAULT].CopyFrom(pack(_fault(action.fault.value)))


def filter_problems(action: Forward) -> Iterator[str | None]:
    """Why the filters could not be switched on; None where nothing is wrong."""
    if action.cors is not None:
        yield from map(regex_problem, action.cors.value.allow_origin_regexes)
        yield from map(_text_problem, _texts(action.cors.value))
    if action.fault is not None:
        fault = action.fault.value
        yield from map(percent_problem, (fault.abort_percent, fault.delay_percent))


def percent(value: float) -> Any:
    """A share of the requests, to a ten-thousandth of a percent."""
    return percent_pb2.FractionalPercent(numerator=round(value * 10_000), denominator=_FRACTION)


def percent_problem(value: float) -> str | None:
    """Why ``value`` is no share, or None."""
    return None if 0 <= value <= _WHOLE else f"{value} is not a percentage"


def _cors(policy: CorsPolicy) -> Any:
    exact = [string_pb2.StringMatcher(exact=origin) for origin in policy.allow_origins]
    regexes = [
        string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=regex))
        for regex in policy.allow_origin_regexes
    ]
    return cors_pb2.CorsPolicy(
        allow_origin_string_match=[*exact, *regexes],
        allow_methods=",".join(policy.allow_methods),
        allow_headers=",".join(policy.allow_headers),
        expose_headers=",".join(policy.expose_headers),
        max_age="" if policy.max_age is None else str(policy.max_age),
        allow_credentials=BoolValue(value=policy.allow_credentials),
    )


def _texts(policy: CorsPolicy) -> tuple[str, ...]:
    return (
        *policy.allow_origins,
        *policy.allow_methods,
        *policy.allow_headers,
        *policy.expose_headers,
    )


def _text_problem(text: str) -> str | None:
    """These become parts of headers, separated by commas."""
    sound = text and text.isascii() and text.isprintable() and "," not in text
    return None if sound else f"{text!r} cannot stand in a header of cross-origin sharing"


def _fault(fault: FaultInjection) -> Any:
    message = fault_pb2.HTTPFault()
    if fault.abort_status is not None:
        message.abort.http_status = fault.abort_status
        message.abort.percentage.CopyFrom(percent(fault.abort_percent))
    if fault.delay is not None:
        delay = common_fault_pb2.FaultDelay(percentage=percent(fault.delay_percent))
        delay.fixed_delay.CopyFrom(seconds(fault.delay))
        message.delay.CopyFrom(delay)
    return message
