"""A BackendConfig as settings of a backend service; a block that is not there changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import in_another_project
from penstock.dialects.compute.security_policies import Policies
from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.custom_headers import read_custom_headers
from penstock.dialects.gke.failure import SYNC, Failure
from penstock.model import (
    NO_EDITS,
    Affinity,
    ClientIpAffinity,
    CookieAffinity,
    Finding,
    HeaderEdit,
    HeaderEdits,
    LocalityPolicy,
    LocalityPolicyKind,
    Origin,
    RequestLogging,
    SecurityPolicy,
    Setting,
)
from penstock.objects.compute.base import GLOBAL
from penstock.objects.gke.backend_config import BackendConfig, CustomHeadersConfig
from penstock.objects.meta import Object
from penstock.objects.suggest import did_you_mean

_MAGLEV: Final = Setting(LocalityPolicy(LocalityPolicyKind.MAGLEV), defaults.ORIGIN)
"""With affinity, as the API has it."""


class BackendSettings(msgspec.Struct, frozen=True):
    """What a BackendConfig asks of one port."""

    timeout: Setting[float] = defaults.TIMEOUT
    draining: Setting[float] | None = None
    affinity: Setting[Affinity] | None = None
    logging: Setting[RequestLogging] | None = None
    headers: HeaderEdits = NO_EDITS
    policy: Setting[SecurityPolicy] | None = None
    is_guarded: bool = False
    """Whether it is to be guarded in a way that Penstock cannot; then nobody gets through."""
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    """What GKE would stop for though the backend is served."""

    @property
    def locality(self) -> Setting[LocalityPolicy] | None:
        """How endpoints are chosen."""
        return _MAGLEV if self.affinity else None


PLAIN: Final = BackendSettings()


def read_backend_config(
    config: Object[BackendConfig],
    of_class: GkeClass,
    policies: Policies,
    elsewhere: Mapping[str, str],
    name: str,
) -> BackendSettings:
    """The settings for the backend service of that name, of a class; `policies` are those that it
    may name, `elsewhere` has those of other projects, for hints."""
    reader = _Reader(config, of_class, name)
    is_guarded = reader.is_guarded()
    policy = reader.policy(policies, elsewhere)
    spec = config.resource.spec
    timeout = defaults.TIMEOUT
    if spec.timeout_sec is not None:
        timeout = Setting(float(spec.timeout_sec), config.origin("spec", "timeoutSec"))
    return BackendSettings(
        timeout=timeout,
        draining=reader.draining(),
        affinity=reader.affinity(),
        logging=reader.logging(),
        headers=reader.headers(),
        policy=policy if isinstance(policy, Setting) else None,
        is_guarded=is_guarded or policy is False,
        findings=tuple(reader.findings),
        failures=tuple(reader.failures),
    )


class _Reader:
    def __init__(self, config: Object[BackendConfig], of_class: GkeClass, name: str) -> None:
        self._config = config
        self._spec = config.resource.spec
        self._class = of_class
        self._name = name
        self.findings: list[Finding] = []
        self.failures: list[Failure] = []
        self._cdn()

    def _origin(self, *path: str) -> Origin:
        return self._config.origin("spec", *path)

    def draining(self) -> Setting[float] | None:
        block = self._spec.connection_draining
        if block is None or block.draining_timeout_sec is None:
            return None
        origin = self._origin("connectionDraining", "drainingTimeoutSec")
        return Setting(float(block.draining_timeout_sec), origin)

    def _idle(self, message: str, *path: str) -> None:
        self.findings.append(codes.SETTING_NO_EFFECT.at(self._origin(*path), message))

    def affinity(self) -> Setting[Affinity] | None:
        block = self._spec.session_affinity
        kind = block.affinity_type if block else None
        if block is not None and block.affinity_cookie_ttl_sec and kind != "GENERATED_COOKIE":
            message = "`affinityCookieTtlSec` has no effect without affinityType: GENERATED_COOKIE"
            self._idle(message, "sessionAffinity", "affinityCookieTtlSec")
        origin = self._origin("sessionAffinity", "affinityType")
        if kind == "CLIENT_IP":
            return Setting(ClientIpAffinity(), origin)
        if block is not None and kind == "GENERATED_COOKIE":
            ttl = float(block.affinity_cookie_ttl_sec or 0)
            return Setting(CookieAffinity(self._class.cookie, ttl=ttl), origin)
        return None

    def logging(self) -> Setting[RequestLogging] | None:
        block = self._spec.logging
        if block is None:
            return None
        origin, enabled = self._origin("logging"), bool(block.enable)
        if block.enable is None:
            message = "`logging` without `enable` switches logging off, as on GKE"
            self.findings.append(codes.LOGGING_OFF.at(origin, message, "write enable: true"))
        elif block.sample_rate and not enabled:
            message = "`sampleRate` has no effect: logging is off"
            self._idle(message, "logging", "sampleRate")
        rate = 1.0 if block.sample_rate is None else block.sample_rate
        return Setting(RequestLogging(enabled, rate if enabled else 0.0), origin)

    def headers(self) -> HeaderEdits:
        request = self._added("customRequestHeaders", self._spec.custom_request_headers)
        response = self._added("customResponseHeaders", self._spec.custom_response_headers)
        edits = HeaderEdits(request_add=request, response_add=response)
        return edits if edits else NO_EDITS

    def _added(self, field: str, block: CustomHeadersConfig | None) -> tuple[HeaderEdit, ...]:
        if block is None or not block.headers:
            return ()
        if self._class.is_regional:
            message = (
                f"{field} has no effect on {self._class.value}: GKE sets it for class gce only"
            )
            hint = "Compute's URL maps set headers for regional load balancers: headerAction"
            self.findings.append(codes.FIELD_OF_OTHER_CLASS.at(self._origin(field), message, hint))
            return ()
        origin = self._origin(field, "headers")
        return tuple(read_custom_headers(block.headers, origin, self.findings))

    def is_guarded(self) -> bool:
        """Whether identities are to be checked."""
        iap = self._spec.iap
        if iap is None or not iap.enabled:
            return False
        message = (
            "IAP is asked for, and Penstock does not check identities; requests are answered "
            "with 403 rather than let through"
        )
        hint = "leave iap out, or set enabled: false, where nobody has to be kept out"
        self.findings.append(codes.NOT_GUARDED.at(self._origin("iap"), message, hint))
        return True

    def policy(
        self, policies: Policies, elsewhere: Mapping[str, str]
    ) -> Setting[SecurityPolicy] | Literal[False] | None:
        """The security policy, None if none is named; False if what is named cannot be had."""
        block = self._spec.security_policy
        if block is None:
            return None
        name, origin = block.name, self._origin("securityPolicy", "name")
        if self._class.is_regional:
            self._regional(bool(name), origin)
            return False if name else None
        if not name:
            return None
        found = policies.get(name)
        if found is None:
            message = (
                f"there is no security policy {name}; requests are answered with 403 rather than "
                "let through"
            )
            hint = _where_it_is(name, policies, elsewhere)
            self.findings.append(codes.POLICY_MISSING.at(origin, message, hint))
            return False
        return Setting(found.value, origin)

    def _regional(self, is_named: bool, origin: Origin) -> None:
        """GKE stops even where no policy is named."""
        text = (
            f"cloud armor security policies not supported for Regional backend service {self._name}"
        )
        failure = Failure(codes.SECURITY_POLICY, text, "leave it out", origin, SYNC)
        consequence = "requests are answered with 403" if is_named else "it has no effect"
        self.failures.append(failure)
        self.findings.append(failure.finding(origin, consequence))

    def _cdn(self) -> None:
        if self._spec.cdn is None or not self._spec.cdn.enabled:
            return
        why, code = "there is no cache", codes.FIELD_NO_EFFECT
        if self._class.is_regional:
            why, code = f"{self._class.value} has no Cloud CDN", codes.FIELD_OF_OTHER_CLASS
        message = f"`cdn` has no effect: {why}; every request goes to an endpoint"
        self.findings.append(code.at(self._origin("cdn"), message))


def _where_it_is(name: str, policies: Policies, elsewhere: Mapping[str, str]) -> str:
    """A hint for a security policy that the project does not have."""
    if name in elsewhere:
        return in_another_project(Located(elsewhere[name], GLOBAL, name), "securityPolicies")
    return did_you_mean(name, policies) or (
        "add it (a compute#securityPolicy, or spec.securityPolicies of a PenstockConfig); "
        "one with a mistake counts as missing"
    )
