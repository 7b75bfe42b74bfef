"""Regular expressions as the proxy has them: RE2, compiled once."""

from __future__ import annotations

import functools
from typing import Final

import re2

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> re2._Regexp | None:
    """RE2 as Envoy compiles it; None if it cannot."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except (re2.error, UnicodeError):
        return None
