"""Finding codes of the dialect `gke`.

Most are verdicts that GKE itself passes on the same manifests; the others say what Penstock does.
"""

from __future__ import annotations

import dataclasses
from functools import partial

from penstock.model import GKE, Finding, Severity, code

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_gke = partial(code, about=GKE)


def of_gke(finding: Finding) -> Finding:
    """A finding of a shared code that is GKE's verdict here."""
    return dataclasses.replace(finding, about=GKE)


def of_penstock(finding: Finding) -> Finding:
    """A finding that GKE need not agree with: it may have what the input lacks."""
    return dataclasses.replace(finding, about="")


CLASS_ASSUMED = code("gke/class-assumed", _INFO, "An Ingress without class is taken for GKE's")
CLASS_UNCLEAR = code(
    "gke/class-unclear", _INFO, "An Ingress without class is plain Ingress among GKE's"
)
CLASS_IGNORED = _gke(
    "gke/class-ignored", _WARNING, "GKE does not read its classes from spec.ingressClassName"
)
CLASS_LEFT = code(
    "gke/class-left", _INFO, "An Ingress of a class that is left to GKE's own controller"
)
CLASS_MULTI = _gke("gke/class-multi-cluster", _INFO, "A class that makes no load balancer")
INGRESS_NAME = _gke(
    "gke/ingress-name", _WARNING, "An Ingress's name that resources of the cloud cannot have"
)
NOT_SYNCED = _gke(
    "gke/not-synced", _ERROR, "An Ingress that GKE would not make is left out, or stays as it was"
)
NO_HTTP = _gke("gke/rule-without-http", _WARNING, "A rule without http serves nothing")
BAD_PATH = _gke("gke/invalid-path", _ERROR, "A path that GKE does not take; it answers 500")
PATH_UNREACHABLE = code("gke/path-unreachable", _WARNING, "A path that no request can have")
BAD_BACKEND = _gke("gke/invalid-backend", _ERROR, "A backend that GKE does not take")
DUPLICATE_HOST = _gke(
    "gke/duplicate-host", _WARNING, "A later rule for the same host takes an earlier one's place"
)
DUPLICATE_PATH = _gke(
    "gke/duplicate-path", _WARNING, "A later path of the same host takes an earlier one's place"
)
DEFAULT_BACKEND = _gke(
    "gke/default-backend", _ERROR, "The cluster's own default backend cannot be used"
)
SERVICE_MISSING = _gke("gke/service-not-found", _ERROR, "A backend's Service is not there")
PORT_MISSING = _gke("gke/port-not-found", _ERROR, "A backend's Service does not have its port")
SERVICE_TYPE = _gke(
    "gke/service-type", _ERROR, "A Service that needs network endpoint groups or a node port"
)
NEG_ANNOTATION = _gke("gke/neg-annotation", _ERROR, "The annotation cloud.google.com/neg is wrong")
NEG_IPV6 = _gke(
    "gke/neg-ipv6-only", _ERROR, "A Service with IPv6 addresses only has no endpoint groups"
)
NEG_CONFLICT = _gke(
    "gke/neg-conflict", _ERROR, "A group that a Service asks for has another one's name"
)
NEG_MISSING = _gke(
    "gke/neg-missing",
    _WARNING,
    "A Service of a regional Ingress lacks the annotation cloud.google.com/neg",
)
APP_PROTOCOLS = _gke(
    "gke/app-protocols", _ERROR, "The annotation cloud.google.com/app-protocols is wrong"
)
APP_PROTOCOL_PORT = _gke(
    "gke/app-protocols-port",
    _WARNING,
    "The annotation cloud.google.com/app-protocols names a port that is not there",
)
BACKEND_CONFIG = _gke(
    "gke/backend-config", _ERROR, "A Service's BackendConfig is not there or its annotation wrong"
)
BACKEND_CONFIG_INVALID = _gke(
    "gke/backend-config-invalid", _ERROR, "A BackendConfig that GKE stops its Ingresses for"
)
BACKEND_CONFIG_PORT = _gke(
    "gke/backend-config-port",
    _WARNING,
    "The annotation cloud.google.com/backend-config names a port that is not there",
)
FIELD_NO_EFFECT = code(
    "gke/field-no-effect", _WARNING, "A field of a BackendConfig has no effect here"
)
FIELD_OF_OTHER_CLASS = _gke(
    "gke/field-of-other-class",
    _WARNING,
    "A field of a BackendConfig that GKE does not have for the class of Ingress",
)
LOGGING_OFF = _gke(
    "gke/logging-off", _WARNING, "A BackendConfig's logging says not whether it is on, so it is off"
)
NOT_GUARDED = code(
    "gke/not-guarded",
    _ERROR,
    "IAP is asked for, which Penstock does not have; requests are refused",
)
POLICY_MISSING = code(
    "gke/security-policy-not-found",
    _ERROR,
    "A BackendConfig's security policy is not there; requests are refused",
)
SECURITY_POLICY = _gke(
    "gke/security-policy-regional", _ERROR, "Cloud Armor is not for regional Ingresses"
)
HEALTH_CHECK_PORT = code(
    "gke/health-check-port", _WARNING, "A port that is probed is none that a container lists"
)
AFFINITY_OF_NODES = code(
    "gke/affinity-of-nodes", _WARNING, "Session affinity of a Service that is asked at its NodePort"
)
PROBE_PASSED_OVER = _gke(
    "gke/probe-passed-over", _INFO, "A readiness probe that no health check is made of"
)
HEALTH_CHECK = _gke("gke/health-check", _ERROR, "A health check has times that the API refuses")
TRANSPARENT_CHECK = _gke(
    "gke/transparent-health-check", _WARNING, "Transparent health checks are not enabled"
)
CAPACITY = _gke("gke/capacity", _ERROR, "An annotation on capacity is not a number in its range")
NO_CAPACITY = code(
    "gke/capacity-none", _INFO, "A Service's capacity is 0: requests are answered 503"
)
NODES = code("gke/nodes-stood-in", _INFO, "Pods are asked directly where GKE asks nodes")
NO_NODES = _gke("gke/no-nodes", _WARNING, "An instance group has no node that could be asked")
ANNOTATION_VALUE = _gke(
    "gke/annotation-value", _WARNING, "An annotation's value is not what GKE takes"
)
UNKNOWN_ANNOTATION = _gke(
    "gke/annotation-unknown", _WARNING, "An annotation that GKE does not know"
)
MISPLACED_ANNOTATION = _gke(
    "gke/annotation-misplaced", _WARNING, "An annotation on an object that GKE does not read it of"
)
NO_EFFECT = code("gke/annotation-no-effect", _INFO, "An annotation that has no effect here")
SETTING_NO_EFFECT = code(
    "gke/setting-no-effect", _INFO, "A setting that another one leaves without effect"
)
UNUSED = code("gke/unused", _INFO, "An object of GKE's kinds that nothing names")
FRONTEND = _gke("gke/frontend", _ERROR, "A front end that GKE does not set up")
FRONTEND_CONFIG = _gke(
    "gke/frontend-config-not-found", _WARNING, "An Ingress's FrontendConfig is not there"
)
FRONTEND_CONFIG_INTERNAL = _gke(
    "gke/frontend-config-internal", _WARNING, "A FrontendConfig of an internal Ingress"
)
REDIRECT = _gke(
    "gke/redirect", _ERROR, "A redirect to HTTPS that GKE refuses, or that leads nowhere"
)
SSL_POLICY = _gke("gke/ssl-policy", _ERROR, "An SSL policy that cannot be used")
STATIC_IP = _gke("gke/static-ip", _ERROR, "A static address that an Ingress cannot have")
NO_CERTIFICATE = _gke("gke/no-certificate", _WARNING, "An Ingress with TLS has no certificate")
MANAGED_CERTIFICATE = _gke(
    "gke/managed-certificate", _WARNING, "A managed certificate that is not there or not issued"
)
