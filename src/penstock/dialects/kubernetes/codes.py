"""Finding codes of what all Kubernetes dialects share: Services, endpoints, certificates."""

from __future__ import annotations

from penstock.model import Severity, code

SERVICE_MISSING = code(
    "service/missing", Severity.ERROR, "A backend names a Service that is not there"
)
SERVICE_PORT = code(
    "service/missing-port", Severity.ERROR, "A backend names a port that its Service does not have"
)
SERVICE_NOT_TCP = code("service/not-tcp", Severity.ERROR, "A backend names a port that is not TCP")
EXTERNAL_NAME = code(
    "service/external-name", Severity.ERROR, "A backend is an ExternalName Service, which is off"
)
EXTERNAL_TARGET = code(
    "service/external-name-target",
    Severity.ERROR,
    "An ExternalName Service points where no backend may be",
)
NO_ENDPOINTS = code(
    "service/no-endpoints", Severity.WARNING, "A Service has no endpoints; its routes answer 503"
)
NOT_READY = code(
    "service/not-ready", Severity.INFO, "None of a Service's endpoints is ready; 503 until one is"
)
APP_PROTOCOL = code(
    "service/app-protocol", Severity.INFO, "A Service port's appProtocol is not known"
)
ENDPOINT_REFUSED = code(
    "endpoint/refused", Severity.WARNING, "An endpoint's address cannot or may not be used"
)

CERT_MISSING = code("certificate/missing", Severity.ERROR, "A TLS Secret is not there")
CERT_TYPE = code(
    "certificate/wrong-type", Severity.WARNING, "A TLS Secret is not of type kubernetes.io/tls"
)
CERT_DATA = code(
    "certificate/missing-data", Severity.ERROR, "A TLS Secret lacks tls.crt or tls.key"
)
CERT_UNPARSABLE = code(
    "certificate/unparsable", Severity.ERROR, "A certificate or its key cannot be read"
)
CERT_MISMATCH = code(
    "certificate/key-mismatch", Severity.ERROR, "A private key belongs to another certificate"
)
CERT_ENCRYPTED = code("certificate/encrypted-key", Severity.ERROR, "A private key is encrypted")
CERT_WEAK = code("certificate/weak-key", Severity.ERROR, "An RSA key is shorter than 2048 bits")
CERT_KEY_KIND = code(
    "certificate/unsupported-key", Severity.ERROR, "A key's kind or curve cannot be served"
)
CERT_EXPIRED = code(
    "certificate/expired", Severity.ERROR, "A certificate has expired; it is served all the same"
)
CERT_EARLY = code(
    "certificate/not-yet-valid",
    Severity.ERROR,
    "A certificate is not valid yet; it is served all the same",
)
CERT_CHAIN = code(
    "certificate/chain-order", Severity.WARNING, "A certificate chain is out of order or broken"
)
CERT_UNCOVERED = code(
    "certificate/uncovered-host",
    Severity.WARNING,
    "A certificate is not valid for a host it serves",
)
OTHER_FAMILY = code(
    "ingress/annotation-family", Severity.INFO, "Annotations of another product have no effect"
)
