"""BackendConfig (cloud.google.com/v1, v1beta1): what a Service's annotation asks of its backends.

A block that is not there leaves the backend service as it is (ingress-gce,
pkg/apis/backendconfig/v1/types.go).
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class DrainingConfig(Fields, frozen=True):
    """How long sessions go on with endpoints that leave."""

    draining_timeout_sec: int | None = None


class SessionAffinityConfig(Fields, frozen=True):
    """What of a request decides which endpoint gets it."""

    affinity_type: str | None = None
    affinity_cookie_ttl_sec: int | None = None


class CustomHeadersConfig(Fields, frozen=True):
    """Headers that are added, with variables in braces."""

    headers: tuple[str, ...] | None = None


class HealthCheckConfig(Fields, frozen=True):
    """How endpoints are probed; wins over readiness probes."""

    check_interval_sec: int | None = None
    timeout_sec: int | None = None
    healthy_threshold: int | None = None
    unhealthy_threshold: int | None = None
    type: str | None = None
    port: int | None = None
    request_path: str | None = None


class LogConfig(Fields, frozen=True):
    """Which requests are logged."""

    enable: bool | None = None
    sample_rate: float | None = None


class OAuthClientCredentials(Fields, frozen=True):
    """Who asks for people's identity."""

    secret_name: str | None = None
    client_id: str | None = msgspec.field(default=None, name="clientID")
    client_secret: str | None = None

    def __repr__(self) -> str:
        return f"OAuthClientCredentials({self.secret_name})"


class IapConfig(Fields, frozen=True):
    """Identity-Aware Proxy: only people who are signed in get through."""

    enabled: bool | None = None
    """Has to be there."""
    oauthclient_credentials: OAuthClientCredentials | None = None


class CacheKeyPolicy(Fields, frozen=True):
    """What of a request tells cached answers apart."""

    include_host: bool | None = None
    include_protocol: bool | None = None
    include_query_string: bool | None = None
    query_string_blacklist: tuple[str, ...] | None = None
    query_string_whitelist: tuple[str, ...] | None = None


class NegativeCachingPolicy(Fields, frozen=True):
    """How long one error status is cached."""

    code: int | None = None
    ttl: int | None = None


class BypassCacheHeader(Fields, frozen=True):
    """A request header that goes past the cache."""

    header_name: str | None = None


class SignedUrlKey(Fields, frozen=True):
    """A key that URLs are signed with."""

    key_name: str | None = None
    key_value: str | None = None
    secret_name: str | None = None

    def __repr__(self) -> str:
        return f"SignedUrlKey({self.key_name})"


class CdnConfig(Fields, frozen=True):
    """Cloud CDN."""

    enabled: bool = False
    cache_policy: CacheKeyPolicy | None = None
    cache_mode: str | None = None
    client_ttl: int | None = None
    default_ttl: int | None = None
    max_ttl: int | None = None
    negative_caching: bool | None = None
    negative_caching_policy: tuple[NegativeCachingPolicy, ...] | None = None
    request_coalescing: bool | None = None
    serve_while_stale: int | None = None
    bypass_cache_on_request_headers: tuple[BypassCacheHeader, ...] | None = None
    signed_url_cache_max_age_sec: int | None = None
    signed_url_keys: tuple[SignedUrlKey, ...] | None = None


class SecurityPolicyConfig(Fields, frozen=True):
    """A Cloud Armor policy; an empty name takes it away."""

    name: str | None = None
    """Has to be there."""


class BackendConfigSpec(Fields, frozen=True):
    """What the user wants."""

    timeout_sec: int | None = None
    connection_draining: DrainingConfig | None = None
    session_affinity: SessionAffinityConfig | None = None
    custom_request_headers: CustomHeadersConfig | None = None
    custom_response_headers: CustomHeadersConfig | None = None
    health_check: HealthCheckConfig | None = None
    logging: LogConfig | None = None
    iap: IapConfig | None = None
    cdn: CdnConfig | None = None
    security_policy: SecurityPolicyConfig | None = None


class BackendConfig(Resource, frozen=True):
    """The object."""

    KIND: ClassVar[str] = "BackendConfig"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("cloud.google.com/v1", "cloud.google.com/v1beta1")

    spec: BackendConfigSpec = msgspec.field(default_factory=BackendConfigSpec)
    status: dict[str, Any] | None = None
