"""Says in plain words what libyaml found wrong: what, where, why, how to mend it.

libyaml's words are about its own state machine ("did not find expected key");
the text around the place tells far more, so each explanation looks at it.
Values are never quoted, because they may be secret.
"""

from __future__ import annotations

from collections.abc import Callable

import yaml

from penstock.objects import codes
from penstock.objects.yaml import explain_indents, explain_quotes, explain_signs
from penstock.objects.yaml.place import Place
from penstock.objects.yaml.problem import BadYamlError

_Explainer = Callable[[Place], BadYamlError | None]


def explain(error: yaml.MarkedYAMLError, text: str) -> BadYamlError:
    """The problem behind an error of the parser."""
    place = Place(error, text)
    for explainer in _EXPLAINERS:
        problem = explainer(place)
        if problem is not None:
            return problem
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"This is not valid YAML: {place.problem or 'the parser gave up here'}.",
        "Compare this line and the one above it with a manifest that works.",
    )


_EXPLAINERS: tuple[_Explainer, ...] = (
    explain_indents.tab,
    explain_quotes.never_closed,
    explain_quotes.closed_too_late,
    explain_quotes.escape,
    explain_quotes.after_quote,
    explain_signs.duplicate_anchor,
    explain_signs.star_or_ampersand,
    explain_signs.undefined_alias,
    explain_signs.forbidden_start,
    explain_indents.missing_colon,
    explain_indents.two_colons,
    explain_indents.dash_on_line,
    explain_signs.bracket,
    explain_signs.block_text,
    explain_signs.stray,
    explain_indents.indentation,
    explain_signs.tag,
    explain_signs.directive,
)
