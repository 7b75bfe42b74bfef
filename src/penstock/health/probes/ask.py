"""What probes of all kinds are given, and how they say no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

from penstock.model import HealthCheck

BODY_BYTES: Final = 1024
"""In how much of an answer the expected text has to be (Compute API, ``response``)."""
USER_AGENT: Final = "GoogleHC/1.0 (penstock)"
"""Servers know Google's probes by how this begins: they skip logs or checks of the Host."""


class FailedError(Exception):
    """The endpoint answered, but not as a healthy one; the message is the reason."""


class Ask(NamedTuple):
    """One probe to make."""

    check: HealthCheck
    address: str
    port: int
    source: str | None

    @property
    def host(self) -> str:
        """The HTTP family's host: the check's, else the address."""
        if self.check.host and self.check.host.value:
            return self.check.host.value
        return f"[{self.address}]" if ":" in self.address else self.address


Asking: TypeAlias = Callable[[Ask], Awaitable[str]]
"""Ask and give the reason why all is well; raises FailedError or OSError."""


def judge_status(check: HealthCheck, status: int) -> str:
    """The reason for a status; raises FailedError if it is none of a healthy endpoint."""
    reason = f"HTTP {status}"
    if not any(low <= status <= high for low, high in check.statuses):
        raise FailedError(reason)
    return reason


class BodyJudge:
    """Looks for the expected text at the beginning of a body that comes in parts."""

    def __init__(self, check: HealthCheck) -> None:
        self._wanted = check.response
        self._seen = b""

    @property
    def is_content(self) -> bool:
        """Whether there is nothing more to look for."""
        return self._wanted in self._seen

    @property
    def is_over(self) -> bool:
        """Whether what comes now does not count any more."""
        return len(self._seen) >= BODY_BYTES

    def feed(self, data: bytes) -> None:
        """One more part."""
        self._seen += data[: BODY_BYTES - len(self._seen)]

    def conclude(self) -> None:
        """The body is over, or what counts of it; raises FailedError if the text is not in it."""
        if not self.is_content:
            raise FailedError(lacks(self._wanted, f"the first {BODY_BYTES} bytes of the body"))


def lacks(wanted: bytes, where: str) -> str:
    """The reason for a text that did not come; a long one is cut."""
    text = wanted.decode("ascii", "replace")
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return f"no {shown!r} in {where}"
