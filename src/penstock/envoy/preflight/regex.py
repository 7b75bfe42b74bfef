r"""RE2 as Envoy uses it: what does not compile there, or compiles to too much.

Envoy refuses a regular expression whose program is larger than the runtime key
``re2.max_program_size.error_level``; the bootstrap raises that key to
`MAX_PROGRAM_SIZE` or more.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import re2

MAX_PROGRAM_SIZE: Final = 4_096
"""Instructions of a compiled expression; many hundred characters with alternatives."""

_MAX_LENGTH: Final = 8_192
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
# Envoy's RE2 reads bytes: `\x{100}` is no character there.
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_REFERENCE: Final = re.compile(r"\\(.?)", re.DOTALL)


@functools.lru_cache(maxsize=8_192)
def regex_problem(pattern: str) -> str | None:
    """Why Envoy would refuse ``pattern``, or None."""
    if len(pattern) > _MAX_LENGTH:
        return f"the regular expression is longer than {_MAX_LENGTH} characters"
    try:
        compiled = re2.compile(pattern.encode(), _OPTIONS)
    except (re2.error, UnicodeEncodeError) as error:
        return f"not a regular expression that RE2 takes: {_reason(error)}"
    if compiled.programsize > MAX_PROGRAM_SIZE:
        return f"the regular expression is too complex (more than {MAX_PROGRAM_SIZE} instructions)"
    return None


def substitution_problem(pattern: str, substitution: str) -> str | None:
    r"""Why ``substitution`` cannot be used with a sound ``pattern``, or None.

    RE2 knows ``\0`` to ``\9`` and ``\\``; a reference to a group that is not there
    makes it leave the whole text as it is.
    """
    groups = re2.compile(pattern.encode(), _OPTIONS).groups
    for reference in _REFERENCE.findall(substitution):
        if reference == "\\":
            continue
        if not (reference.isascii() and reference.isdigit()):
            return "a backslash in the substitution is followed by neither a digit nor a backslash"
        if int(reference) > groups:
            return f"the substitution names group {reference}, the pattern has {groups}"
    return None


def _reason(error: Exception) -> str:
    """RE2's words; the binding hands them over as bytes."""
    detail = error.args[0] if error.args else ""
    return detail.decode(errors="replace") if isinstance(detail, bytes) else str(error)
