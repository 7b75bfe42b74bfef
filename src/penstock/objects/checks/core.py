"""Secret: its data must be base64.  No message ever shows a value."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from penstock.objects import codes
from penstock.objects.core import Secret
from penstock.objects.problem import Problem


def check_secret(secret: Secret) -> Iterator[Problem]:
    """Problems of a Secret's data."""
    for key, value in (secret.data or {}).items():
        if value and not _is_base64(value):
            message = f"The value of `{key[:80]}` is not base64."
            hint = "Encode it (base64 -w0), or write it as plain text under stringData."
            yield Problem(codes.INVALID_DATA, ("data", key), message, hint)


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
