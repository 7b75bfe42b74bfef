"""One probe: a fresh connection, what the health check says, a verdict with its reason."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Final

from penstock.health.probes import grpc, http, http2, tcp
from penstock.health.probes.ask import Ask, Asking, FailedError
from penstock.health.probes.connection import describe
from penstock.health.state import Result
from penstock.health.target import Key
from penstock.model import HealthCheck, HealthCheckKind

_log = logging.getLogger(__name__)

_ASK: Final[Mapping[HealthCheckKind, Asking]] = {
    HealthCheckKind.TCP: tcp.ask_clear,
    HealthCheckKind.SSL: tcp.ask_tls,
    HealthCheckKind.HTTP: http.ask_clear,
    HealthCheckKind.HTTPS: http.ask_tls,
    HealthCheckKind.HTTP2: http2.ask,
    HealthCheckKind.GRPC: grpc.ask_clear,
    HealthCheckKind.GRPC_WITH_TLS: grpc.ask_tls,
}

_LONGEST_REASON: Final = 200
"""Characters; a part of it may be the endpoint's own words."""

Source = Callable[[str], str | None]
"""Address of an endpoint → where probes of it come from; None is the machine's choice."""


async def probe(check: HealthCheck, key: Key, source: str | None) -> Result:
    """Ask once; never raises but when cancelled.  The caller bounds the time."""
    ask = Ask(check, key.address, key.port, source)
    try:
        return Result(True, await _ASK[check.kind.value](ask))
    except FailedError as error:
        return Result(False, str(error)[:_LONGEST_REASON])
    except (OSError, ssl.SSLError, EOFError) as error:
        return Result(False, describe(error))
    except Exception:
        # A defect of ours: it must neither end the prober nor pass for a healthy endpoint.
        _log.exception("event=probe-failed health_check=%s address=%s", key.check, key.address)
        return Result(False, "the probe failed by a defect of Penstock")
