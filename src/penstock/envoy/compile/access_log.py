"""The access log: one JSON object a request.

The fields are fixed here and typed; nothing a user writes becomes part of a
format.  Names of fields are documented for the users' log pipelines.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import substitution_format_string_pb2
from envoy.extensions.access_loggers.file.v3 import file_pb2
from envoy.extensions.access_loggers.stream.v3 import stream_pb2

from penstock.envoy.compile.log_selection import USUAL, LogForm, LogSelections, filter_of
from penstock.envoy.compile.logged_headers import REQUEST_HEADERS, RESPONSE_HEADERS
from penstock.envoy.compile.messages import pack

FIELDS: Final = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "authority": "%REQ(:AUTHORITY)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "response_flags": "%RESPONSE_FLAGS%",
    "response_details": "%RESPONSE_CODE_DETAILS%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "duration_ms": "%DURATION%",
    "route": "%ROUTE_NAME%",
    "upstream_cluster": "%UPSTREAM_CLUSTER%",
    "upstream_host": "%UPSTREAM_HOST%",
    "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "x_forwarded_for": "%REQ(X-FORWARDED-FOR)%",
    "user_agent": "%REQ(USER-AGENT)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "tls_version": "%DOWNSTREAM_TLS_VERSION%",
    "sni": "%REQUESTED_SERVER_NAME%",
}
"""Field → Envoy's command operator; numbers stay numbers, what is absent is null.

Each costs about 0.1 µs a request.  `START_TIME` without a format is ISO 8601 with
milliseconds in UTC, and cheaper than the same spelt out."""

REFUSED: Final = "client_not_allowed"
"""In `response_details` of connections that are closed because of where the client is."""
_OPTIONAL: Final = (
    {"orca_load_report": "%RESP(ENDPOINT-LOAD-METRICS)%"},
    {"tls_cipher": "%DOWNSTREAM_TLS_CIPHER%"},
    {
        "request_headers": f"%DYNAMIC_METADATA({REQUEST_HEADERS})%",
        "response_headers": f"%DYNAMIC_METADATA({RESPONSE_HEADERS})%",
    },
)
"""What a `LogForm` adds, in its order."""

STDOUT: Final = "stdout"


@functools.lru_cache(maxsize=256)
def access_logs(
    target: str | None, selections: LogSelections = (), region: str = ""
) -> tuple[Any, ...]:
    """The access loggers for a file, ``stdout``, or none: one for each form of entries.

    Lines say the region if there is one.
    """
    if target is None:
        return ()
    forms = {USUAL, *(each.form for each in selections)}
    return tuple(
        _logger(target, _fields(form), region, filter_of(form, selections))
        for form in sorted(forms)
    )


@functools.cache
def refusal_logs(target: str | None, region: str = "") -> tuple[Any, ...]:
    """The same for connections that are refused: a line each, with no request in it."""
    if target is None:
        return ()
    return (_logger(target, {**FIELDS, "response_details": REFUSED}, region, None),)


def _logger(target: str, fields: Mapping[str, str], region: str, chosen: Any) -> Any:
    """A logger of the entries that the filter `chosen` lets pass; None is all."""
    line = substitution_format_string_pb2.SubstitutionFormatString()
    line.json_format.update({**fields, **({"region": _literal(region)} if region else {})})
    log = accesslog_pb2.AccessLog(filter=chosen)
    if target == STDOUT:
        log.name = "envoy.access_loggers.stdout"
        log.typed_config.CopyFrom(pack(stream_pb2.StdoutAccessLog(log_format=line)))
    else:
        log.name = "envoy.access_loggers.file"
        log.typed_config.CopyFrom(pack(file_pb2.FileAccessLog(path=target, log_format=line)))
    return log


def _literal(text: str) -> str:
    """Text that is no command to Envoy: ``%`` begins one."""
    return text.replace("%", "%%")


def _fields(form: LogForm) -> dict[str, str]:
    asked = zip(_OPTIONAL, form, strict=True)
    return FIELDS | {name: text for fields, on in asked if on for name, text in fields.items()}
