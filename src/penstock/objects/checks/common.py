"""Checks that several kinds share: ports, enumerations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.naming import bad_port, bad_port_name, bad_qualified
from penstock.objects.problem import Problem
from penstock.objects.suggest import did_you_mean

PROTOCOLS = ("TCP", "UDP", "SCTP")


def number(path: FieldPath, value: int | None) -> Iterator[Problem]:
    """A port number's range."""
    reason = bad_port(value) if value is not None else None
    if reason:
        message = f"`{path[-1]}: {value}` is not allowed: {reason}."
        yield Problem(codes.INVALID_PORT, path, message)


def port_name(path: FieldPath, name: str) -> Iterator[Problem]:
    """A reference to a port by name."""
    reason = bad_port_name(name)
    if reason:
        hint = f"Write the number without quotes: {name}" if name.isdecimal() else ""
        message = f"The port name `{name[:80]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_PORT, path, message, hint)


def app_protocol(path: FieldPath, name: str | None) -> Iterator[Problem]:
    """An application protocol's name."""
    reason = bad_qualified(name) if name else None
    if reason:
        message = f"`appProtocol: {str(name)[:80]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_PORT, path, message)


def one_of(path: FieldPath, value: str | None, allowed: Sequence[str]) -> Iterator[Problem]:
    """A value of an enumeration; None is fine."""
    if value is None or value in allowed:
        return
    listed = ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
    message = f"`{path[-1]}: {value[:80]}` is not allowed; it is one of {listed}."
    yield Problem(codes.INVALID_VALUE, path, message, did_you_mean(value, allowed))
