"""Where a request stands once its route is known: all that an action may depend on."""

from __future__ import annotations

from typing import NamedTuple

from penstock.explain.context import Listener
from penstock.explain.request import Request
from penstock.explain.wire import Routed
from penstock.model import Action, HostRule, Origin, PathMatch, RouteRule, TargetProxy, UrlMap


class Situation(NamedTuple):
    """A request that was routed."""

    request: Request
    routed: Routed
    url_map: UrlMap
    host: HostRule | None
    """None if no host rule covers the host."""
    rule: RouteRule | None
    """None if the default action answers."""
    proxy: TargetProxy
    listener: Listener
    region: str = ""
    """Of the forwarding rule."""
    https_port: int | None = None
    """Where HTTPS has moved to, if listeners have other ports than their forwarding rules."""

    @property
    def scheme(self) -> str:
        """``https`` over TLS."""
        return "https" if self.request.tls else "http"

    @property
    def match(self) -> PathMatch | None:
        """What the path satisfied; None for the default action."""
        return self.rule.match.path if self.rule else None

    @property
    def action(self) -> Action:
        """What is done."""
        return self.rule.action if self.rule else self.url_map.default_action

    @property
    def origin(self) -> Origin:
        """Where the rule, or the default, is written."""
        return self.rule.origin if self.rule else self.url_map.default_origin
