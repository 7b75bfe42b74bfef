"""Finding codes of the dialect `ingress`."""

from __future__ import annotations

from penstock.model import Severity, code

CLASS_UNKNOWN = code(
    "ingress/class-unknown", Severity.WARNING, "An Ingress names a class that is not there"
)
CLASS_OTHER = code("ingress/class-other", Severity.INFO, "An Ingress belongs to another controller")
CLASS_NGINX = code(
    "ingress/class-nginx", Severity.INFO, "Ingresses of ingress-nginx are served in local mode"
)
CLASS_NONE = code(
    "ingress/class-none", Severity.INFO, "An Ingress has no class and there is no default class"
)
CLASS_CONTROLLER = code(
    "ingress/class-controller-unknown",
    Severity.WARNING,
    "An IngressClass names a controller of Penstock's domain that does not exist",
)
CLASS_TWICE = code(
    "ingress/class-twice", Severity.WARNING, "An Ingress names its class in two places"
)
CLASS_DEFAULTS = code(
    "ingress/class-defaults", Severity.WARNING, "Several IngressClasses are the default"
)
BAD_HOST = code("ingress/bad-host", Severity.ERROR, "A host is not a DNS name; it is left out")
BAD_PATH = code("ingress/bad-path", Severity.ERROR, "A path cannot be served; it answers 500")
PATH_LITERAL = code(
    "ingress/path-literal", Severity.WARNING, "A path has regex characters that are plain text here"
)
PATH_UNREACHABLE = code(
    "ingress/path-unreachable", Severity.WARNING, "A path that no request can have"
)
REGEX_PATH = code(
    "ingress/regex-path", Severity.WARNING, "A Prefix or Exact path is read as a regex"
)
BAD_REGEX = code("ingress/bad-regex", Severity.ERROR, "A regex cannot be served; it answers 500")
REWRITE_GROUP = code(
    "ingress/rewrite-group", Severity.WARNING, "rewrite-target names a group the path does not have"
)
REWRITE_TARGET = code(
    "ingress/rewrite-target", Severity.ERROR, "rewrite-target is not an absolute path"
)
REWRITE_UNSUPPORTED = code(
    "ingress/rewrite-unsupported", Severity.WARNING, "A part of rewrite-target has no effect"
)
DUPLICATE_PATH = code(
    "ingress/duplicate-path", Severity.WARNING, "Two rules claim the same host and path"
)
DUPLICATE_DEFAULT = code(
    "ingress/duplicate-default-backend",
    Severity.WARNING,
    "Several Ingresses of one class have a default backend",
)
RESOURCE_BACKEND = code(
    "ingress/resource-backend", Severity.ERROR, "A backend is a resource, not a Service"
)
BAD_BACKEND = code(
    "ingress/bad-backend", Severity.ERROR, "A backend is incomplete or contradictory"
)
CANARY = code("ingress/canary", Severity.WARNING, "A canary Ingress is left out")
NO_EFFECT = code(
    "ingress/annotation-no-effect",
    Severity.WARNING,
    "An annotation is recognised and has no effect",
)
UNKNOWN_ANNOTATION = code(
    "ingress/annotation-unknown", Severity.WARNING, "An annotation of a known family is not known"
)
ANNOTATION_VALUE = code(
    "ingress/annotation-value", Severity.WARNING, "An annotation's value is not understood"
)
TLS_DUPLICATE = code(
    "ingress/tls-duplicate-host", Severity.WARNING, "Two Secrets of one key type claim one name"
)
TLS_NO_SECRET = code("ingress/tls-no-secret", Severity.ERROR, "A tls entry names no Secret")
