"""Finding codes of the Envoy plane."""

from typing import Final

from penstock.model import Severity, code

INVALID_RESOURCE: Final = code(
    "envoy/invalid-resource", Severity.ERROR, "The proxy would refuse what this is compiled to"
)
INVALID_REGEX: Final = code(
    "envoy/invalid-regex", Severity.ERROR, "The proxy cannot use this regular expression"
)
MISSING_CERTIFICATE: Final = code(
    "envoy/missing-certificate", Severity.ERROR, "A target proxy's certificate is not there"
)
CIPHER_UNAVAILABLE: Final = code(
    "envoy/cipher-unavailable",
    Severity.WARNING,
    "An SSL policy names what the proxy's TLS library does not have",
)
ALLOWLIST_IGNORED: Final = code(
    "envoy/allowlist-ignored",
    Severity.WARNING,
    "A client certificate is allowed by its fingerprint alone, which the proxy cannot do",
)
NAME_UNCHECKED: Final = code(
    "envoy/backend-name-unchecked",
    Severity.WARNING,
    "A backend's certificate must have a name, but any issuer is trusted",
)
INVALID_VIA: Final = code(
    "envoy/invalid-via", Severity.WARNING, "The proxy's name for the `Via` header is none"
)
