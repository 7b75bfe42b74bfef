"""Finding codes of what is known about requests without sending one."""

from typing import Final

from penstock.model import Severity, code

TEST_FAILED: Final = code(
    "compute/url-map-test-failed", Severity.ERROR, "A URL map does not do what its test expects"
)
