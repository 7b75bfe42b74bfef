"""What becomes of host and path on the way to the backend."""

from __future__ import annotations

from penstock.model import Origin, PathRewrite, PrefixRewrite, Rewrite, Setting, TemplateRewrite
from penstock.objects.compute.route_action import UrlRewrite


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
