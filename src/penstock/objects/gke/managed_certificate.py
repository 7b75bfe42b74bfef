"""ManagedCertificate (networking.gke.io/v1): a certificate that Google issues and renews."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class ManagedCertificateSpec(Fields, frozen=True):
    """What the user wants."""

    domains: tuple[str, ...] = ()
    """Names that the certificate is for."""


class ManagedCertificate(Resource, frozen=True):
    """The object."""

    KIND: ClassVar[str] = "ManagedCertificate"
    API_VERSIONS: ClassVar[tuple[str, ...]] = (
        "networking.gke.io/v1",
        "networking.gke.io/v1beta2",
        "networking.gke.io/v1beta1",
    )

    spec: ManagedCertificateSpec = msgspec.field(default_factory=ManagedCertificateSpec)
    status: dict[str, Any] | None = None
