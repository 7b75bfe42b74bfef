"""What a translation may assume: local or cluster mode, and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """Given by the caller, because dialects read neither clocks nor settings themselves."""

    now: datetime
    """Aware; decides which certificates have expired."""
    local: bool = True
    """Ingresses without a class are handled, missing certificates become requests."""
    stand_ins: bool = False
    """Whether stand-ins take the place of what is not on this machine: of pods, and then nodes
    elsewhere are not asked."""
    strict: bool = False
    """Vendors' behaviour instead of isolation, where a dialect knows the difference."""
    allow_external_names: bool = False
    """Whether Services of type ExternalName may be backends."""
