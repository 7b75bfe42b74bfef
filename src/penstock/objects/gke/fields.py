"""Every field of GKE's kinds, and what becomes of it for external and for internal Ingresses.

docs/gke.md has its tables from here, findings on fields without effect their words.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from penstock.objects.gke import backend_config as backend
from penstock.objects.gke import frontend_config as frontend
from penstock.objects.gke import managed_certificate as managed

AFFINITIES = ("NONE", "CLIENT_IP", "GENERATED_COOKIE")
HEALTH_CHECK_TYPES = ("HTTP", "HTTPS", "HTTP2")
REDIRECT_CODES = {
    "MOVED_PERMANENTLY_DEFAULT": 301,
    "FOUND": 302,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
"""``responseCodeName`` → status."""
NEGATIVE_CACHING_CODES = (300, 301, 308, 404, 405, 410, 421, 451, 501)
MOST_COOKIE_TTL = 86400
MOST_CHECK_SECONDS = 300
MOST_DRAINING = 3600
MOST_NEGATIVE_TTL = 1800
MOST_SIGNED_KEYS = 3


class Effect(enum.Enum):
    """What becomes of a field; the value is what documentation says."""

    HONOURED = "honoured"
    BLOCK = "see its fields"
    REFUSES = "requests are refused"
    NONE = "no effect"
    INVALID = "an error on GKE"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field."""

    name: str
    """As in JSON."""
    external: Effect
    internal: Effect
    note: str = ""


def _both(name: str, effect: Effect, note: str = "") -> FieldRow:
    return FieldRow(name, effect, effect, note)


_YES, _BLOCK, _NONE, _REFUSES = Effect.HONOURED, Effect.BLOCK, Effect.NONE, Effect.REFUSES
_NO_CACHE = "nothing is cached: every request goes to an endpoint"
_NO_INTERNAL_CACHE = "GKE has Cloud CDN for class gce only"
_NO_IAP = "until identities are checked, nobody gets through"


def _cdn(*names: str) -> tuple[FieldRow, ...]:
    return tuple(_both(name, _NONE, _NO_CACHE) for name in names)


FIELDS: Mapping[type[msgspec.Struct], tuple[FieldRow, ...]] = {
    backend.BackendConfigSpec: (
        _both("timeoutSec", _YES, "seconds for a request and its answer; 30 by default"),
        _both("connectionDraining", _BLOCK),
        _both("sessionAffinity", _BLOCK),
        FieldRow(
            "customRequestHeaders",
            _BLOCK,
            _NONE,
            "GKE sets custom headers for class gce only",
        ),
        FieldRow(
            "customResponseHeaders",
            _BLOCK,
            _NONE,
            "GKE sets custom headers for class gce only",
        ),
        _both("healthCheck", _BLOCK),
        _both("logging", _BLOCK),
        _both("iap", _BLOCK),
        FieldRow("cdn", _BLOCK, _NONE, _NO_INTERNAL_CACHE),
        FieldRow(
            "securityPolicy",
            _BLOCK,
            Effect.INVALID,
            "GKE has Cloud Armor for external Ingresses of class gce only",
        ),
    ),
    backend.DrainingConfig: (
        _both(
            "drainingTimeoutSec",
            _YES,
            f"0 to {MOST_DRAINING} seconds; 0 by default. Requests under way are finished even "
            "after it",
        ),
    ),
    backend.SessionAffinityConfig: (
        _both("affinityType", _YES, ", ".join(AFFINITIES)),
        _both("affinityCookieTtlSec", _YES, f"0 to {MOST_COOKIE_TTL}; 0 is a session cookie"),
    ),
    backend.CustomHeadersConfig: (
        FieldRow("headers", _YES, _NONE, "`Name: value`, with variables in braces"),
    ),
    backend.HealthCheckConfig: (
        _both("checkIntervalSec", _YES, "seconds"),
        _both("timeoutSec", _YES, "seconds; at most the interval"),
        _both("healthyThreshold", _YES),
        _both("unhealthyThreshold", _YES),
        _both("type", _YES, ", ".join(HEALTH_CHECK_TYPES)),
        _both("port", _YES, "probed in place of the port that serves"),
        _both("requestPath", _YES),
    ),
    backend.LogConfig: (
        _both("enable", _YES, "false by default; without `logging` everything is logged"),
        _both("sampleRate", _YES, "0.0 to 1.0; 1.0 by default"),
    ),
    backend.IapConfig: (
        _both("enabled", _REFUSES, _NO_IAP),
        _both("oauthclientCredentials", _NONE, _NO_IAP),
    ),
    backend.OAuthClientCredentials: (
        _both("secretName", _NONE, _NO_IAP),
        _both("clientID", _NONE, _NO_IAP),
        _both("clientSecret", _NONE, _NO_IAP),
    ),
    backend.CdnConfig: _cdn(
        "enabled",
        "cachePolicy",
        "cacheMode",
        "clientTtl",
        "defaultTtl",
        "maxTtl",
        "negativeCaching",
        "negativeCachingPolicy",
        "requestCoalescing",
        "serveWhileStale",
        "bypassCacheOnRequestHeaders",
        "signedUrlCacheMaxAgeSec",
        "signedUrlKeys",
    ),
    backend.CacheKeyPolicy: _cdn(
        "includeHost",
        "includeProtocol",
        "includeQueryString",
        "queryStringBlacklist",
        "queryStringWhitelist",
    ),
    backend.NegativeCachingPolicy: _cdn("code", "ttl"),
    backend.BypassCacheHeader: _cdn("headerName"),
    backend.SignedUrlKey: _cdn("keyName", "keyValue", "secretName"),
    backend.SecurityPolicyConfig: (
        FieldRow(
            "name",
            _YES,
            Effect.INVALID,
            "a `compute#securityPolicy`, or a policy of a PenstockConfig; without it requests are "
            "refused. Empty is none",
        ),
    ),
    frontend.FrontendConfigSpec: (
        FieldRow("sslPolicy", _YES, Effect.INVALID, "name of a `compute#sslPolicy`"),
        FieldRow("redirectToHttps", _BLOCK, Effect.INVALID),
    ),
    frontend.HttpsRedirectConfig: (
        FieldRow("enabled", _YES, Effect.INVALID),
        FieldRow(
            "responseCodeName",
            _YES,
            Effect.INVALID,
            ", ".join(f"{name} ({status})" for name, status in REDIRECT_CODES.items()),
        ),
    ),
    managed.ManagedCertificateSpec: (
        FieldRow(
            "domains",
            _YES,
            _NONE,
            "in local mode a certificate for them is generated",
        ),
    ),
}
"""By type, in the order of the documentation."""
