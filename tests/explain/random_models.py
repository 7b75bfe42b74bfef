"""Random URL maps with all that the model can say, and requests that come near their rules."""

from __future__ import annotations

import random
from typing import Any

from explain_lab import CLIENT

from penstock.explain import Request
from penstock.model import (
    NO_EDITS,
    Action,
    BackendServiceName,
    CorsPolicy,
    FaultInjection,
    FixedResponse,
    Forward,
    ForwardedFor,
    HeaderEdit,
    HeaderEdits,
    HeaderMatch,
    HostKind,
    HostPattern,
    HostRule,
    Mirror,
    Origin,
    PathKind,
    PathMatch,
    PathRewrite,
    PrefixRewrite,
    QueryMatch,
    Redirect,
    Rewrite,
    RouteMatch,
    RouteRule,
    Setting,
    TemplateRewrite,
    UrlMap,
    UrlMapName,
    ValueKind,
    Variable,
    WeightedBackend,
)

HERE = Origin("UrlMap web")
BACKENDS = ("one", "two", "three")
PATHS = ("/", "/a", "/a/", "/a/b", "/A/b", "/ab", "/a/b/c", "/a.b/c-d", "/x%20y", "/a/b~c", "/b")
TEMPLATES = (
    "/a/*",
    "/a/**",
    "/{v}/b",
    "/{v=*}/{w=**}",
    "/a/{v=*/c}",
    "/*/b/{v}",
    "/{v=a/*}/c",
    "/**",
    "/a/*.d",
    "/a/{v}/",
)
REWRITES = ("/t/{v}", "/{v}/{v}x", "/fixed", "/{w}/{v}", "/p-{v}/")
REGEXES = ("/a.*", "/[ab]+", "/(.+)/b", "/", "/a/\\w+", "/.*c")
HEADERS = ("x-a", "x-b", "accept", "x-forwarded-proto", "x-request-id")
VALUES = (
    "a",
    "ab",
    "b",
    "A",
    "7",
    "-3",
    "+7",
    "07",
    "0.25",
    "3x",
    "",
    "a,b",
    "9223372036854775807",
)
QUERIES = ("q", "r", "q%20", "Q")
QUERY_VALUES = ("1", "", "a b", "a%20b", "%61", "a+b", "1=2")
ORIGINS = ("https://ok.test", "https://sub.ok.test", "http://no.test")
EDITED = ("x-a", "x-new", "X-Mixed", "accept", "x-other")


