"""What resources of Cloud DNS have in common.

They are flat like Compute's, in the shape that ``gcloud dns record-sets describe``,
``list`` and ``export`` and the API print.  A record set does not say which zone it
is in; its name does.

https://docs.cloud.google.com/dns/docs/reference/rest/v1
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from penstock.model import FieldPath
from penstock.objects.meta import Resource

PREFIX = "dns#"


class DnsFields(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True
):
    """A part of a resource; what is not written is None."""


class DnsResource(Resource, frozen=True, kw_only=True):
    """A record set or a zone.

    Subclasses set `KIND`, ``dns#`` and the singular, and `ENTITY`.
    """

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("dns/v1",)
    NAMESPACED: ClassVar[bool] = False
    NAME_PATH: ClassVar[FieldPath] = ("name",)
    ENTITY: ClassVar[str]
    """What the API's messages call it."""

    api_version: str = "dns/v1"
    name: str

    @property
    def identity(self) -> tuple[str, str]:
        """Nothing, and the name."""
        return self.named({"name": self.name})

    @classmethod
    def named(cls, value: dict[str, object]) -> tuple[str, str]:
        """The identity of a plain value; without a name both parts are empty."""
        name = value.get("name")
        return ("", name if isinstance(name, str) else "")

    @classmethod
    def reference(cls, namespace: str, name: str) -> str:
        """``managedZone web``; ``resourceRecordSet A api.example.com.``."""
        kind = cls.KIND.removeprefix(PREFIX)
        return " ".join(part for part in (kind, namespace, name) if part)
