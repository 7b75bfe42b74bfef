"""Names in the DNS, as record sets and zones write them."""

from __future__ import annotations

import re
from typing import Final

_LABEL: Final = r"[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?"
_NAME: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+", re.ASCII)
_LONGEST: Final = 254
"""Characters with the last dot (RFC 1035, 2.3.4)."""


def name_problem(name: str) -> tuple[str, str] | None:
    """Why a text is no absolute name, and what to write instead; None if it is one."""
    if len(name) <= _LONGEST and _NAME.fullmatch(name):
        return None
    if not name.endswith(".") and _NAME.fullmatch(f"{name}."):
        return "A name has to end with a dot.", f"Write `{name}.`"
    return "It is no DNS name.", ""
