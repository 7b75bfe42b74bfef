"""Which of two objects came first: the tie-breaker of every conflict.

Older creationTimestamp, then namespace, then name; an object without a
timestamp (a file's) counts as not yet created, so it loses against one that is
live in a cluster.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from penstock.objects.meta import Object

_NOT_YET = "9999"


def precedence(obj: Object[Any]) -> tuple[str, str, str]:
    """Sort key; the smallest wins."""
    stamp = obj.resource.metadata.creation_timestamp
    return (_normal(stamp) if stamp else _NOT_YET, obj.namespace, obj.name)


@functools.lru_cache(maxsize=65536)
def _normal(stamp: str) -> str:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return _NOT_YET
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        return _NOT_YET
