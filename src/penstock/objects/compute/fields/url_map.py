"""URL maps: hosts, paths and conditions."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
    DESCRIPTIVE,
    HONOURED,
    NOT_INTERNAL,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.url_map import (
    HostRule,
    HttpHeaderMatch,
    HttpQueryParameterMatch,
    HttpRouteRule,
    HttpRouteRuleMatch,
    Int64RangeMatch,
    PathMatcher,
    PathRule,
    UrlMap,
    UrlMapTest,
    UrlMapTestHeader,
)

TABLE: Table = {
    UrlMap: (
        row("defaultCustomErrorResponsePolicy", NOT_INTERNAL, "for external load balancers only"),
        row("defaultRouteAction", HONOURED),
        row("defaultService", HONOURED),
        row("defaultUrlRedirect", HONOURED),
        row("headerAction", HONOURED),
        row("hostRules", HONOURED),
        row("pathMatchers", HONOURED),
        row("status", OUTPUT),
        row("tests", HONOURED, "run by `penstock check`"),
    ),
    HostRule: (
        row("description", DESCRIPTIVE, "for people"),
        row("hosts", HONOURED, "names with or without a port; `*` in front"),
        row("pathMatcher", HONOURED),
    ),
    PathMatcher: (
        row("defaultCustomErrorResponsePolicy", NOT_INTERNAL, "for external load balancers only"),
        row("defaultRouteAction", HONOURED),
        row("defaultService", HONOURED),
        row("defaultUrlRedirect", HONOURED),
        row("description", DESCRIPTIVE, "for people"),
        row("headerAction", HONOURED),
        row("name", HONOURED),
        row("pathRules", HONOURED),
        row("routeRules", HONOURED),
    ),
    PathRule: (
        row("customErrorResponsePolicy", NOT_INTERNAL, "for external load balancers only"),
        row("paths", HONOURED, "the longest first"),
        row("routeAction", HONOURED),
        row("service", HONOURED),
        row("urlRedirect", HONOURED),
    ),
    HttpRouteRule: (
        row("customErrorResponsePolicy", NOT_INTERNAL, "for external load balancers only"),
        row("description", DESCRIPTIVE, "for people"),
        row("headerAction", HONOURED),
        row("matchRules", HONOURED),
        row("priority", HONOURED, "the lowest first"),
        row("routeAction", HONOURED),
        row("service", HONOURED),
        row("urlRedirect", HONOURED),
    ),
    HttpRouteRuleMatch: (
        row("fullPathMatch", HONOURED),
        row("headerMatches", HONOURED),
        row("ignoreCase", HONOURED),
        row(
            "metadataFilters",
            CHECKED,
            "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only; a rule that has them is left out",
        ),
        row("pathTemplateMatch", HONOURED),
        row("prefixMatch", HONOURED),
        row("queryParameterMatches", HONOURED),
        row("regexMatch", HONOURED),
    ),
    HttpHeaderMatch: (
        row("exactMatch", HONOURED),
        row("headerName", HONOURED, "`:method`, `:authority` and `PORT` as in the API"),
        row("invertMatch", HONOURED),
        row("prefixMatch", HONOURED),
        row("presentMatch", HONOURED),
        row("rangeMatch", HONOURED),
        row("regexMatch", HONOURED),
        row("suffixMatch", HONOURED),
    ),
    Int64RangeMatch: (
        row("rangeEnd", HONOURED),
        row("rangeStart", HONOURED),
    ),
    HttpQueryParameterMatch: (
        row("exactMatch", HONOURED),
        row("name", HONOURED),
        row(
            "presentMatch",
            CHECKED,
            "the parameter has to be there, as always where no value is asked for",
        ),
        row("regexMatch", HONOURED),
    ),
    UrlMapTest: (
        row("description", DESCRIPTIVE, "for people"),
        row("expectedOutputUrl", HONOURED),
        row("expectedRedirectResponseCode", HONOURED),
        row("headers", HONOURED),
        row("host", HONOURED),
        row("path", HONOURED),
        row("service", HONOURED),
    ),
    UrlMapTestHeader: (
        row("name", HONOURED),
        row("value", HONOURED),
    ),
}
