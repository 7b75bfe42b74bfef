"""What becomes of host and path on the way to the backend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from penstock.dialects.compute import codes
from penstock.model import (
    Finding,
    Origin,
    PathKind,
    PathMatch,
    PathRewrite,
    PrefixRewrite,
    Rewrite,
    Setting,
    TemplateRewrite,
)
from penstock.objects.compute.route_action import UrlRewrite

_VARIABLE: Final = re.compile(r"\{(\w+)(?:=[^}]*)?\}")


def read_host_rewrite(written: UrlRewrite | None, origin: Origin) -> Setting[str] | None:
    """The host that the backend sees."""
    if written is None or not written.host_rewrite:
        return None
    return Setting(written.host_rewrite, origin.child("hostRewrite"))


def read_rewrite(written: UrlRewrite | None, origin: Origin) -> Setting[Rewrite] | None:
    """The path that the backend sees."""
    if written is None:
        return None
    if written.path_template_rewrite is not None:
        template = TemplateRewrite(written.path_template_rewrite)
        return Setting(template, origin.child("pathTemplateRewrite"))
    if written.path_prefix_rewrite is not None:
        prefix = PrefixRewrite(written.path_prefix_rewrite)
        return Setting(prefix, origin.child("pathPrefixRewrite"))
    if written.regex_rewrite is not None and written.regex_rewrite.path_pattern:
        regex = written.regex_rewrite
        rewrite = PathRewrite(regex.path_pattern or "", regex.path_substitution or "")
        return Setting(rewrite, origin.child("regexRewrite"))
    return None


def check_template(rewrite: Setting[Rewrite] | None, paths: Sequence[PathMatch]) -> Finding | None:
    """Whether all that a template rewrite names is found by every match."""
    if rewrite is None or not isinstance(rewrite.value, TemplateRewrite):
        return None
    for path in paths:
        if path.kind is not PathKind.TEMPLATE:
            message = (
                f"pathTemplateRewrite {rewrite.value.template} needs a pathTemplateMatch, and "
                f"{path.value} is none; the rule answers 503"
            )
            return codes.TEMPLATE.at(rewrite.origin, message)
        found = set(_VARIABLE.findall(path.value))
        missing = [v for v in _VARIABLE.findall(rewrite.value.template) if v not in found]
        if missing:
            message = (
                f"pathTemplateRewrite names {{{missing[0]}}}, which pathTemplateMatch "
                f"{path.value} does not find; the rule answers 503"
            )
            hint = f"it finds {', '.join(sorted(found)) or 'nothing'}"
            return codes.TEMPLATE.at(rewrite.origin, message, hint)
    return None
