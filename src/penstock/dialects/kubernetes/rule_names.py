"""What a rule of an Ingress is called in the model: by its place, counted as it was written."""

from __future__ import annotations

from penstock.model import Origin


def rule_name(origin: Origin) -> str:
    """``rules[1]`` or ``rules[1].paths[0]``, of a rule or a path of an Ingress."""
    rule, *path = (step for step in origin.written if isinstance(step, int))
    return "".join((f"rules[{rule}]", *(f".paths[{place}]" for place in path)))
