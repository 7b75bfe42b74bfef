"""Models for golden files: small, and together one of everything."""

from compile_lab import path_rule, ported, suffix_host
from compile_models import (
    BackendProtocol,
    CertificateName,
    Endpoint,
    FixedResponse,
    NegKind,
    Origin,
    PathKind,
    forward,
    host,
    http_proxy,
    https_proxy,
    load_balancer,
    model,
    neg,
    retries,
    route,
    rule,
    service,
    setting,
    url_map,
)
from msgspec.structs import replace
from policies_lab import GROUP, backend

from penstock.envoy.compile import CompileOptions, SocketAddress
from penstock.model import (
    HOST_PORT,
    BackendTls,
    Certificate,
    CircuitBreakers,
    ClientIpAffinity,
    ClientTls,
    ClientValidation,
    CookieAffinity,
    CorsPolicy,
    FaultInjection,
    ForwardedFor,
    HeaderAffinity,
    HeaderEdit,
    HeaderEdits,
    HeaderMatch,
    LocalityPolicyKind,
    Mirror,
    OutlierDetection,
    PrivateBytes,
    QueryMatch,
    Redirect,
    RequestLogging,
    RetryPolicy,
    SslPolicy,
    StrongCookieAffinity,
    TemplateRewrite,
    TlsVersion,
    ValueKind,
    Variable,
)

ORIGIN = Origin("UrlMap web", ("headerAction",))

BINDINGS = {
    rule("http"): SocketAddress("127.23.0.1", 80),
    rule("https"): SocketAddress("127.23.0.1", 443),
}
OPTIONS = CompileOptions(access_log="stdout", proxy_source="127.30.0.1")

ANCHOR = """\
-----BEGIN CERTIFICATE-----
MIIBJDCBzKADAgECAgEHMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBmFuY2hvcjAg
Fw0yNjAxMDEwMDAwMDBaGA8yMTI2MDEwMTAwMDAwMFowETEPMA0GA1UEAwwGYW5j
aG9yMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1a+05t5XF/KJ8Gve8idYs31N
U4C3eo76pYJ34tzR+frc/uULDvwH+6QPVSl5FRxknHkbVGZmHqxcJ0XGOmLp8qMT
MBEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBmLSK5iALtl/xI
BNyKtNYtH100YyBcfWIb/XhcdS3wcAIgH6X1MVqT3ErngQkIYmYxZAodlyvRmZQP
2BDhWP7zimo=
-----END CERTIFICATE-----
"""


def paper(name):
    """A certificate that nothing parses."""
    return Certificate(
        name=CertificateName(name),
        chain=b"chain of " + name.encode(),
        key=PrivateBytes(b"key of " + name.encode()),
        dns_names=(),
        key_type="rsa",
        not_after="2030-01-01T00:00:00Z",
        origin=Origin(f"Secret {name}"),
    )


def _plain():
    return model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(host("shop.test", route("/", "shop")))],
        services=[service("shop")],
        negs=[neg("shop", ("127.20.0.1", 8080), ("127.20.0.2", 8080))],
    )


def _routes():
    rewrite = forward("a", rewrite=(r"/x/(.*)", r"/\1"), timeout=0.0, retry=retries(3))
    return model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[
            url_map(
                host("*", route("/any", "a")),
                host(
                    "shop.test",
                    route("/exact", "a", kind=PathKind.EXACT),
                    route("/Prefix", "a", ignore_case=True),
                    route(r"/x/(.*)", rewrite, kind=PathKind.REGEX, ignore_case=True),
                    route("/split", forward("a", "b", "c", weights=[3, 1, 0])),
                    route("/broken", FixedResponse(503)),
                ),
                host("*.shop.test", route("/", "b")),
                default=forward("c"),
            )
        ],
        services=[service(name) for name in "abc"],
        negs=[neg(name) for name in "abc"],
    )


def _backends():
    zoned = (
        Endpoint("10.0.0.2", 8080, zone="b"),
        Endpoint("10.0.0.1", 8080, zone="a"),
        Endpoint("10.0.0.3", 8080, zone="a", ready=False),
        Endpoint("fd00::1", 8080, zone="a"),
    )
    return model(
        services=[
            service("grpc", protocol=BackendProtocol.H2C),
            service("https", protocol=BackendProtocol.HTTPS, connect_timeout=0.25),
            service("http2", protocol=BackendProtocol.HTTP2, negs=["grpc", "https"]),
            service("named"),
        ],
        negs=[
            neg("grpc", *zoned),
            neg("https", ("127.20.0.1", 8443)),
            neg("named", ("api.example.test", 80), kind=NegKind.FQDN_PORT),
        ],
    )


