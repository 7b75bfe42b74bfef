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
