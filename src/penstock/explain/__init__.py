"""What becomes of a request, and why: `penstock explain`.

Pure functions over the model: no proxy is asked, nothing is sent.
"""

from penstock.explain.context import Context, Listener
from penstock.explain.explain import explain
from penstock.explain.request import Request, UrlError, parse_url
from penstock.explain.result import Explanation

__all__ = ["Context", "Explanation", "Listener", "Request", "UrlError", "explain", "parse_url"]