def _policies():
    """Every policy and affinity, limits and logging; the strong cookie is the route's."""
    return model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[
            url_map(
                host("a.test", route("/", forward("strong", "ring", weights=[3, 1]))),
                host("b.test", route("/", "silent")),
                default=forward("some"),
            )
        ],
        services=[
            backend("maglev", LocalityPolicyKind.MAGLEV, ClientIpAffinity()),
            backend("ring", LocalityPolicyKind.RING_HASH, HeaderAffinity("x-user"), ring=4096),
            backend("cookie", LocalityPolicyKind.MAGLEV, CookieAffinity("GCILB", "/", 60.0)),
            backend("strong", LocalityPolicyKind.RANDOM, StrongCookieAffinity("seat", "/", 60.0)),
            backend(
                "least",
                LocalityPolicyKind.LEAST_REQUEST,
                circuit_breakers=CircuitBreakers(
                    max_requests=setting(10),
                    max_requests_per_connection=setting(5),
                    max_retries=setting(1),
                ),
                outlier_detection=setting(
                    OutlierDetection(5, 1.0, 30.0, 50, 0, 3, 100, 100, 5, 100, 1900)
                ),
            ),
            backend("reported", LocalityPolicyKind.WEIGHTED_ROUND_ROBIN, metrics=("queue",)),
            backend("silent", logging=setting(RequestLogging(enable=False))),
            backend(
                "some",
                logging=setting(
                    RequestLogging(True, 0.25, ("tls.cipher",), ("x-user",), ("etag",))
                ),
            ),
        ],
        negs=[neg(GROUP, ("127.20.0.1", 8080))],
    )


def _tls():
    https = https_proxy(
        (("*.shop.test", "shop.test"), ("ns/rsa", "ns/ec")),
        (("pay.test",), ("ns/pay",)),
        default=("ns/default",),
    )
    return model(
        balancers=[load_balancer(http_proxy(), https)],
        url_maps=[url_map()],
        certificates=[paper(f"ns/{name}") for name in ("default", "ec", "pay", "rsa", "unused")],
    )


def _actions():
    """What a Compute URL map may ask of routes."""
    edits = HeaderEdits(
        request_add=(
            HeaderEdit("x-client", ("<", Variable.CLIENT_IP_ADDRESS, "> 100%"), False, ORIGIN),
        ),
        request_remove=("x-old",),
        response_add=(HeaderEdit("x-new", ("1",), True, ORIGIN),),
        response_remove=("x-secret",),
    )
    return model(
        url_maps=[
            replace(
                url_map(
                    replace(host("a.test", *_edited(edits)), headers=edits),
                    ported("a.test", 8080, path_rule("/", "a")),
                    suffix_host("-b.test", path_rule("/t", "a", kind=PathKind.TEXT_PREFIX)),
                    default=Redirect(301, https=True),
                ),
                headers=edits,
                forwarded_for=ForwardedFor.CLIENT_AND_VIP,
            )
        ],
        services=[service(name) for name in "ab"],
        negs=[neg(name) for name in "ab"],
    )


def _edited(edits):
    action = forward("a", "b", retry=RetryPolicy(("5xx",), 2, 1.5, ("GET",)))
    first, second = action.backends
    settings = {
        "rewrite": TemplateRewrite("/{rest}"),
        "host_rewrite": "b.test",
        "max_duration": 30.0,
        "mirror": Mirror("b", 12.5),
        "cors": CorsPolicy(("https://a.test",), (r"https://.*\.test",), ("GET",), max_age=60),
        "fault": FaultInjection(503, 1.0, 2.5, 0.5),
    }
    full = replace(
        action,
        backends=(replace(first, headers=edits), second),
        **{name: setting(value) for name, value in settings.items()},
    )
    yield path_rule("/x/{rest=**}", full, kind=PathKind.TEMPLATE, edits=edits)
    yield path_rule("/old", Redirect(308, prefix="/new", strip_query=True))
    tests = (
        HeaderMatch("x-a", ValueKind.RANGE, start=1, end=9),
        HeaderMatch("x-b", ValueKind.REGEX, "b*", invert=True),
        HeaderMatch(HOST_PORT, ValueKind.EXACT, "81"),
    )
    yield path_rule("/", "b", headers=tests, query=(QueryMatch("q", ValueKind.PRESENT),))


def _front():
    """What only some dialects say of target proxies and backend services."""
    client_tls = ClientTls(
        ClientValidation.ALLOW_INVALID_OR_MISSING, ANCHOR.encode(), allowlist=("ab" * 32,)
    )
    policy = SslPolicy(
        TlsVersion.TLS_1_0, cipher_suites=("ECDHE-RSA-AES128-SHA",), curves=("X25519",)
    )
    plain = replace(http_proxy(), via=setting("google"), cleartext_http2=False)
    secure = replace(
        https_proxy(default=("ns/default",)),
        ssl_policy=setting(policy),
        client_tls=setting(client_tls),
    )
    tls = BackendTls("api.test", ("api.test", "spiffe://a/b"), ANCHOR.encode(), TlsVersion.TLS_1_0)
    checked = replace(
        service("checked", protocol=BackendProtocol.HTTPS),
        idle_timeout=setting(600.0),
        tls=setting(tls),
        source=setting("127.30.0.7"),
    )
    return model(
        balancers=[load_balancer(plain, secure)],
        url_maps=[url_map()],
        services=[checked],
        negs=[neg("checked", ("127.20.0.1", 8443))],
        certificates=[paper("ns/default")],
    )


CASES = {
    "actions": _actions,
    "backends": _backends,
    "front": _front,
    "plain": _plain,
    "policies": _policies,
    "routes": _routes,
    "tls": _tls,
}
__all__ = ["BINDINGS", "CASES", "OPTIONS", "paper"]
