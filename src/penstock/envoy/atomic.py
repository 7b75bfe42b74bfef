"""Files that are replaced whole: a reader, or a restart, sees the old content or the new."""

from __future__ import annotations

import os
from pathlib import Path


def replace(target: Path, data: bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Write `data` beside `target` and move it there; `durable` waits for the disk before.

    Raises OSError when it cannot be written; `target` is as it was then.
    """
    fresh = target.with_name(f".{target.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
