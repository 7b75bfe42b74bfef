"""The walk over a resource of Cloud DNS: Compute's, in the words of this API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from penstock.model import FieldPath
from penstock.objects.compute.walk import ComputeWalk
from penstock.objects.dns.base import DnsResource
from penstock.objects.dns.wording import Wording
from penstock.objects.problem import Harm, Problem
from penstock.objects.schema import TextAt


class DnsWalk(ComputeWalk):
    """One walk over one resource."""

    def __init__(
        self, kind: type[DnsResource], text_at: TextAt, dropped: Collection[FieldPath] = ()
    ) -> None:
        super().__init__(kind, text_at, dropped)
        self._wording = Wording(kind.ENTITY)

    def say_invalid(
        self,
        path: FieldPath,
        value: Any,
        reason: str,
        hint: str = "",
        harm: Harm = Harm.LEAVES_OUT,
    ) -> Problem:
        """A value that is not allowed."""
        return self._wording.invalid(path, value, reason, hint, harm)

    def say_required(self, path: FieldPath, name: str) -> Problem:
        """A field that is missing."""
        return self._wording.required(path, name)

    def say_unknown(self, path: FieldPath, hint: str, meant: str) -> Problem:
        """A field that is not known."""
        return self._wording.unknown(path, hint, meant)
