"""Codes of the findings about files themselves."""

from penstock.model import Severity, code

MISSING = code("file/missing", Severity.ERROR, "A path that does not exist")
UNREADABLE = code("file/unreadable", Severity.ERROR, "A file or directory that cannot be read")
NO_MANIFESTS = code("file/no-manifests", Severity.WARNING, "A directory without manifests")
CERTIFICATE_FILE = code(
    "file/certificate-unreadable",
    Severity.ERROR,
    "A certificate or key file that a PenstockConfig names cannot be read",
)
EMPTY = code("file/empty", Severity.INFO, "A file with nothing in it")
KEPT_LAST_GOOD = code(
    "file/kept-last-good", Severity.WARNING, "The last good version of something stays live"
)
