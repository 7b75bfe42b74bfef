"""What Envoy would refuse, found before anything is sent.

Envoy drops a whole response for one message that breaks a validation rule, and
a whole route configuration for one bad regular expression.  The rules travel in
the descriptors of the generated messages, so they can be applied here, piece by
piece: the compiler leaves out the one piece that fails and says so on the object
that caused it.
"""

from penstock.envoy.preflight.regex import (
    MAX_PROGRAM_SIZE,
    regex_problem,
    substitution_problem,
)
from penstock.envoy.preflight.rules import problems

__all__ = ["MAX_PROGRAM_SIZE", "problems", "regex_problem", "substitution_problem"]
