"""Which requests of a backend service are logged, and what of them."""

from __future__ import annotations

from typing import Final

import msgspec

OPTIONAL_LOG_FIELDS: Final = ("orca_load_report", "tls.cipher")
"""What an entry has beside the usual fields if it is asked for."""


class RequestLogging(msgspec.Struct, frozen=True, omit_defaults=True):
    """A backend service's part of the access log."""

    enable: bool
    sample_rate: float = 1.0
    """Share of the requests, 0 to 1."""
    optional_fields: tuple[str, ...] = ()
    """Fields beside the usual ones; sorted."""
    request_headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
