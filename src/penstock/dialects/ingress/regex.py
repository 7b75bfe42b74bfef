"""Regular expressions and rewrites as ingress-nginx users write them, made safe for RE2.

ingress-nginx matches a regex path anchored at its start, as a prefix, without
regard to case.  The model wants RE2 over the whole path, so ``.*`` is added;
the same expression serves for the rewrite, which then replaces the whole path.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import re2

METACHARACTERS: Final = frozenset("\\^$*+?()[]{}|")
"""Characters that tell a regex from a path; a dot does not, paths are full of them."""

_MAX_LENGTH: Final = 8_000
_MAX_LITERAL: Final = 256
_MAX_PROGRAM: Final = 4_000
"""RE2 instructions, fewer than Envoy is set to take; an ordinary path has under a hundred."""

_LOOKAROUND: Final = re.compile(r"\(\?<?[=!]|\(\?>|\\[1-9]|[*+?}]\+")


class CompiledPath(NamedTuple):
    """A regex path as understood; `error` is set if RE2 cannot have it."""

    pattern: str
    """RE2 on the whole path."""
    groups: int
    error: str = ""


@lru_cache(maxsize=8192)
def compile_path(written: str) -> CompiledPath:
    """Understand a regex path, which begins with ``/``."""
    pattern = f"(?i)(?:{written}).*"
    options = re2.Options()
    options.log_errors = False
    try:
        alone = re2.compile(written, options)
        whole = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        return CompiledPath(_literal_start(written), 0, _explain(written, error))
    if whole.programsize > _MAX_PROGRAM or len(written) > _MAX_LENGTH:
        return CompiledPath(_literal_start(written), 0, "it is too large")
    return CompiledPath(pattern, alone.groups)


def _explain(written: str, error: Exception) -> str:
    if _LOOKAROUND.search(written):
        return "lookaheads, lookbehinds, back references and possessive quantifiers are not in RE2"
    reason = error.args[0] if error.args else "it is not valid"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _literal_start(written: str) -> str:
    """What a broken regex would at least have to start with."""
    literal = ""
    for char in written:
        if char in "*?{" and literal:
            literal = literal[:-1]
        if char in METACHARACTERS or len(literal) == _MAX_LITERAL:
            break
        literal += char
    return f"(?i){re.escape(literal or '/')}.*"


class Rewrite(NamedTuple):
    """A rewrite-target as understood."""

    substitution: str
    r"""RE2's form: ``\1`` for groups, ``\\`` for a backslash."""
    missing_groups: tuple[str, ...]
    """Groups named that the path does not have; they are empty, as in nginx."""
    variables: tuple[str, ...]
    """nginx variables named; they stay as text."""


_REFERENCE: Final = re.compile(r"\$(?:([1-9])|(\{\w+\}|\w+))?|\\")


def translate_target(target: str, groups: int) -> Rewrite:
    """Turn nginx's ``$1`` into RE2's ``\\1`` and keep everything else literal."""
    missing: list[str] = []
    variables: list[str] = []

    def replace(match: re.Match[str]) -> str:
        group, variable = match.groups()
        if group is None:
            if variable:
                variables.append(match.group(0))
            return match.group(0).replace("\\", "\\\\")
        if int(group) > groups:
            missing.append(match.group(0))
            return ""
        return f"\\{group}"

    return Rewrite(_REFERENCE.sub(replace, target), tuple(missing), tuple(variables))
