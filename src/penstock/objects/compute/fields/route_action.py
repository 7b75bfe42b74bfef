"""What URL maps do with requests."""

from __future__ import annotations

from penstock.objects.compute.fields.row import HONOURED, NOT_INTERNAL, Table, row
from penstock.objects.compute.route_action import (
    CorsPolicy,
    Duration,
    HttpFaultAbort,
    HttpFaultDelay,
    HttpFaultInjection,
    HttpHeaderAction,
    HttpHeaderOption,
    HttpRedirectAction,
    HttpRetryPolicy,
    HttpRouteAction,
    RegexRewrite,
    RequestMirrorPolicy,
    UrlRewrite,
    WeightedBackendService,
)

TABLE: Table = {
    HttpRouteAction: (
        row("cachePolicy", NOT_INTERNAL, "for external load balancers only"),
        row("corsPolicy", HONOURED),
        row("dynamicCompressionPolicy", NOT_INTERNAL, "for external load balancers only"),
        row("faultInjectionPolicy", HONOURED),
        row("imageOptimizationPolicy", NOT_INTERNAL, "for external load balancers only"),
        row(
            "maxStreamDuration", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("requestMirrorPolicy", HONOURED),
        row("retryPolicy", HONOURED),
        row("timeout", HONOURED, "all tries together"),
        row("urlRewrite", HONOURED),
        row("weightedBackendServices", HONOURED),
    ),
    WeightedBackendService: (
        row("backendService", HONOURED),
        row("headerAction", HONOURED),
        row("weight", HONOURED, "0 to 1000; the share is weight / sum of weights"),
    ),
    UrlRewrite: (
        row("hostRewrite", HONOURED),
        row("pathPrefixRewrite", HONOURED),
        row("pathTemplateRewrite", HONOURED),
        row("regexRewrite", HONOURED),
    ),
    RegexRewrite: (
        row("pathPattern", HONOURED),
        row("pathSubstitution", HONOURED),
    ),
    HttpRetryPolicy: (
        row("numRetries", HONOURED, "1 if not written"),
        row("perTryTimeout", HONOURED),
        row("retryConditions", HONOURED),
    ),
    Duration: (
        row("nanos", HONOURED, "0 to 999,999,999"),
        row("seconds", HONOURED, "0 to 315,576,000,000"),
    ),
    RequestMirrorPolicy: (
        row("backendService", HONOURED),
        row("mirrorPercent", HONOURED, "100 if not written"),
    ),
    CorsPolicy: (
        row("allowCredentials", HONOURED),
        row("allowHeaders", HONOURED),
        row("allowMethods", HONOURED),
        row("allowOriginRegexes", HONOURED, "whole origins"),
        row("allowOrigins", HONOURED),
        row("disabled", HONOURED),
        row("exposeHeaders", HONOURED),
        row("maxAge", HONOURED, "seconds"),
    ),
    HttpFaultInjection: (
        row("abort", HONOURED),
        row("delay", HONOURED),
    ),
    HttpFaultAbort: (
        row("httpStatus", HONOURED),
        row("percentage", HONOURED),
    ),
    HttpFaultDelay: (
        row("fixedDelay", HONOURED),
        row("percentage", HONOURED),
    ),
    HttpRedirectAction: (
        row("hostRedirect", HONOURED),
        row("httpsRedirect", HONOURED, "for target HTTP proxies"),
        row("pathRedirect", HONOURED),
        row("prefixRedirect", HONOURED),
        row(
            "redirectResponseCode",
            HONOURED,
            "301 if not written",
            values=(
                "FOUND MOVED_PERMANENTLY_DEFAULT PERMANENT_REDIRECT SEE_OTHER TEMPORARY_REDIRECT"
            ),
        ),
        row("stripQuery", HONOURED),
    ),
    HttpHeaderAction: (
        row("requestHeadersToAdd", HONOURED),
        row("requestHeadersToRemove", HONOURED),
        row("responseHeadersToAdd", HONOURED),
        row("responseHeadersToRemove", HONOURED),
    ),
    HttpHeaderOption: (
        row("headerName", HONOURED),
        row("headerValue", HONOURED),
        row("replace", HONOURED, "true if not written; false if the value has a variable"),
    ),
}
