"""Composes one document's node tree with PyYAML's C parser (libyaml).

JSON goes the same way (it is YAML, but for surrogate pairs in escapes, which
are rewritten first), so that it has positions, too.  Tags of untagged scalars
are replaced by two short words, which saves resolving them twice.
"""

from __future__ import annotations

import functools
import re

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from penstock.objects import codes
from penstock.objects.yaml.errors import explain
from penstock.objects.yaml.problem import BadYamlError

PLAIN = "plain"
"""Tag of an unquoted scalar without a tag of its own."""
QUOTED = "quoted"
"""Tag of a quoted or block scalar without a tag of its own."""
MAX_DEPTH = 200
"""Nesting beyond this is an error; Kubernetes' own objects stay far below."""

_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

__all__ = ["MAX_DEPTH", "PLAIN", "QUOTED", "MappingNode", "Node", "ScalarNode", "SequenceNode"]


class _TooDeepError(Exception):
    pass


class _Composer(CParser):
    """The parser with the three methods that composing calls back."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, kind: type[Node], value: object, implicit: tuple[bool, bool]) -> str:
        if kind is ScalarNode:
            return PLAIN if implicit[0] else QUOTED
        return QUOTED

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        # libyaml recurses in C for every level, so the depth has to be bounded here.
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeepError

    def ascend_resolver(self) -> None:
        self.depth -= 1


def compose(text: str) -> Node | None:
    """The node tree of a document; None if it is blank.

    Raises:
        BadYamlError: the document is not valid YAML, or nested too deeply.
    """
    composer = _Composer(_join_surrogates(text))
    try:
        node: Node | None = composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise explain(error, text) from None
    except yaml.YAMLError as error:
        index = getattr(error, "position", 0)
        raise BadYamlError(
            codes.SYNTAX, index, "A character here is not allowed in YAML."
        ) from None
    except _TooDeepError:
        raise _too_deep(text) from None
    finally:
        composer.dispose()
    return node


@functools.lru_cache(maxsize=32)
def compose_cached(text: str) -> Node | None:
    """`compose` for those who look up several positions in one document."""
    return compose(text)


def _join_surrogates(text: str) -> str:
    """JSON writes characters beyond 16 bits as two escapes, which YAML does not know."""
    if "\\ud" not in text.lower() or text.lstrip()[:1] not in ("{", "["):
        return text
    return _SURROGATES.sub(_one_escape, text)


def _one_escape(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _too_deep(text: str) -> BadYamlError:
    opened = len(text) - len(text.lstrip())
    return BadYamlError(
        codes.TOO_DEEP,
        opened,
        f"Values are nested more than {MAX_DEPTH} levels deep, which no Kubernetes object is.",
        "Look for brackets or dashes that were repeated by mistake.",
    )
