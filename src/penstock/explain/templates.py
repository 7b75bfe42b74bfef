"""Path templates: ``/a/*/{rest=**}``, and what they make of a path.

``*`` is one segment that is not empty, ``**`` any number; braces name what was
found.  Which characters a segment may have is Envoy's choice (those of RFC 3986,
section 3.3, but for ``*``): https://www.envoyproxy.io/docs/envoy/latest/api-v3/
extensions/path/match/uri_template/v3/uri_template_match.proto
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final

from penstock.explain.regexes import compiled

_LITERAL: Final = r"a-zA-Z0-9\-._~%!$&'()+,;:@="
_SEGMENT: Final = f"[{_LITERAL}]+"
_REST: Final = f"[{_LITERAL}/]*"
_TOKEN: Final = re.compile(r"\{(?P<name>[^=}]*)(?:=(?P<inner>[^}]*))?\}|\*\*|\*")

_VARIABLE: Final = re.compile(r"\{([^}]*)\}")


@functools.lru_cache(maxsize=1024)
def as_regex(template: str) -> tuple[str, tuple[str, ...]]:
    """An RE2 on the whole path, and the names of its groups in order."""
    parts: list[str] = []
    names: list[str] = []
    end = 0
    for token in _TOKEN.finditer(template):
        parts.append(re.escape(template[end : token.start()]))
        if token["name"] is None:
            parts.append(_operator(token[0]))
        else:
            names.append(token["name"])
            inner = "*" if token["inner"] is None else token["inner"]
            parts.append(f"({_inside(inner)})")
        end = token.end()
    return "".join(parts) + re.escape(template[end:]), tuple(names)


def _operator(text: str) -> str:
    return _REST if text == "**" else _SEGMENT


def _inside(text: str) -> str:
    """What stands in a variable: literals and operators."""
    pieces = re.split(r"(\*\*|\*)", text)
    return "".join(_operator(p) if p in ("*", "**") else re.escape(p) for p in pieces)


def matches(template: str, path: str, *, ignore_case: bool) -> bool:
    """Whether a whole path is of the template's form."""
    return captures(template, path, ignore_case=ignore_case) is not None


def captures(template: str, path: str, *, ignore_case: bool) -> Mapping[str, str] | None:
    """Variables' values; None if the path is not of the template's form."""
    pattern, names = as_regex(template)
    regex = compiled(f"(?i){pattern}" if ignore_case else pattern)
    groups = regex.groups(path) if regex is not None else None
    return None if groups is None else dict(zip(names, groups[1:], strict=True))


def filled(template: str, values: Mapping[str, str]) -> str:
    """A rewrite's template with its variables replaced."""
    return _VARIABLE.sub(lambda found: values.get(found[1], ""), template)
