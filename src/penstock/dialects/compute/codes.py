"""Finding codes of the dialect `compute`."""

from __future__ import annotations

from penstock.model import Severity, code

NOT_FOUND = code("compute/not-found", Severity.ERROR, "A resource refers to one that is not there")
WRONG_TYPE = code(
    "compute/wrong-type", Severity.ERROR, "A resource refers to one of a kind that cannot be there"
)
WRONG_SCOPE = code(
    "compute/wrong-scope", Severity.ERROR, "A resource refers to one of another region"
)
CROSS_PROJECT = code(
    "compute/cross-project",
    Severity.ERROR,
    "A resource refers to one of another project where only its own may be",
)
NOT_GRANTED = code(
    "compute/permission-denied",
    Severity.ERROR,
    "A URL map names a backend service of a project that has not granted that",
)
DUPLICATE = code(
    "compute/duplicate", Severity.WARNING, "Two resources have the same place and name"
)
OVERRULED = code(
    "config/overruled",
    Severity.WARNING,
    "A PenstockConfig says something else than one before it",
)
UNUSED = code("compute/unused-url-map", Severity.INFO, "No forwarding rule leads to a URL map")
SCHEME = code(
    "compute/scheme-not-supported",
    Severity.WARNING,
    "A forwarding rule's load balancing scheme is not supported yet",
)
SCHEME_MISMATCH = code(
    "compute/scheme-mismatch",
    Severity.ERROR,
    "A backend service is of another load balancing scheme than the forwarding rule",
)
IN_USE = code(
    "compute/address-in-use", Severity.ERROR, "Two forwarding rules claim one address and port"
)
BAD_ADDRESS = code(
    "compute/invalid-address",
    Severity.ERROR,
    "A forwarding rule's address is not one it can have",
)
NO_ADDRESS = code(
    "compute/no-address-left", Severity.ERROR, "A subnetwork has no free address left"
)
NO_PROXY_SUBNET = code(
    "compute/no-proxy-only-subnet",
    Severity.WARNING,
    "A region has subnetworks, but no proxy-only one",
)
PROXY_SUBNET_FULL = code(
    "compute/proxy-only-subnet-exhausted",
    Severity.WARNING,
    "A proxy-only subnetwork has fewer addresses than load balancers",
)
NO_CERTIFICATE = code(
    "compute/no-certificate",
    Severity.ERROR,
    "A target HTTPS proxy has no certificate it could present",
)
KEYLESS = code(
    "compute/certificate-without-key",
    Severity.ERROR,
    "A certificate comes without its private key",
)
CERTIFICATE_SECRET = code(
    "compute/certificate-secret",
    Severity.ERROR,
    "A PenstockConfig's certificate names a Secret that is not there",
)
CIPHER = code(
    "compute/cipher-not-spoken",
    Severity.WARNING,
    "An SSL policy names features that the proxy does not speak",
)
TLS13_CIPHERS = code(
    "compute/tls13-ciphers", Severity.INFO, "The cipher suites of TLS 1.3 cannot be chosen"
)
NO_CIPHERS = code(
    "compute/no-cipher-left",
    Severity.ERROR,
    "An SSL policy leaves no cipher suite that the proxy speaks",
)
CLIENT_TLS = code(
    "compute/client-tls",
    Severity.ERROR,
    "Whom a target HTTPS proxy is to trust cannot be told",
)
BACKEND_TRUST = code(
    "compute/backend-trust",
    Severity.WARNING,
    "How endpoints are to be authenticated cannot be done, or not in full",
)
HTTPS_REDIRECT = code(
    "compute/https-redirect",
    Severity.WARNING,
    "A URL map that redirects to HTTPS is used by a target HTTPS proxy",
)
UNUSED_MATCHER = code(
    "compute/unused-path-matcher", Severity.WARNING, "No host rule names a path matcher"
)
UNKNOWN_VARIABLE = code(
    "compute/unknown-variable", Severity.WARNING, "A header's value names an unknown variable"
)
RETRY_CONDITIONS = code(
    "compute/retry-conditions", Severity.INFO, "A retry policy names no conditions"
)
PROTOCOL = code(
    "compute/protocol-not-supported",
    Severity.ERROR,
    "A backend service's protocol is not one of HTTP load balancing",
)
GROUP_KIND = code(
    "compute/group-not-supported",
    Severity.ERROR,
    "A load balancer cannot have groups of that kind",
)
MIXED_GROUPS = code(
    "compute/mixed-groups", Severity.ERROR, "A backend service's groups are of different kinds"
)
NO_HEALTH_CHECK = code(
    "compute/no-health-check",
    Severity.INFO,
    "A backend service has no health check although its groups demand one",
)
HEALTH_CHECK = code(
    "compute/health-check",
    Severity.ERROR,
    "A backend service's health check cannot be used, or not for all its groups",
)
EMPTY_GROUP = code("compute/empty-group", Severity.INFO, "A group has no endpoints")
NO_BACKENDS = code(
    "compute/no-backends", Severity.INFO, "A backend service has no groups; it answers 503"
)
UNKNOWN_INSTANCE = code(
    "compute/unknown-instance",
    Severity.WARNING,
    "A machine's address is not known",
)
NAMED_PORT = code(
    "compute/named-port", Severity.WARNING, "An instance group lacks the port its backend names"
)
UNKNOWN_SERVICE = code(
    "compute/unknown-service",
    Severity.WARNING,
    "Where the service behind a group is is not known",
)
LB_POLICY = code(
    "compute/service-lb-policy",
    Severity.WARNING,
    "A service load balancing policy asks for what load balancers do not have",
)
REGIONAL_ONLY = code(
    "compute/regional-only",
    Severity.WARNING,
    "A global resource asks for what regional load balancers have only",
)
CERTIFICATE_SCOPE = code(
    "compute/certificate-scope",
    Severity.ERROR,
    "A target HTTPS proxy names a certificate that its load balancer cannot use",
)
BALANCING_MODE = code(
    "compute/balancing-mode",
    Severity.ERROR,
    "A backend's balancing mode and target capacity do not fit together, or not its group",
)
LOCALITY_POLICY = code(
    "compute/locality-policy",
    Severity.ERROR,
    "A backend service's locality policy is not one of HTTP load balancing",
)
AFFINITY = code(
    "compute/session-affinity",
    Severity.ERROR,
    "A backend service's session affinity cannot be had",
)
NO_AFFINITY_EFFECT = code(
    "compute/affinity-without-effect",
    Severity.WARNING,
    "A setting of affinity or of the locality policy has no effect beside the others",
)
POLICY_MISSING = code(
    "compute/security-policy-not-found",
    Severity.ERROR,
    "A backend service's security policy is not there; requests are refused",
)
LOG_FIELDS = code(
    "compute/log-fields", Severity.WARNING, "Optional fields that the log does not get"
)
ADDRESS_FAMILY = code(
    "compute/address-family",
    Severity.WARNING,
    "An endpoint has no address of the family that its backend service selects",
)
