"""Actions of rules and defaults: a redirect, or backend services with all that routeAction says."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from penstock.dialects.compute import defaults
from penstock.dialects.compute.backend_services import BackendReading, placeholder
from penstock.dialects.compute.durations import seconds
from penstock.dialects.compute.headers import read_headers
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.policies import read_cors, read_faults
from penstock.dialects.compute.redirects import read_redirect
from penstock.dialects.compute.references import parse_reference
from penstock.dialects.compute.retries import read_retry
from penstock.dialects.compute.rewrites import read_host_rewrite, read_rewrite
from penstock.model import (
    NO_EDITS,
    Action,
    BackendService,
    BackendServiceName,
    Finding,
    Forward,
    HeaderEdits,
    Mirror,
    Origin,
    Redirect,
    Setting,
    WeightedBackend,
)
from penstock.objects.compute.route_action import (
    HttpRedirectAction,
    HttpRouteAction,
    RequestMirrorPolicy,
)

Lookup = Callable[[str, Origin], BackendReading | Finding]
"""From a reference and the field it stands in to the backend service."""


class Wish(NamedTuple):
    """What a rule or a default says about what to do."""

    service: str | None
    route_action: HttpRouteAction | None
    redirect: HttpRedirectAction | None
    origin: Origin
    """Of the rule, or of whose default it is."""
    fields: tuple[str, str, str] = ("service", "routeAction", "urlRedirect")
    """Under which names it says that."""

    @property
    def said(self) -> Origin:
        """The origin of the field that decides."""
        action = self.route_action
        weighted = action is not None and bool(action.weighted_backend_services)
        present = (self.service is not None, weighted, self.redirect is not None)
        named = [field for field, is_there in zip(self.fields, present, strict=True) if is_there]
        return self.origin.child(named[0]) if named else self.origin


DEFAULT_FIELDS = ("defaultService", "defaultRouteAction", "defaultUrlRedirect")


class _Share(NamedTuple):
    text: str
    weight: int
    headers: HeaderEdits
    origin: Origin


class ActionReader:
    """Reads the actions of one URL map."""

    def __init__(self, at: Located, lookup: Lookup, findings: list[Finding]) -> None:
        self._at = at
        self._lookup = lookup
        self._findings = findings
        self.used: dict[BackendServiceName, BackendReading] = {}
        self.placeholders: dict[BackendServiceName, BackendService] = {}
        self.https_redirects: list[Origin] = []

    def read(self, wish: Wish) -> Action | None:
        """What to do; None if nothing is said."""
        if wish.redirect is not None:
            return self._redirect(wish.redirect, wish.origin.child(wish.fields[2]))
        shares = self._shares(wish)
        if not shares:
            return None
        return self._forward(wish, shares)

    def _redirect(self, written: HttpRedirectAction, origin: Origin) -> Redirect:
        redirect = read_redirect(written)
        if redirect.https:
            self.https_redirects.append(origin.child("httpsRedirect"))
        return redirect

    def _shares(self, wish: Wish) -> list[_Share]:
        listed = wish.route_action.weighted_backend_services if wish.route_action else None
        if not listed:
            if wish.service is None:
                return []
            return [_Share(wish.service, 1, NO_EDITS, wish.origin.child(wish.fields[0]))]
        origin = wish.origin.child(wish.fields[1], "weightedBackendServices")
        shares = []
        for i, item in enumerate(listed):
            if item.backend_service is not None:
                where = origin.child(i)
                edits = read_headers(
                    item.header_action, where.child("headerAction"), self._findings
                )
                weight = 1 if item.weight is None else item.weight
                service = where.child("backendService")
                shares.append(_Share(item.backend_service, weight, edits, service))
        return shares

    def _forward(self, wish: Wish, shares: list[_Share]) -> Action:
        pairs = [(share, self.find(share.text, share.origin)) for share in shares]
        readings = [reading for _, reading in pairs if reading is not None]
        if not readings or sum(share.weight for share in shares) == 0:
            return defaults.UNAVAILABLE
        backends = tuple(self._weighted(share, reading) for share, reading in pairs)
        longest = max((reading.timeout for reading in readings), key=lambda setting: setting.value)
        forward = Forward(backends, longest, longest, defaults.RETRY, max_duration=longest)
        if wish.route_action is None:
            return forward
        return self._shaped(forward, wish.route_action, wish.origin.child(wish.fields[1]))

    def _shaped(self, forward: Forward, action: HttpRouteAction, origin: Origin) -> Forward:
        written, urls = seconds(action.timeout), origin.child("urlRewrite")
        timeout = None if written is None else Setting(written, origin.child("timeout"))
        retry = read_retry(action.retry_policy, origin.child("retryPolicy"), self._findings)
        return msgspec.structs.replace(
            forward,
            timeout=timeout or forward.timeout,
            retry=retry,
            rewrite=read_rewrite(action.url_rewrite, urls),
            host_rewrite=read_host_rewrite(action.url_rewrite, urls),
            mirror=self._mirror(action.request_mirror_policy, origin.child("requestMirrorPolicy")),
            cors=read_cors(action.cors_policy, origin.child("corsPolicy")),
            fault=read_faults(action.fault_injection_policy, origin.child("faultInjectionPolicy")),
        )

    def _mirror(self, policy: RequestMirrorPolicy | None, origin: Origin) -> Setting[Mirror] | None:
        if policy is None or policy.backend_service is None:
            return None
        reading = self.find(policy.backend_service, origin.child("backendService"))
        if reading is None:
            return None
        percent = 100.0 if policy.mirror_percent is None else policy.mirror_percent
        return Setting(Mirror(reading.service.name, percent), origin)

    def _weighted(self, share: _Share, reading: BackendReading | None) -> WeightedBackend:
        if reading is not None:
            return WeightedBackend(reading.service.name, share.weight, share.headers)
        name = parse_reference(share.text).name
        at = Located(self._at.project, self._at.location, f"{self._at.name}:missing:{name}")
        stand_in = placeholder(at, share.origin)
        self.placeholders.setdefault(stand_in.name, stand_in)
        return WeightedBackend(stand_in.name, share.weight, share.headers)

    def find(self, text: str, origin: Origin) -> BackendReading | None:
        """The backend service that is meant; None, with a finding, if none is."""
        found = self._lookup(text, origin)
        if isinstance(found, Finding):
            self._findings.append(found)
            return None
        self.used[found.service.name] = found
        return found
