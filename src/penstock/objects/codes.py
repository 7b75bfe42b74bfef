"""Codes of the findings that reading input gives, from bytes up to single objects."""

from penstock.model import Severity, code

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

# The file's bytes.
NOT_UTF8 = code("file/not-utf-8", _ERROR, "The file is not UTF-8 text")
CONTROL_CHARACTER = code("file/control-character", _ERROR, "A character that no manifest may hold")
TOO_BIG = code("file/too-big", _ERROR, "The file is too big to be read as manifests")
NOT_KUBERNETES = code("file/not-kubernetes", _WARNING, "A document that is no Kubernetes object")
HELM_TEMPLATE = code("file/helm-template", _ERROR, "A template that must be rendered first")

# YAML.
SYNTAX = code("yaml/syntax", _ERROR, "The document is not valid YAML or JSON")
TAB = code("yaml/tab", _ERROR, "A tab where YAML wants spaces")
INDENTATION = code("yaml/indentation", _ERROR, "A line is indented wrongly")
UNCLOSED_QUOTE = code("yaml/unclosed-quote", _ERROR, "A quote that is never closed")
DUPLICATE_KEY = code("yaml/duplicate-key", _ERROR, "A key that is written twice")
UNDEFINED_ALIAS = code("yaml/undefined-alias", _ERROR, "An alias without an anchor")
ALIAS_BOMB = code("yaml/alias-bomb", _ERROR, "Aliases that expand beyond all bounds")
TOO_DEEP = code("yaml/too-deep", _ERROR, "Values are nested too deeply")

# What an object is.
MISSING_API_VERSION = code("object/missing-api-version", _ERROR, "An object without apiVersion")
MISSING_KIND = code("object/missing-kind", _ERROR, "An object without kind")
KIND_MISSPELT = code("object/kind-misspelt", _ERROR, "A kind that is spelt wrongly")
OLD_API_VERSION = code("object/old-api-version", _ERROR, "An apiVersion that was removed")
WRONG_API_VERSION = code(
    "object/wrong-api-version", _ERROR, "An apiVersion that does not carry the kind"
)
UNKNOWN_KIND = code("object/unknown-kind", _INFO, "A kind that Penstock does not know")
NOT_SUPPORTED_YET = code(
    "object/not-supported-yet", _INFO, "A load-balancing kind that is not supported yet"
)
DUPLICATE = code("object/duplicate", _ERROR, "Two objects of one kind, namespace and name")

# Its fields.
UNKNOWN_FIELD = code("object/unknown-field", _WARNING, "A field that the kind does not have")
MISPLACED_FIELD = code("object/misplaced-field", _ERROR, "A field in the wrong place")
OLD_FIELD = code("object/old-field", _ERROR, "A field of an API version that was removed")
WRONG_TYPE = code("object/wrong-type", _ERROR, "A value of the wrong type")
NOT_TEXT = code("object/not-text", _ERROR, "A label, annotation or data value that is not text")
MISSING_FIELD = code("object/missing-field", _ERROR, "A required field is missing")

# Its metadata.
MISSING_NAME = code("object/missing-name", _ERROR, "An object without a name")
BAD_NAME = code("object/bad-name", _ERROR, "A name that Kubernetes does not allow")
BAD_LABEL = code("object/bad-label", _ERROR, "A label or annotation that Kubernetes does not allow")

# What kinds ask of their values.
INVALID_HOST = code("object/invalid-host", _ERROR, "A host name that Kubernetes does not allow")
INVALID_PATH = code("object/invalid-path", _ERROR, "A path that Kubernetes does not allow")
INVALID_BACKEND = code("object/invalid-backend", _ERROR, "A backend that leads nowhere")
INVALID_PORT = code("object/invalid-port", _ERROR, "A port that Kubernetes does not allow")
INVALID_ADDRESS = code("object/invalid-address", _ERROR, "An address that is none of its type")
INVALID_VALUE = code("object/invalid-value", _ERROR, "A value that Kubernetes does not allow")
INVALID_DATA = code("object/invalid-data", _ERROR, "Secret data that is not base64")
SELECTOR_MISMATCH = code(
    "object/selector-mismatch", _ERROR, "A selector that does not match its own pod template"
)
