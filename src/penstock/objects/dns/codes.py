"""Codes of the findings on Cloud DNS resources; the messages begin as the API's own do."""

from penstock.model import Severity, code

INVALID_VALUE = code("dns/invalid-value", Severity.ERROR, "A value that Cloud DNS does not allow")
MISSING_FIELD = code(
    "dns/missing-field", Severity.ERROR, "A field that Cloud DNS requires is missing"
)
UNKNOWN_FIELD = code("dns/unknown-field", Severity.ERROR, "A field that Cloud DNS does not have")
FIELD_NO_EFFECT = code(
    "dns/field-no-effect", Severity.INFO, "A field of Cloud DNS that has no effect here"
)
