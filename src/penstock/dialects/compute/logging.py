"""``logConfig``: which requests of a backend service are logged, and what of them.

A backend service without one is logged, which Google's is not: whoever runs
Penstock chooses with ``--access-log`` whether there is a log at all.
https://docs.cloud.google.com/load-balancing/docs/l7-internal/monitoring
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from penstock.dialects.compute import codes
from penstock.model import OPTIONAL_LOG_FIELDS, Finding, RequestLogging, Setting
from penstock.objects.compute.backend_service import BackendService, LogConfig, LoggedHeader
from penstock.objects.meta import Object

_ALWAYS: Final = ("tls.protocol",)
"""Optional at Google; every entry of Penstock's log has it."""


def read_logging(
    obj: Object[BackendService], findings: list[Finding]
) -> Setting[RequestLogging] | None:
    """What is written; without ``enable`` nothing is logged, as the API has it."""
    written = obj.resource.log_config
    if written is None:
        return None
    return Setting(
        RequestLogging(
            enable=bool(written.enable),
            sample_rate=1.0 if written.sample_rate is None else written.sample_rate,
            optional_fields=_optional(obj, written, findings),
            request_headers=_names(written.logging_http_request_headers or ()),
            response_headers=_names(written.logging_http_response_headers or ()),
        ),
        obj.origin("logConfig"),
    )


def _names(headers: Sequence[LoggedHeader]) -> tuple[str, ...]:
    return tuple(sorted({h.header_name.lower() for h in headers if h.header_name}))


def _optional(
    obj: Object[BackendService], written: LogConfig, findings: list[Finding]
) -> tuple[str, ...]:
    mode = written.optional_mode
    if mode == "INCLUDE_ALL_OPTIONAL":
        return OPTIONAL_LOG_FIELDS
    fields = written.optional_fields or ()
    if mode != "CUSTOM":
        if fields:
            message = "optionalFields belong to the optionalMode CUSTOM and have no effect"
            findings.append(codes.LOG_FIELDS.at(obj.origin("logConfig", "optionalFields"), message))
        return ()
    for i, field in enumerate(fields):
        if field not in OPTIONAL_LOG_FIELDS and field not in _ALWAYS:
            message = f"the log has no field {field}; it is left out"
            hint = f"there are {', '.join((*OPTIONAL_LOG_FIELDS, *_ALWAYS))}"
            origin = obj.origin("logConfig", "optionalFields", i)
            findings.append(codes.LOG_FIELDS.at(origin, message, hint))
    return tuple(sorted(set(fields) & set(OPTIONAL_LOG_FIELDS)))
