"""Path templates as Envoy's `uri_template` extensions take them.

The rules are those of its parser (source/extensions/path/uri_template_lib in Envoy's
repository); one template that breaks them would cost the whole route configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from envoy.config.core.v3 import extension_pb2
from envoy.extensions.path.match.uri_template.v3 import uri_template_match_pb2
from envoy.extensions.path.rewrite.uri_template.v3 import uri_template_rewrite_pb2

from penstock.envoy.compile.messages import pack

_MAX_VARIABLES: Final = 5
_LITERAL: Final = r"[a-zA-Z0-9\-._~%!$&'()+,;:@]+"
_NAME: Final = r"[a-zA-Z][a-zA-Z0-9_]{0,15}"
_PART: Final = rf"(?:\*\*|\*|{_LITERAL})"
_VARIABLE: Final = rf"\{{{_NAME}(?:={_PART}(?:/{_PART})*)?\}}"
_SEGMENT: Final = rf"(?:\*\*|\*|{_VARIABLE}|{_LITERAL})"
_SUFFIXED: Final = rf"(?:\*\*|\*|{_VARIABLE}){_LITERAL}"
_TEMPLATE: Final = re.compile(
    rf"/(?:(?:{_SEGMENT}/)*(?:{_SUFFIXED}|{_SEGMENT})|(?:{_SEGMENT}/)+)?", re.ASCII
)
_FOUND: Final = re.compile(rf"\{{({_NAME})(?:=([^}}]*))?\}}|(\*\*|\*)")
_REWRITE: Final = re.compile(rf"(?:{_LITERAL}|/|\{{{_NAME}\}})+", re.ASCII)


def template_match(template: str) -> Any:
    """The policy for `RouteMatch.path_match_policy`."""
    config = uri_template_match_pb2.UriTemplateMatchConfig(path_template=template)
    return extension_pb2.TypedExtensionConfig(
        name="envoy.path.match.uri_template.uri_template_matcher", typed_config=pack(config)
    )


def template_rewrite(template: str) -> Any:
    """The policy for `RouteAction.path_rewrite_policy`."""
    config = uri_template_rewrite_pb2.UriTemplateRewriteConfig(path_template_rewrite=template)
    return extension_pb2.TypedExtensionConfig(
        name="envoy.path.rewrite.uri_template.uri_template_rewriter", typed_config=pack(config)
    )


def template_problem(template: str) -> str | None:
    """Why Envoy would refuse to match ``template``, or None."""
    if not _TEMPLATE.fullmatch(template):
        return f"{template!r} is not a path template"
    names = _variables(template)
    if len(names) > _MAX_VARIABLES:
        return f"a path template with more than {_MAX_VARIABLES} variables"
    if len(set(names)) < len(names):
        return "a path template that names a variable twice"
    if "**" in list(_globs(template))[:-1]:
        return "a path template with an operator after **"
    return None


def template_rewrite_problem(match: str, rewrite: str) -> str | None:
    """Why Envoy would refuse to rewrite what a sound ``match`` found to ``rewrite``, or None."""
    if not (rewrite.startswith("/") and _REWRITE.fullmatch(rewrite)) or "//" in rewrite:
        return f"{rewrite!r} is not a template for a path"
    unknown = set(_variables(rewrite)) - set(_variables(match))
    if unknown:
        return f"the rewrite names {sorted(unknown)[0]!r}, which the match does not find"
    return None


def _variables(template: str) -> list[str]:
    return [found[1] for found in _FOUND.finditer(template) if found[1]]


def _globs(template: str) -> Iterator[str]:
    """Operators in their order; a variable alone is ``*``."""
    for name, inner, glob in _FOUND.findall(template):
        if glob:
            yield glob
        elif name and not inner:
            yield "*"
        else:
            yield from re.findall(r"\*\*|\*", inner)
