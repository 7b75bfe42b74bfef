"""Rewrites of the path → the fields of a RouteAction."""

from __future__ import annotations

from typing import Any, Final

from envoy.config.core.v3 import extension_pb2
from envoy.extensions.path.rewrite.uri_template.v3 import uri_template_rewrite_pb2

from penstock.envoy.compile.messages import pack
from penstock.model import PathRewrite, PrefixRewrite, Rewrite

_WHOLE_PATH: Final = "^.*$"


def fill_rewrite(target: Any, rewrite: Rewrite, by_template: bool) -> None:
    """Put a rewrite into a RouteAction; ``by_template`` says that the route matches a template.

    Envoy's `prefix_rewrite` takes the place of a matched prefix, and of the whole path where
    the match is on the whole path; with templates it does not work.
    """
    if isinstance(rewrite, PathRewrite):
        target.regex_rewrite.pattern.regex = whole(rewrite.pattern)
        target.regex_rewrite.substitution = rewrite.substitution
    elif not isinstance(rewrite, PrefixRewrite):
        config = uri_template_rewrite_pb2.UriTemplateRewriteConfig(
            path_template_rewrite=rewrite.template
        )
        target.path_rewrite_policy.CopyFrom(
            extension_pb2.TypedExtensionConfig(
                name="envoy.path.rewrite.uri_template.uri_template_rewriter",
                typed_config=pack(config),
            )
        )
    elif by_template:
        target.regex_rewrite.pattern.regex = _WHOLE_PATH
        target.regex_rewrite.substitution = rewrite.prefix.replace("\\", "\\\\")
    else:
        target.prefix_rewrite = rewrite.prefix


def whole(pattern: str) -> str:
    """Anchored: Envoy replaces every match in the path, the model means the whole path."""
    return f"^(?:{pattern})$"
