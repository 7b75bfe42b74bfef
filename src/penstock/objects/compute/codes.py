"""Codes of the findings on Compute resources; the messages are the API's own where it has one."""

from penstock.model import Severity, code

INVALID_VALUE = code(
    "compute/invalid-value", Severity.ERROR, "A value that the Compute API does not allow"
)
MISSING_FIELD = code(
    "compute/missing-field", Severity.ERROR, "A field that the Compute API requires is missing"
)
UNKNOWN_FIELD = code(
    "compute/unknown-field", Severity.ERROR, "A field that the Compute API does not have"
)
FIELD_NO_EFFECT = code(
    "compute/field-no-effect", Severity.INFO, "A field of the Compute API that has no effect here"
)
