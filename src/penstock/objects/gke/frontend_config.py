"""FrontendConfig (networking.gke.io/v1beta1): what an Ingress asks of its front end."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class HttpsRedirectConfig(Fields, frozen=True):
    """Whether requests over plain HTTP are sent to HTTPS."""

    enabled: bool = False
    response_code_name: str | None = None


class FrontendConfigSpec(Fields, frozen=True):
    """What the user wants."""

    ssl_policy: str | None = None
    """Empty takes the policy away."""
    redirect_to_https: HttpsRedirectConfig | None = None


class FrontendConfig(Resource, frozen=True):
    """The object."""

    KIND: ClassVar[str] = "FrontendConfig"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("networking.gke.io/v1beta1",)

    spec: FrontendConfigSpec = msgspec.field(default_factory=FrontendConfigSpec)
    status: dict[str, Any] | None = None
