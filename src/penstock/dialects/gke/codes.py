"""Finding codes of the dialect `gke`."""

from __future__ import annotations

from penstock.model import Severity, code

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

CLASS_ASSUMED = code("gke/class-assumed", _INFO, "An Ingress without class is taken for GKE's")
CLASS_IGNORED = code(
    "gke/class-ignored", _WARNING, "GKE does not read its classes from spec.ingressClassName"
)
CLASS_MULTI = code("gke/class-multi-cluster", _INFO, "A class that makes no load balancer")
NOT_SYNCED = code(
    "gke/not-synced", _ERROR, "An Ingress that GKE would not make a load balancer of is left out"
)
BAD_PATH = code("gke/invalid-path", _ERROR, "A path that GKE does not take; it answers 500")
BAD_BACKEND = code("gke/invalid-backend", _ERROR, "A backend that GKE does not take")
DUPLICATE_HOST = code(
    "gke/duplicate-host", _WARNING, "A later rule for the same host takes an earlier one's place"
)
DUPLICATE_PATH = code(
    "gke/duplicate-path", _WARNING, "A later path of the same host takes an earlier one's place"
)
SERVICE_MISSING = code("gke/service-not-found", _ERROR, "A backend's Service is not there")
PORT_MISSING = code("gke/port-not-found", _ERROR, "A backend's Service does not have its port")
SERVICE_TYPE = code(
    "gke/service-type", _ERROR, "A Service that needs network endpoint groups or a node port"
)
NEG_ANNOTATION = code("gke/neg-annotation", _ERROR, "The annotation cloud.google.com/neg is wrong")
NEG_MISSING = code(
    "gke/neg-missing",
    _WARNING,
    "A Service of a regional Ingress lacks the annotation cloud.google.com/neg",
)
APP_PROTOCOLS = code(
    "gke/app-protocols", _ERROR, "The annotation cloud.google.com/app-protocols is wrong"
)
APP_PROTOCOL_PORT = code(
    "gke/app-protocols-port",
    _WARNING,
    "The annotation cloud.google.com/app-protocols names a port that is not there",
)
BACKEND_CONFIG = code(
    "gke/backend-config", _ERROR, "A Service's BackendConfig is not there or its annotation wrong"
)
BACKEND_CONFIG_PORT = code(
    "gke/backend-config-port",
    _WARNING,
    "The annotation cloud.google.com/backend-config names a port that is not there",
)
FIELD_NO_EFFECT = code(
    "gke/field-no-effect", _WARNING, "A field of a BackendConfig has no effect here"
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
SECURITY_POLICY = code(
    "gke/security-policy-regional", _ERROR, "Cloud Armor is not for regional Ingresses"
)
HEALTH_CHECK = code(
    "gke/health-check", _ERROR, "A health check's timeout is longer than its interval"
)
CAPACITY = code("gke/capacity", _ERROR, "An annotation on capacity is not a number in its range")
NODES = code("gke/nodes-stood-in", _INFO, "Pods are asked directly where GKE asks nodes")
NO_NODES = code("gke/no-nodes", _WARNING, "An instance group has no node that could be asked")
ANNOTATION_VALUE = code(
    "gke/annotation-value", _WARNING, "An annotation's value is not what GKE takes"
)
UNKNOWN_ANNOTATION = code(
    "gke/annotation-unknown", _WARNING, "An annotation that GKE does not know"
)
MISPLACED_ANNOTATION = code(
    "gke/annotation-misplaced", _WARNING, "An annotation on an object that GKE does not read it of"
)
NO_EFFECT = code("gke/annotation-no-effect", _INFO, "An annotation that has no effect here")
FRONTEND = code("gke/frontend", _ERROR, "A front end that GKE does not set up")
FRONTEND_CONFIG = code(
    "gke/frontend-config-not-found", _WARNING, "An Ingress's FrontendConfig is not there"
)
REDIRECT = code(
    "gke/redirect", _ERROR, "A redirect to HTTPS that GKE refuses, or that leads nowhere"
)
SSL_POLICY = code("gke/ssl-policy", _ERROR, "An SSL policy that cannot be used")
STATIC_IP = code("gke/static-ip", _ERROR, "A static address that an Ingress cannot have")
NO_CERTIFICATE = code("gke/no-certificate", _WARNING, "An Ingress with TLS has no certificate")
MANAGED_CERTIFICATE = code(
    "gke/managed-certificate", _WARNING, "A managed certificate that is not there or not issued"
)
