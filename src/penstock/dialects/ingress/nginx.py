"""The family ``nginx.ingress.kubernetes.io/``: every annotation that ingress-nginx knows or knew.

Names, kinds and scopes are those of ingress-nginx 1.15, its last release.
Annotations of older releases are kept, because manifests still carry them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from penstock.dialects.ingress.annotations import Annotation, Family, Scope, ValueKind
from penstock.dialects.kubernetes.foreign_annotations import NGINX_PREFIX

REWRITE_TARGET: Final = "rewrite-target"
USE_REGEX: Final = "use-regex"
BACKEND_PROTOCOL: Final = "backend-protocol"
CANARY: Final = "canary"

_BOOL, _INT, _SIZE, _TEXT = ValueKind.BOOL, ValueKind.INTEGER, ValueKind.SIZE, ValueKind.TEXT
_PATHS, _HOSTS = Scope.LOCATION, Scope.HOST
_OFF: Final = frozenset({"false"})
_ON: Final = frozenset({"true", "True", "TRUE", "1", "t", "T"})

_OPEN: Final = "requests are not authenticated: guard the service by other means"
_UNRESTRICTED: Final = "clients are not restricted: guard the service by other means"
_NO_CLIENT_CERTS: Final = "client certificates are not asked for"
_NO_SNIPPETS: Final = "there is no nginx; snippets are never run"
_UNLIMITED: Final = "requests are not limited"
_RETRIED: Final = "connection failures are retried twice"
_SILENCE: Final = "a stream may be silent for 300 seconds; there is no other limit"
_NO_REDIRECT: Final = "plain HTTP is answered, not redirected"

_ROWS: Final = (
    Annotation("add-base-url", _BOOL, _PATHS, harmless=_OFF),
    Annotation("affinity", _TEXT, _HOSTS),
    Annotation("affinity-canary-behavior", _TEXT, _HOSTS),
    Annotation("affinity-mode", _TEXT, _HOSTS),
    Annotation("allowlist-source-range", _TEXT, _PATHS, instead=_UNRESTRICTED),
    Annotation("app-root", _TEXT, _HOSTS),
    Annotation("auth-always-set-cookie", _BOOL, _PATHS, harmless=_OFF),
    Annotation("auth-cache-duration", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-cache-key", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-keepalive", _INT, _PATHS),
    Annotation("auth-keepalive-requests", _INT, _PATHS),
    Annotation("auth-keepalive-share-vars", _BOOL, _PATHS, harmless=_OFF),
    Annotation("auth-keepalive-timeout", _INT, _PATHS),
    Annotation("auth-method", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-proxy-set-headers", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-realm", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-request-redirect", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-response-headers", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-secret", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-secret-type", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-signin", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-signin-redirect-param", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-snippet", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-tls-error-page", _TEXT, _PATHS, instead=_NO_CLIENT_CERTS),
    Annotation("auth-tls-match-cn", _TEXT, _PATHS, instead=_NO_CLIENT_CERTS),
    Annotation("auth-tls-pass-certificate-to-upstream", _BOOL, _PATHS, harmless=_OFF),
    Annotation("auth-tls-secret", _TEXT, _PATHS, instead=_NO_CLIENT_CERTS),
    Annotation("auth-tls-verify-client", _TEXT, _PATHS, instead=_NO_CLIENT_CERTS),
    Annotation("auth-tls-verify-depth", _INT, _PATHS),
    Annotation("auth-type", _TEXT, _PATHS, instead=_OPEN),
    Annotation("auth-url", _TEXT, _PATHS, instead=_OPEN),
    Annotation("backend-protocol", _TEXT, _PATHS, acts=True),
    Annotation("base-url-scheme", _TEXT, _PATHS),
    Annotation("canary", _BOOL, _HOSTS, acts=True),
    Annotation("canary-by-cookie", _TEXT, _HOSTS),
    Annotation("canary-by-header", _TEXT, _HOSTS),
    Annotation("canary-by-header-pattern", _TEXT, _HOSTS),
    Annotation("canary-by-header-value", _TEXT, _HOSTS),
    Annotation("canary-weight", _INT, _HOSTS),
    Annotation("canary-weight-total", _INT, _HOSTS),
    Annotation("client-body-buffer-size", _SIZE, _PATHS),
    Annotation("client-body-timeout", _INT, _PATHS),
    Annotation("configuration-snippet", _TEXT, _PATHS, instead=_NO_SNIPPETS),
    Annotation("connection-proxy-header", _TEXT, _PATHS),
    Annotation("cors-allow-credentials", _BOOL, _HOSTS),
    Annotation("cors-allow-headers", _TEXT, _HOSTS),
    Annotation("cors-allow-methods", _TEXT, _HOSTS),
    Annotation("cors-allow-origin", _TEXT, _HOSTS),
    Annotation("cors-expose-headers", _TEXT, _HOSTS),
    Annotation("cors-max-age", _INT, _HOSTS),
    Annotation("custom-headers", _TEXT, _PATHS),
    Annotation("custom-http-errors", _TEXT, _PATHS),
    Annotation("default-backend", _TEXT, _PATHS, instead="set spec.defaultBackend"),
    Annotation("denylist-source-range", _TEXT, _PATHS, instead=_UNRESTRICTED),
    Annotation("disable-proxy-intercept-errors", _BOOL, _PATHS, harmless=_ON),
    Annotation("enable-access-log", _BOOL, _PATHS, harmless=_ON),
    Annotation("enable-cors", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("enable-global-auth", _BOOL, _PATHS, harmless=_OFF),
    Annotation("enable-influxdb", _BOOL, _PATHS, harmless=_OFF),
    Annotation("enable-modsecurity", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("enable-opentelemetry", _BOOL, _PATHS, harmless=_OFF),
    Annotation("enable-opentracing", _BOOL, _PATHS, harmless=_OFF),
    Annotation("enable-owasp-core-rules", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("enable-rewrite-log", _BOOL, _PATHS, harmless=_OFF),
    Annotation("fastcgi-index", _TEXT, _PATHS),
    Annotation("fastcgi-params-configmap", _TEXT, _PATHS),
    Annotation("force-ssl-redirect", _BOOL, _PATHS, harmless=_OFF, instead=_NO_REDIRECT),
    Annotation("from-to-www-redirect", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("global-rate-limit", _INT, _HOSTS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("global-rate-limit-ignored-cidrs", _TEXT, _HOSTS),
    Annotation("global-rate-limit-key", _TEXT, _HOSTS),
    Annotation("global-rate-limit-window", _TEXT, _HOSTS),
    Annotation("grpc-backend", _BOOL, _PATHS, harmless=_OFF, instead="use backend-protocol: GRPC"),
    Annotation(
        "http2-push-preload",
        _BOOL,
        _PATHS,
        harmless=_OFF,
        instead="browsers have dropped HTTP/2 push",
    ),
    Annotation("influxdb-host", _TEXT, _PATHS),
    Annotation("influxdb-measurement", _TEXT, _PATHS),
    Annotation("influxdb-port", _TEXT, _PATHS),
    Annotation("influxdb-server-name", _TEXT, _PATHS),
    Annotation("limit-allowlist", _TEXT, _PATHS),
    Annotation("limit-burst-multiplier", _INT, _PATHS, instead=_UNLIMITED),
    Annotation("limit-connections", _INT, _PATHS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("limit-rate", _INT, _PATHS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("limit-rate-after", _INT, _PATHS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("limit-rpm", _INT, _PATHS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("limit-rps", _INT, _PATHS, harmless=frozenset({"0"}), instead=_UNLIMITED),
    Annotation("limit-whitelist", _TEXT, _PATHS),
    Annotation("load-balance", _TEXT, _PATHS, harmless=frozenset({"round_robin"})),
    Annotation("mirror-host", _TEXT, _HOSTS),
    Annotation("mirror-request-body", _TEXT, _HOSTS),
    Annotation("mirror-target", _TEXT, _HOSTS),
    Annotation("modsecurity-snippet", _TEXT, _HOSTS, instead=_NO_SNIPPETS),
    Annotation("modsecurity-transaction-id", _TEXT, _HOSTS),
    Annotation("opentelemetry-operation-name", _TEXT, _PATHS),
    Annotation("opentelemetry-trust-incoming-span", _BOOL, _PATHS),
    Annotation("opentracing-trust-incoming-span", _BOOL, _PATHS),
    Annotation("permanent-redirect", _TEXT, _PATHS),
    Annotation("permanent-redirect-code", _INT, _PATHS),
    Annotation("preserve-trailing-slash", _BOOL, _PATHS, harmless=_ON),
    Annotation(
        "proxy-body-size",
        _SIZE,
        _PATHS,
        harmless=frozenset({"0"}),
        instead="request bodies are not limited",
    ),
    Annotation("proxy-buffer-size", _SIZE, _PATHS),
    Annotation(
        "proxy-buffering",
        _TEXT,
        _PATHS,
        harmless=frozenset({"off"}),
        instead="responses are streamed",
    ),
    Annotation("proxy-buffers-number", _INT, _PATHS),
    Annotation("proxy-busy-buffers-size", _SIZE, _PATHS),
    Annotation(
        "proxy-connect-timeout",
        _INT,
        _PATHS,
        harmless=frozenset({"5"}),
        instead="connection attempts are given up after 5 seconds",
    ),
    Annotation("proxy-cookie-domain", _TEXT, _PATHS, harmless=frozenset({"off"})),
    Annotation("proxy-cookie-path", _TEXT, _PATHS, harmless=frozenset({"off"})),
    Annotation("proxy-http-version", _TEXT, _PATHS, harmless=frozenset({"1.1"})),
    Annotation("proxy-max-temp-file-size", _SIZE, _PATHS),
    Annotation("proxy-next-upstream", _TEXT, _PATHS, instead=_RETRIED),
    Annotation("proxy-next-upstream-timeout", _INT, _PATHS, harmless=frozenset({"0"})),
    Annotation(
        "proxy-next-upstream-tries", _INT, _PATHS, harmless=frozenset({"3"}), instead=_RETRIED
    ),
    Annotation("proxy-read-timeout", _INT, _PATHS, instead=_SILENCE),
    Annotation("proxy-redirect-from", _TEXT, _PATHS, harmless=frozenset({"off"})),
    Annotation("proxy-redirect-to", _TEXT, _PATHS),
    Annotation(
        "proxy-request-buffering",
        _TEXT,
        _PATHS,
        harmless=frozenset({"off"}),
        instead="requests are streamed",
    ),
    Annotation("proxy-send-timeout", _INT, _PATHS, instead=_SILENCE),
    Annotation("proxy-ssl-ciphers", _TEXT, _HOSTS),
    Annotation("proxy-ssl-name", _TEXT, _HOSTS),
    Annotation("proxy-ssl-protocols", _TEXT, _HOSTS),
    Annotation("proxy-ssl-secret", _TEXT, _HOSTS),
    Annotation("proxy-ssl-server-name", _TEXT, _HOSTS, harmless=frozenset({"off"})),
    Annotation(
        "proxy-ssl-verify",
        _TEXT,
        _HOSTS,
        harmless=frozenset({"off"}),
        instead="the backends' certificates are not verified",
    ),
    Annotation("proxy-ssl-verify-depth", _INT, _HOSTS),
    Annotation("relative-redirects", _BOOL, _PATHS, harmless=_OFF),
    Annotation("rewrite-target", _TEXT, _HOSTS, acts=True),
    Annotation("satisfy", _TEXT, _PATHS, harmless=frozenset({"all"})),
    Annotation(
        "secure-backends", _BOOL, _PATHS, harmless=_OFF, instead="use backend-protocol: HTTPS"
    ),
    Annotation("server-alias", _TEXT, _HOSTS, instead="add a rule for each further host"),
    Annotation("server-snippet", _TEXT, _HOSTS, instead=_NO_SNIPPETS),
    Annotation(
        "service-upstream",
        _BOOL,
        _HOSTS,
        harmless=_OFF,
        instead="requests go to endpoints, not to the cluster IP",
    ),
    Annotation("session-cookie-change-on-failure", _BOOL, _HOSTS),
    Annotation("session-cookie-conditional-samesite-none", _BOOL, _HOSTS),
    Annotation("session-cookie-domain", _TEXT, _HOSTS),
    Annotation("session-cookie-expires", _INT, _HOSTS),
    Annotation("session-cookie-hash", _TEXT, _HOSTS),
    Annotation("session-cookie-max-age", _INT, _HOSTS),
    Annotation("session-cookie-name", _TEXT, _HOSTS),
    Annotation("session-cookie-partitioned", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("session-cookie-path", _TEXT, _HOSTS),
    Annotation("session-cookie-samesite", _TEXT, _HOSTS),
    Annotation("session-cookie-secure", _BOOL, _HOSTS),
    Annotation("ssl-ciphers", _TEXT, _HOSTS, instead="TLS 1.2 and later with current ciphers"),
    Annotation("ssl-passthrough", _BOOL, _HOSTS, harmless=_OFF),
    Annotation("ssl-prefer-server-ciphers", _BOOL, _HOSTS),
    Annotation("ssl-redirect", _BOOL, _PATHS, harmless=_OFF, instead=_NO_REDIRECT),
    Annotation("stream-snippet", _TEXT, _HOSTS, instead=_NO_SNIPPETS),
    Annotation("temporal-redirect", _TEXT, _PATHS),
    Annotation("temporal-redirect-code", _INT, _PATHS),
    Annotation("upstream-hash-by", _TEXT, _PATHS),
    Annotation("upstream-hash-by-subset", _BOOL, _PATHS, harmless=_OFF),
    Annotation("upstream-hash-by-subset-size", _INT, _PATHS),
    Annotation("upstream-vhost", _TEXT, _PATHS, instead="the client's Host header is passed on"),
    Annotation("use-port-in-redirects", _BOOL, _PATHS, harmless=_OFF),
    Annotation("use-regex", _BOOL, _PATHS, acts=True),
    Annotation("whitelist-source-range", _TEXT, _PATHS, instead=_UNRESTRICTED),
    Annotation("x-forwarded-prefix", _TEXT, _PATHS),
)

NGINX: Final = Family(NGINX_PREFIX, MappingProxyType({row.name: row for row in _ROWS}))
