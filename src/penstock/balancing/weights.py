"""Parts of a whole → whole numbers, as few different ones as serve the purpose.

Coarse on purpose: a weight that changes is sent to every proxy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_STEPS: Final = 200
"""In how many steps a share goes from nothing to all; more where there are many groups."""
_STEPS_EACH: Final = 50


def whole_weights(parts: Sequence[float]) -> list[int]:
    """Weights in the proportion of the parts, without a common divisor.

    What is more than nothing gets at least one step, whatever the rounding.
    """
    used = [part for part in parts if part > 0]
    if not used:
        return [0] * len(parts)
    whole, steps = sum(used), max(_STEPS, _STEPS_EACH * len(used))
    rounded = [max(1, round(part / whole * steps)) if part > 0 else 0 for part in parts]
    divisor = math.gcd(*rounded)
    return [weight // divisor for weight in rounded]