class Maker:
    """Draws from one source of randomness."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.pick = self._random.choice

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def some(self, pool: tuple[Any, ...], most: int) -> tuple[Any, ...]:
        return tuple(self.pick(pool) for _ in range(self._random.randint(0, most)))

    def url_map(self, name: str) -> UrlMap:
        patterns = {self.pattern() for _ in range(self._random.randint(1, 4))}
        return UrlMap(
            name=UrlMapName(name),
            host_rules=tuple(self.host_rule(pattern) for pattern in sorted(patterns)),
            default_action=self.action(PathMatch(PathKind.PREFIX, "/")),
            default_origin=HERE,
            headers=self.edits(),
            forwarded_for=self.pick(tuple(ForwardedFor)),
        )

    def pattern(self) -> HostPattern:
        port = 8080 if self.chance(0.25) else 0
        if self.chance(0.3):
            return HostPattern(HostKind.ANY, "", port)
        if self.chance(0.5):
            suffix = self.pick((".test", ".a.test", "-b.test", ".b.a.test", "-b.a.test"))
            return HostPattern(HostKind.SUFFIX, suffix, port)
        return HostPattern(HostKind.EXACT, self.pick(("a.test", "b.a.test", "c-b.test")), port)

    def host_rule(self, pattern: HostPattern) -> HostRule:
        routes = tuple(self.route(f"{pattern} {i}") for i in range(self._random.randint(1, 5)))
        return HostRule(pattern, routes, self.edits())

    def route(self, name: str) -> RouteRule:
        path = self.path()
        match = RouteMatch(
            path,
            self.some(tuple(self.header_match() for _ in range(3)), 2) if self.chance(0.5) else (),
            self.some(tuple(self.query_match() for _ in range(3)), 2) if self.chance(0.3) else (),
        )
        return RouteRule(name, match, self.action(path), HERE, self.edits())

    def path(self) -> PathMatch:
        kind = self.pick(tuple(PathKind))
        if kind is PathKind.REGEX:
            return PathMatch(kind, self.pick(REGEXES), self.chance(0.2))
        if kind is PathKind.TEMPLATE:
            return PathMatch(kind, self.pick(TEMPLATES))
        value = self.pick(PATHS)
        if kind is PathKind.PREFIX and value != "/":
            value = value.rstrip("/")
        return PathMatch(kind, value, self.chance(0.2))

    def header_match(self) -> HeaderMatch:
        name = self.pick((*HEADERS, "x-a", "x-b", ":method", ":authority", "PORT"))
        kind = self.pick(tuple(ValueKind))
        invert = self.chance(0.25)
        if kind is ValueKind.PRESENT:
            return HeaderMatch(name, kind, invert=invert)
        if kind is ValueKind.RANGE:
            start, end = self.pick(((-5, 0), (0, 10), (7, 8), (8000, 9000), (2**62, 2**63 - 1)))
            return HeaderMatch(name, kind, start=start, end=end, invert=invert)
        if kind is ValueKind.REGEX:
            value = self.pick(("a.*", "[0-9]+", ".*", "a?", "GET|POST", "8080|81"))
        else:
            value = self.pick(("a", "b", "7", "GET", "http", "a.test", "8080", "80"))
        return HeaderMatch(name, kind, value, invert=invert)

    def query_match(self) -> QueryMatch:
        kind = self.pick((ValueKind.EXACT, ValueKind.REGEX, ValueKind.PRESENT))
        value = "" if kind is ValueKind.PRESENT else self.pick(("1", "a b", "a%20b", "a", "a\\+b"))
        return QueryMatch(self.pick(QUERIES), kind, value)

    def action(self, path: PathMatch) -> Action:
        if self.chance(0.2):
            return self.redirect()
        if self.chance(0.08):
            return FixedResponse(self.pick((200, 404, 503)), "made up\n")
        return self.forward(path)

    def redirect(self) -> Redirect:
        shape = self._random.random()
        return Redirect(
            status=self.pick((301, 302, 303, 307, 308)),
            https=self.chance(0.4),
            host=self.pick(("", "", "new.test", "new.test:81")),
            path=self.pick(("/new", "/new?own=1", "/")) if shape < 0.3 else "",
            prefix=self.pick(("/p", "/p/", "/")) if shape > 0.6 else "",
            strip_query=self.chance(0.3),
        )

    def forward(self, path: PathMatch) -> Forward:
        names = self._random.sample(BACKENDS, self._random.randint(1, 2))
        rewrite = self.rewrite(path) if self.chance(0.4) else None
        weights = (self.pick((1, 3)), self.pick((0, 1, 2)))
        return Forward(
            backends=tuple(
                WeightedBackend(BackendServiceName(name), weight, self.edits())
                for name, weight in zip(names, weights, strict=False)
            ),
            timeout=Setting(self.pick((0.0, 30.0)), HERE),
            idle_timeout=Setting(300.0, HERE),
            rewrite=Setting(rewrite, HERE) if rewrite else None,
            host_rewrite=Setting("inner.test", HERE) if self.chance(0.2) else None,
            max_duration=Setting(60.0, HERE) if self.chance(0.2) else None,
            mirror=Setting(Mirror(BackendServiceName("one"), 100.0), HERE)
            if self.chance(0.05)
            else None,
            cors=Setting(self.cors(), HERE) if self.chance(0.25) else None,
            fault=Setting(self.fault(), HERE) if self.chance(0.08) else None,
        )

    def rewrite(self, path: PathMatch) -> Rewrite:
        if path.kind is PathKind.TEMPLATE and self.chance(0.7):
            fitting = [
                text
                for text in REWRITES
                if all(f"{{{v}" in path.value for v in "vw" if f"{{{v}}}" in text)
            ]
            return TemplateRewrite(self.pick(tuple(fitting)))
        if self.chance(0.3):
            return PathRewrite("/(a)(.*)", r"/\2-\1")
        return PrefixRewrite(self.pick(("/", "/p", "/p/", "/q")))

    def cors(self) -> CorsPolicy:
        return CorsPolicy(
            allow_origins=self.pick((("https://ok.test",), ("*",), ())),
            allow_origin_regexes=self.pick(((), (r"https://.*\.ok\.test",))),
            allow_methods=self.pick(((), ("GET", "PUT"))),
            allow_headers=self.pick(((), ("x-a",), ("x-a", "x-b"))),
            expose_headers=self.pick(((), ("x-back",))),
            max_age=self.pick((None, 0, 600)),
            allow_credentials=self.chance(0.5),
        )

    def fault(self) -> FaultInjection:
        return FaultInjection(
            abort_status=self.pick((None, 503, 418)),
            abort_percent=self.pick((0.0, 100.0)),
            delay=0.001,
            delay_percent=self.pick((0.0, 100.0)),
        )

    def edits(self) -> HeaderEdits:
        if self.chance(0.7):
            return NO_EDITS
        return HeaderEdits(
            request_add=tuple(self.edit() for _ in range(self._random.randint(0, 2))),
            request_remove=self.some(EDITED, 1),
            response_add=tuple(self.edit() for _ in range(self._random.randint(0, 2))),
            response_remove=self.some((*EDITED, "x-back"), 1),
        )

    def edit(self) -> HeaderEdit:
        value = self.pick(
            (
                ("v1",),
                ("100%",),
                ("",),
                ("from ", Variable.CLIENT_IP_ADDRESS),
                (Variable.SERVER_IP_ADDRESS, ":", Variable.SERVER_PORT),
                (Variable.CLIENT_ENCRYPTED, "/", Variable.CLIENT_PROTOCOL),
                (Variable.TLS_VERSION,),
                (Variable.CLIENT_CERT_PRESENT, "x"),
                (Variable.CLIENT_CERT_CHAIN_VERIFIED, "/", Variable.CLIENT_CERT_ERROR),
                (Variable.CLIENT_CERT_SHA256_FINGERPRINT, Variable.CLIENT_CERT_SPIFFE_ID),
            )
        )
        return HeaderEdit(self.pick(EDITED), value, self.chance(0.5), HERE)

    def request(self, number: int) -> Request:
        query = "&".join(
            self.pick(QUERIES) + (f"={self.pick(QUERY_VALUES)}" if self.chance(0.8) else "")
            for _ in range(self._random.randint(0, 3))
        ).replace(" ", "%20")
        names = {self.pick(HEADERS[:3]): self.pick(VALUES) for _ in range(2)}
        headers = list(names.items())
        if self.chance(0.25):
            headers.append((self.pick(("x-a", "x-b", "accept")), self.pick(VALUES)))
        if self.chance(0.3):
            headers.append(("Origin", self.pick(ORIGINS)))
        if self.chance(0.3):
            headers.append(("Access-Control-Request-Method", "PUT"))
        if self.chance(0.2):
            headers.append(("X-Forwarded-For", "192.0.2.1"))
        return Request(
            target=self.target() + (f"?{query}" if query else self.pick(("", "", "?"))),
            host=self.pick(
                ("a.test", "b.a.test", "c.b.a.test", "c-b.test", "x-b.a.test", "other", "A.Test")
            )
            + self.pick(("", "", "", ":8080", ":80", ":8000", ":443", ".:8080")),
            method=self.pick(("GET", "GET", "GET", "POST", "OPTIONS")),
            headers=(*headers, ("X-Request-Id", f"case-{number}")),
            client=CLIENT,
        )

    def target(self) -> str:
        if self.chance(0.6):
            return self.pick(PATHS)
        parts = self.some(("a", "b", "c", "A", "c.d", "x%20y", "a~b", "a;b=1", "e:f", "é"), 4)
        return "/" + "/".join(parts).replace("é", "%C3%A9") + self.pick(("", "", "/"))
