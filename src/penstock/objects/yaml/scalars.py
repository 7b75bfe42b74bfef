"""What an unquoted scalar means to Kubernetes.

Kubernetes reads YAML 1.1 as its library sigs.k8s.io/yaml does: yes/no, on/off
and y/n are booleans, a leading zero makes an octal number, underscores in
numbers do not count, and there are neither base-60 numbers nor dates.  Numbers
go through JSON on their way, so 80.0 is the whole number 80.
"""

from __future__ import annotations

import functools
import math
import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)"
    r"|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))",
    re.ASCII,
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_LONGEST_NUMBER = 400
_EXACT = 2.0**53


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text[:1] not in _NUMERIC_START:
        return _WORDS.get(text, text)
    return _number(text)


@functools.lru_cache(maxsize=4096)
def _number(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    plain = text.replace("_", "") if text[0] != "." else text
    if len(plain) > _LONGEST_NUMBER:
        return text
    integer = _INTEGER.fullmatch(plain)
    if integer:
        base = integer.lastgroup or "dec"
        return int(integer["sign"] + integer[base], _BASES[base])
    return _float(plain, text) if _FLOAT.fullmatch(plain) else text


def _float(plain: str, text: str) -> Scalar:
    value = float(plain)
    if math.isinf(value):
        return text
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


@functools.lru_cache(maxsize=16384)
def key_text(text: str) -> str:
    """An unquoted mapping key as JSON has it: always text."""
    value = resolve_plain(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text if value is None or isinstance(value, str) else str(value)
