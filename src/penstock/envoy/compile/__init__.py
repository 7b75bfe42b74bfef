"""Model → Envoy messages: pure, deterministic, one file per concern.

A `Compiler` lives as long as its runtime and gets one model after another; what
has not changed is not compiled again.
"""

from penstock.envoy.compile.access_log import STDOUT
from penstock.envoy.compile.compiler import Compiled, Compiler
from penstock.envoy.compile.options import CompileOptions, SocketAddress
from penstock.envoy.compile.owners import OwnerKey, Owners

__all__ = [
    "STDOUT",
    "CompileOptions",
    "Compiled",
    "Compiler",
    "OwnerKey",
    "Owners",
    "SocketAddress",
]
