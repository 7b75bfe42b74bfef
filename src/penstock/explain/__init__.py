"""What becomes of a request, and why: `penstock explain`.

Pure functions over the model: no proxy is asked, nothing is sent.
"""

from penstock.explain.context import Context, Listener
from penstock.explain.explain import explain
from penstock.explain.request import Request, UrlError, parse_url
from penstock.explain.result import Explanation
from penstock.explain.url_map_tests import TestOutcome, evaluate, evaluate_all

__all__ = [
    "Context",
    "Explanation",
    "Listener",
    "Request",
    "TestOutcome",
    "UrlError",
    "evaluate",
    "evaluate_all",
    "explain",
    "parse_url",
]
