"""A table: a mistake in a good Compute resource, and the finding that it gives, in its place."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from penstock.model import Severity
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.parse import parse_text

URL_MAP = """\
kind: compute#urlMap
name: web
region: us-central1
defaultService: regions/us-central1/backendServices/web
headerAction:
  requestHeadersToAdd:
  - {headerName: X-Env, headerValue: prod, replace: true}
hostRules:
- hosts: [shop.example.com, '*.shop.example.com', '*-eu.example.com:8080', '*']
  pathMatcher: paths
- hosts: [api.example.com]
  pathMatcher: routes
pathMatchers:
- name: paths
  defaultUrlRedirect: {hostRedirect: www.example.com, redirectResponseCode: FOUND}
  pathRules:
  - paths: [/a, /a/*]
    service: web
  - paths: [/b/*]
    routeAction:
      weightedBackendServices:
      - {backendService: web, weight: 900}
      - {backendService: canary, weight: 100}
- name: routes
  defaultService: web
  routeRules:
  - priority: 0
    matchRules:
    - prefixMatch: /v1
      headerMatches:
      - {headerName: X-Beta, exactMatch: 'true'}
      - {headerName: X-Size, rangeMatch: {rangeStart: '-5', rangeEnd: '0'}}
      queryParameterMatches:
      - {name: q, presentMatch: true}
    - pathTemplateMatch: /users/{id}/*/{rest=**}
    service: web
  - priority: 1
    matchRules:
    - pathTemplateMatch: /s/{format=**}
    service: web
    routeAction:
      timeout: {seconds: '10', nanos: 500000000}
      urlRewrite: {pathTemplateRewrite: '/static/{format}'}
      retryPolicy:
        numRetries: 3
        perTryTimeout: {seconds: 2}
        retryConditions: [5xx, unavailable]
      requestMirrorPolicy: {backendService: shadow, mirrorPercent: 5.5}
      corsPolicy: {allowOriginRegexes: ['https://.*[.]example[.]com'], allowMethods: [GET]}
      faultInjectionPolicy:
        abort: {httpStatus: 503, percentage: 1}
        delay: {fixedDelay: {nanos: 5}, percentage: 1}
  - priority: 2
    matchRules:
    - regexMatch: /x/[0-9]+
    urlRedirect: {prefixRedirect: /y, httpsRedirect: true}
tests:
- {host: api.example.com, path: /v1, service: web}
- {host: shop.example.com, path: /zz, expectedRedirectResponseCode: 302}
"""
SERVICE = """\
kind: compute#backendService
name: web
region: us-central1
protocol: HTTPS
loadBalancingScheme: INTERNAL_MANAGED
timeoutSec: 30
backends:
- {group: zones/a/networkEndpointGroups/web}
- {group: zones/b/networkEndpointGroups/web}
tlsSettings:
  sni: web.internal
  subjectAltNames:
  - dnsName: web.internal
"""
RULE = """\
kind: compute#forwardingRule
name: web
region: us-central1
IPAddress: 10.1.2.3
IPProtocol: TCP
portRange: 443-443
loadBalancingScheme: INTERNAL_MANAGED
target: targetHttpsProxies/web
"""
PROXY = """\
kind: compute#targetHttpsProxy
name: web
urlMap: web
sslCertificates: [web]
"""
MANAGED = """\
kind: compute#sslCertificate
name: web
type: MANAGED
"""

CHECK = """\
kind: compute#healthCheck
name: web
type: HTTP
checkIntervalSec: 10
timeoutSec: 5
httpHealthCheck:
  requestPath: /healthz
  port: 8080
"""
POLICY = """\
kind: compute#sslPolicy
name: web
profile: MODERN
minTlsVersion: TLS_1_2
"""
GROUP = """\
kind: compute#networkEndpointGroup
name: web
zone: us-central1-a
networkEndpointType: NON_GCP_PRIVATE_IP_PORT
networkEndpoints:
- {ipAddress: 10.0.0.1, port: 80}
- {ipAddress: 10.0.0.2, port: 80}
"""
INSTANCES = """\
kind: compute#instanceGroup
name: web
zone: us-central1-a
namedPorts:
- {name: http, port: 8080}
instances: [one, {instance: two}]
"""
SUBNET = """\
kind: compute#subnetwork
name: proxies
region: us-central1
ipCidrRange: 10.129.0.0/23
secondaryIpRanges: [{rangeName: pods, ipCidrRange: 10.7.0.0/16}]
purpose: REGIONAL_MANAGED_PROXY
role: ACTIVE
"""
CLIENTS = """\
kind: compute#serverTlsPolicy
name: clients
mtlsPolicy:
  clientValidationMode: REJECT_INVALID
  clientValidationTrustConfig: projects/p/locations/l/trustConfigs/x
"""
BASES = [URL_MAP, SERVICE, RULE, PROXY, CHECK, POLICY, GROUP, INSTANCES, SUBNET, CLIENTS]


class Case(NamedTuple):
    base: str
    old: str
    new: str
    field: str
    says: str
    live: bool = True
    code: str = "compute/invalid-value"


MISSING = "compute/missing-field"
ROUTES = "pathMatchers[1].routeRules"
ACTION = f"{ROUTES}[1].routeAction"
PATHS = "pathMatchers[0].pathRules"


def url(old: str, new: str, field: str, says: str, code: str = "compute/invalid-value") -> Case:
    return Case(URL_MAP, old, new, field, says, code=code)


HTTP_PART = "httpHealthCheck:\n  requestPath: /healthz\n  port: 8080"


def check(old: str, new: str, field: str, says: str, code: str = "compute/invalid-value") -> Case:
    return Case(CHECK, old, new, field, says, False, code)


CASES = [
    # Names and enumerations.
    Case(RULE, "name: web", "name: Web_1", "name", "'Web_1'. Must be a match of regex", False),
    Case(RULE, "name: web", "name: w-", "name", "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)", False),
    Case(
        RULE, "name: web\n", "", "", "Required field 'resource.name' not specified", False, MISSING
    ),
    Case(
        RULE, ": INTERNAL_MANAGED", ": INTRNAL_MANAGED", "loadBalancingScheme", "'INTRNAL_M", False
    ),
    Case(SERVICE, "protocol: HTTPS", "protocol: HTTP3", "protocol", "Must be one of [", False),
    # Forwarding rules and proxies.
    Case(RULE, "443-443", "80-90", "portRange", "exactly one port", False),
    Case(RULE, "443-443", "'0'", "portRange", "from 1 to 65535", False),
    Case(RULE, "443-443", "http", "portRange", "Must be a match of regex", False),
    Case(RULE, "443-443", "80", "portRange", "Must be text", False),
    Case(
        RULE, "portRange: 443-443", "ports: ['80']", "", "portRange' not specified", False, MISSING
    ),
    Case(RULE, "portRange", "allPorts: true\nportRange", "", "Only one of portRange", False),
    Case(RULE, "IPProtocol: TCP", "IPProtocol: UDP", "IPProtocol", "must be TCP", False),
    Case(RULE, "10.1.2.3", "10.1.2.300", "IPAddress", "Must be a valid IP", False),
    Case(RULE, "target: targetHttpsProxies/web", "", "", "resource.target'", False, MISSING),
    Case(
        MANAGED, "type: MANAGED", "type: SELF_MANAGED", "", "resource.certificate'", False, MISSING
    ),
    Case(MANAGED, "type: MANAGED", "type: OTHER", "type", "Must be one of [", False),
    Case(PROXY, "urlMap: web\n", "", "", "resource.urlMap'", False, MISSING),
    Case(PROXY, "[web]", "[]", "", "resource.sslCertificates'", False, MISSING),
    Case(PROXY, "[web]", "[web]\nquicOverride: MAYBE", "quicOverride", "Must be one of"),
    # Backend services.
    Case(SERVICE, "timeoutSec: 30", "timeoutSec: 0", "timeoutSec", "greater than or equal to 1."),
    Case(SERVICE, "timeoutSec: 30", "timeoutSec: 2147483648", "timeoutSec", "equal to 2147483647."),
    Case(
        SERVICE,
        "group: zones/a",
        "grp: zones/a",
        "backends[0].grp",
        "Unknown name",
        True,
        "compute/unknown-field",
    ),
    Case(
        SERVICE,
        "- {group: zones/a",
        "- {capacityScaler: 0.05, group: zones/a",
        "backends[0].capacityScaler",
        "from 0.1",
    ),
    Case(
        SERVICE,
        "dnsName",
        "uniformResourceIdentifier: x\n    dnsName",
        "tlsSettings.subjectAltNames[0]",
        "Only one of",
        False,
    ),
    Case(
        SERVICE,
        "timeoutSec",
        "connectionDraining: {drainingTimeoutSec: 4000}\ntimeoutSec",
        "connectionDraining.drainingTimeoutSec",
        "equal to 3600",
    ),
    Case(
        SERVICE,
        "timeoutSec",
        "sessionAffinity: COOKIE\ntimeoutSec",
        "sessionAffinity",
        "Must be one of",
        False,
    ),
    Case(
        SERVICE,
        "- {group: zones/a",
        "- {balancingMode: RATES, group: zones/a",
        "backends[0].balancingMode",
        "`RATE`",
    ),
    # Health checks.
    Case(CHECK, "timeoutSec: 5", "timeoutSec: 11", "timeoutSec", "checkIntervalSec (10)", False),
    Case(
        CHECK,
        "type: HTTP",
        "type: TCP\ntcpHealthCheck: {}",
        "httpHealthCheck",
        "Only tcpHealth",
        False,
    ),
    Case(CHECK, "type: HTTP", "type: GRPC", "httpHealthCheck", "Only grpcHealth", False),
    Case(CHECK, "/healthz", "healthz", "httpHealthCheck.requestPath", "start with a slash", False),
    Case(
        CHECK, "type: HTTP", "type: HTTP\nhealthyThreshold: 11", "healthyThreshold", "to 10.", False
    ),
    check("timeoutSec: 5", "timeoutSec: 0", "timeoutSec", "equal to 1."),
    check("checkIntervalSec: 10", "checkIntervalSec: 301", "checkIntervalSec", "to 300."),
    # Without timeoutSec it is 5.
    check("10\ntimeoutSec: 5", "3", "timeoutSec", "'5'. Must be less than or equal to checkInt"),
    check("type: HTTP", "type: HTTP\nunhealthyThreshold: 0", "unhealthyThreshold", "equal to 1."),
    check("port: 8080", "port: 0", "httpHealthCheck.port", "equal to 1."),
    check(
        "port: 8080",
        "port: 8080\n  portSpecification: USE_SERVING_PORT",
        "httpHealthCheck.port",
        "if portSpecification is USE_SERVING_PORT",
    ),
    check(
        "port: 8080",
        "portSpecification: USE_NAMED_PORT",
        "httpHealthCheck.portSpecification",
        "named ports",
    ),
    check("port: 8080", "proxyHeader: PROXY_V2", "httpHealthCheck.proxyHeader", "[NONE, PROXY_V1]"),
    check("port: 8080", "response: schön", "httpHealthCheck.response", "ASCII"),
    check("port: 8080", f"response: {'x' * 1025}", "httpHealthCheck.response", "most 1024"),
    check(
        HTTP_PART, f"tcpHealthCheck: {{request: {'x' * 1025}}}", "tcpHealthCheck.request", "1024"
    )._replace(base=CHECK.replace("type: HTTP", "type: TCP")),
    check(
        HTTP_PART, "grpcHealthCheck: {}", "grpcHealthCheck", "port' not specified", MISSING
    )._replace(base=CHECK.replace("type: HTTP", "type: GRPC")),
    check("type: HTTP", "type: HTTP\nsourceRegions: [a, b, c]", "checkIntervalSec", "least 30"),
    check("10", "30\nsourceRegions: [a, b]", "sourceRegions", "Exactly 3"),
    check("10", "30\nregion: a\nsourceRegions: [a, b, c]", "sourceRegions", "Only global"),
    check(
        "10\ntimeoutSec: 5\nhttpHealthCheck:",
        "30\nsourceRegions: [a, b, c]\nhttpHealthCheck:\n  proxyHeader: PROXY_V1",
        "sourceRegions",
        "with proxyHeader",
    ),
    # SSL policies, clients' certificates.
    # SSL policies, clients' certificates.
    Case(POLICY, "TLS_1_2", "TLS_1_3", "profile", "must be RESTRICTED", False),
    Case(POLICY, "TLS_1_2", "TLS_2", "minTlsVersion", "Must be one of", False),
    Case(
        POLICY, "MODERN\nminTlsVersion: TLS_1_2", "FIPS_202205", "minTlsVersion", "TLS_1_2", False
    ),
    Case(POLICY, "MODERN", "CUSTOM", "", "customFeatures' not", False, MISSING),
    Case(
        POLICY,
        "MODERN",
        "CUSTOM\ncustomFeatures: [TLS_RSA]",
        "customFeatures[0]",
        "Must be one",
        False,
    ),
    Case(
        POLICY,
        "MODERN",
        "MODERN\ncustomFeatures: [TLS_AES_128_GCM_SHA256]",
        "customFeatures",
        "Must be empty",
        False,
    ),
    Case(
        CLIENTS,
        "  clientValidationTrustConfig: projects/p/locations/l/trustConfigs/x",
        "",
        "mtlsPolicy",
        "clientValidationTrustConfig' not",
        False,
        MISSING,
    ),
    Case(
        CLIENTS, "REJECT_INVALID", "REJECT", "mtlsPolicy.clientValidationMode", "Must be one", False
    ),
    # Groups, subnetworks.
    Case(GROUP, "10.0.0.2", "10.0.0.x", "networkEndpoints[1].ipAddress", "valid IP address"),
    Case(GROUP, "10.0.0.2, port: 80", "10.0.0.2, port: 70000", "networkEndpoints[1].port", "65535"),
    Case(
        GROUP, "10.0.0.2, port: 80", "10.0.0.2", "networkEndpoints[1]", "port' not", True, MISSING
    ),
    Case(GROUP, "NON_GCP_PRIVATE_IP_PORT", "SOME", "networkEndpointType", "Must be one of", False),
    Case(INSTANCES, "port: 8080", "port: 0", "namedPorts[0].port", "equal to 1."),
    Case(INSTANCES, "{instance: two}", "5", "instances[1]", "Must be a whole number or text"),
    Case(
        SUBNET,
        "10.129.0.0/23",
        "10.129.1.0/23",
        "ipCidrRange",
        "Must be a CIDR address range.",
        False,
    ),
    Case(
        SUBNET,
        "10.7.0.0/16",
        "10.7.0.1/16",
        "secondaryIpRanges[0].ipCidrRange",
        "Write 10.7.0.0/16",
        False,
    ),
    Case(SUBNET, "REGIONAL_MANAGED_PROXY", "PRIVATE", "role", "only if the purpose", False),
    # URL maps: hosts and defaults.
    url("'*'", "'*a.com'", "hostRules[0].hosts[3]", "- or . must follow"),
    url("'*'", "https://a", "hostRules[0].hosts[3]", "no URL"),
    url("[api.example.com]", "['*']", "hostRules[1].hosts[0]", "already, in hostRules[0]"),
    url("pathMatcher: routes", "pathMatcher: route", "hostRules[1].pathMatcher", "does not exist"),
    url("hosts: [api.example.com]", "hosts: []", "hostRules[1]", "hosts' not specified", MISSING),
    url("FOUND", "302", "pathMatchers[0].defaultUrlRedirect.redirectResponseCode", "Must be text"),
    url("FOUND", "GONE", "pathMatchers[0].defaultUrlRedirect.redirectResponseCode", "one of"),
    url("region: us-central1\n", "defaultUrlRedirect: {}\n", "defaultUrlRedirect", "Only one of"),
    # Path rules.
    url("[/a, /a/*]", "[/a, a/*]", f"{PATHS}[0].paths[1]", "start with a slash"),
    url("[/a, /a/*]", "[/a, /a*]", f"{PATHS}[0].paths[1]", "at the end, following a slash"),
    url("[/a, /a/*]", "[/a, /a?x]", f"{PATHS}[0].paths[1]", "? or #"),
    url("[/b/*]", "[/a]", f"{PATHS}[1].paths[0]", "already, in pathRules[0]"),
    url("[/b/*]", "[]", f"{PATHS}[1]", "paths' not specified", MISSING),
    url(
        "weight: 100}",
        "weight: 1001}",
        f"{PATHS}[1].routeAction.weightedBackendServices[1].weight",
        "to 1000.",
    ),
    url(
        "    service: web\n  - paths: [/b/*]",
        "    urlRedirect: {hostRedirect: a}\n    service: web\n  - paths: [/b/*]",
        f"{PATHS}[0]",
        "Only one of service, urlRedirect or",
    ),
    url(
        "    service: web\n  - paths: [/b/*]",
        "  - paths: [/b/*]",
        f"{PATHS}[0]",
        "service' not",
        MISSING,
    ),
    url(
        "  routeRules:\n",
        "  pathRules: [{paths: [/c], service: web}]\n  routeRules:\n",
        "pathMatchers[1]",
        "Only one of pathRules or routeRules",
    ),
    # Route rules: what they match.
    url("priority: 2", "priority: 1", f"{ROUTES}[2].priority", "taken by routeRules[1]"),
    url("priority: 2", "priority: -1", f"{ROUTES}[2].priority", "equal to 0."),
    url(
        "- regexMatch: /x/[0-9]+",
        "- regexMatch: /x/(?!a)",
        f"{ROUTES}[2].matchRules[0].regexMatch",
        "RE2",
    ),
    url(
        "- regexMatch: /x/[0-9]+",
        "- {regexMatch: /x, prefixMatch: /x}",
        f"{ROUTES}[2].matchRules[0]",
        "Only one of prefixMatch",
    ),
    url(
        "- regexMatch: /x/[0-9]+",
        "- {regexMatch: /x, ignoreCase: true}",
        f"{ROUTES}[2].matchRules[0].ignoreCase",
        "(?i)",
    ),
    url(
        "- regexMatch: /x/[0-9]+", "- {}", f"{ROUTES}[2].matchRules[0]", "prefixMatch' not", MISSING
    ),
    url(
        "- regexMatch: /x/[0-9]+",
        "- {prefixMatch: x}",
        f"{ROUTES}[2].matchRules[0].prefixMatch",
        "slash",
    ),
    url(
        "    matchRules:\n    - regexMatch: /x/[0-9]+\n",
        "",
        f"{ROUTES}[2]",
        "matchRules' not",
        MISSING,
    ),
    url(
        "exactMatch: 'true'",
        "exactMatch: a, prefixMatch: b",
        f"{ROUTES}[0].matchRules[0].headerMatches[0]",
        "Only one of",
    ),
    url(
        ", exactMatch: 'true'",
        "",
        f"{ROUTES}[0].matchRules[0].headerMatches[0]",
        "exactMatch' not",
        MISSING,
    ),
    url(
        "headerName: X-Beta",
        "headerName: 'X Beta'",
        f"{ROUTES}[0].matchRules[0].headerMatches[0].headerName",
        "name of an HTTP header",
    ),
    url(
        "rangeEnd: '0'",
        "rangeEnd: '-5'",
        f"{ROUTES}[0].matchRules[0].headerMatches[1].rangeMatch",
        "less than rangeEnd",
    ),
    url(
        "    - pathTemplateMatch: /users/{id}",
        "      metadataFilters: [{filterMatchCriteria: MATCH_ALL}]\n"
        "    - pathTemplateMatch: /users/{id}",
        f"{ROUTES}[0].matchRules[0].metadataFilters",
        "Only load balancing scheme INTERNAL_SELF_MANAGED",
    ),
    url(
        "presentMatch: true",
        "presentMatch: 'yes'",
        f"{ROUTES}[0].matchRules[0].queryParameterMatches[0].presentMatch",
        "true or false",
    ),
    url(
        "/users/{id}/*/{rest=**}",
        "'/u/{a}/{a}'",
        f"{ROUTES}[0].matchRules[1].pathTemplateMatch",
        "twice",
    ),
    # Route rules: what becomes of the request.
    url(
        "'/static/{format}'",
        "'/static/{fmt}'",
        f"{ACTION}.urlRewrite.pathTemplateRewrite",
        "{fmt} is not in",
    ),
    url(
        "pathTemplateMatch: /s/{format=**}",
        "prefixMatch: /s",
        f"{ACTION}.urlRewrite.pathTemplateRewrite",
        "Needs pathTemplateMatch",
    ),
    url(
        "urlRewrite: {",
        "urlRewrite: {pathPrefixRewrite: /, ",
        f"{ACTION}.urlRewrite",
        "Only one of",
    ),
    url("nanos: 500000000", "nanos: 1000000000", f"{ACTION}.timeout.nanos", "to 999999999."),
    url("seconds: '10'", "seconds: 1e1x", f"{ACTION}.timeout.seconds", "Must be a whole number"),
    url("numRetries: 3", "numRetries: 0", f"{ACTION}.retryPolicy.numRetries", "equal to 1."),
    url("seconds: 2}", "seconds: 86401}", f"{ACTION}.retryPolicy.perTryTimeout", "at most 86400 s"),
    url("seconds: 2}", "seconds: 0}", f"{ACTION}.retryPolicy.perTryTimeout", "greater than"),
    url("[5xx, un", "[4xx, un", f"{ACTION}.retryPolicy.retryConditions[0]", "retriable-4xx"),
    url(
        "mirrorPercent: 5.5",
        "mirrorPercent: 101",
        f"{ACTION}.requestMirrorPolicy.mirrorPercent",
        "100.",
    ),
    url(
        "backendService: shadow, ",
        "",
        f"{ACTION}.requestMirrorPolicy",
        "backendService' not",
        MISSING,
    ),
    url("https://.*[.]", "https://(?=a)", f"{ACTION}.corsPolicy.allowOriginRegexes[0]", "RE2"),
    url(
        "httpStatus: 503",
        "httpStatus: 600",
        f"{ACTION}.faultInjectionPolicy.abort.httpStatus",
        "599",
    ),
    url(
        "fixedDelay: {nanos: 5}, ",
        "",
        f"{ACTION}.faultInjectionPolicy.delay",
        "fixedDelay' not",
        MISSING,
    ),
    url(
        "prefixRedirect: /y",
        "prefixRedirect: /y, pathRedirect: /z",
        f"{ROUTES}[2].urlRedirect",
        "Only one",
    ),
    url(
        "headerName: X-Env",
        "headerName: X-Google-Env",
        "headerAction.requestHeadersToAdd[0].headerName",
        "reserved",
    ),
    url(
        "headerName: X-Env",
        "headerName: Host",
        "headerAction.requestHeadersToAdd[0].headerName",
        "hostRewrite",
    ),
    url(
        "headerName: X-Env",
        "headerName: TE",
        "headerAction.requestHeadersToAdd[0].headerName",
        "connection",
    ),
    url(
        "headerValue: prod",
        'headerValue: "a\\nb"',
        "headerAction.requestHeadersToAdd[0].headerValue",
        "control",
    ),
    url(
        "{host: api.example.com, path: /v1, service: web}",
        "{host: a, path: v1, service: web}",
        "tests[0].path",
        "slash",
    ),
    url("path: /v1, service: web}", "path: /v1}", "tests[0]", "service' not", MISSING),
    url(
        "path: /zz,",
        "path: /zz, service: web,",
        "tests[1].expectedRedirectResponseCode",
        "if service is set",
    ),
]


@pytest.mark.parametrize("base", BASES)
def test_the_bases_are_good(base: str) -> None:
    parsed = parse_text(base, "f.yaml")
    assert len(parsed.objects) == 1
    assert not parsed.left_out
    assert {finding.severity for finding in parsed.findings} <= {Severity.INFO}, parsed.findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.field}:{case.new.strip()[:30]!r}")
def test_one_mistake_one_finding(case: Case) -> None:
    assert case.base.count(case.old) >= 1
    text = case.base.replace(case.old, case.new, 1)
    parsed = parse_text(text, "f.yaml")
    findings = [finding for finding in parsed.findings if finding.code == case.code]
    (finding,) = findings or parsed.findings
    assert (finding.code, finding.origin.field) == (case.code, case.field), finding
    assert case.says in finding.message + finding.hint, finding
    assert bool(parsed.objects) == case.live, finding.message
    others = [other for other in parsed.findings if other is not finding]
    assert {other.severity for other in others} <= {Severity.INFO, Severity.ERROR}


def test_the_name_of_a_path_matcher_is_taken() -> None:
    """The second is left out; its hosts do not get the answers of other hosts."""
    parsed = parse_text(URL_MAP.replace("- name: routes\n", "- name: paths\n"), "f.yaml")
    fields = {finding.origin.field: finding.message for finding in parsed.findings}
    assert "is taken by another path matcher." in fields["pathMatchers[1].name"]
    assert "does not exist" in fields["hostRules[1].pathMatcher"]
    url_map = parsed.objects[0].resource
    assert isinstance(url_map, UrlMap)
    assert [matcher.name for matcher in url_map.path_matchers or ()] == ["paths"]
    assert len(url_map.host_rules or ()) == 2


def test_a_bad_route_rule_leaves_the_others_and_their_positions() -> None:
    parsed = parse_text(URL_MAP.replace("priority: 1\n", "priority: -1\n"), "f.yaml")
    (finding,) = parsed.findings
    assert "Only this route rule is left out; the rest of the urlMap is live." in finding.message
    (obj,) = parsed.objects
    url_map: UrlMap = obj.resource
    rules = (url_map.path_matchers or ())[1].route_rules or ()
    assert [rule.priority for rule in rules] == [0, 2]
    origin = obj.origin("pathMatchers", 1, "routeRules", 1, "priority")
    assert origin.position is not None
    assert URL_MAP.splitlines()[origin.position.line - 1].strip() == "- priority: 2"


def test_two_defaults_are_none() -> None:
    text = (
        "kind: compute#urlMap\nname: w\ndefaultService: a\ndefaultUrlRedirect: {hostRedirect: b}\n"
    )
    parsed = parse_text(text, "f.yaml")
    (finding,) = parsed.findings
    assert "defaultService and defaultUrlRedirect are" in finding.message
    url_map = parsed.objects[0].resource
    assert (url_map.default_service, url_map.default_url_redirect) == (None, None)


def test_the_last_path_takes_its_rule_with_it() -> None:
    parsed = parse_text(URL_MAP.replace("[/b/*]", "[b]"), "f.yaml")
    assert "Only this path rule is left out" in parsed.findings[0].message
    assert len(parsed.objects[0].resource.path_matchers[0].path_rules) == 1


def test_a_url_map_has_at_most_a_hundred_tests() -> None:
    test = "- {host: a.example.com, path: /, service: web}\n"
    parsed = parse_text(URL_MAP.split("tests:")[0] + "tests:\n" + test * 103, "f.yaml")
    (finding,) = parsed.findings
    assert finding.origin.field == "tests[100]"
    assert len(parsed.objects[0].resource.tests) == 100


@pytest.mark.parametrize("key", ["s3cret key", "7353", "[s3cret]", "{s3cret: s3cret}"])
@pytest.mark.parametrize("holder", ["privateKey: {}", "selfManaged: {{privateKey: {}}}"])
def test_a_key_is_never_shown(key: str, holder: str) -> None:
    text = f"kind: compute#sslCertificate\nname: w\n{holder.format(key)}\n"
    parsed = parse_text(text, "f.yaml")
    assert any("privateKey" in finding.origin.field for finding in parsed.findings)
    said = " ".join(finding.message + finding.hint for finding in parsed.findings)
    assert "s3cret" not in said
    assert "7353" not in said
