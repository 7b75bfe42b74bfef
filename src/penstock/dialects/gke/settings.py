"""What an Ingress's annotations say, as values."""

from __future__ import annotations

from typing import Final

import msgspec

from penstock.dialects.gke import annotations as names
from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import annotation_origin
from penstock.model import Finding, Setting
from penstock.objects.gke.annotations import FRONTEND_CONFIG
from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
"""What Go's ParseBool takes."""


_NAMES: Final = (names.GLOBAL_IP, names.REGIONAL_IP, FRONTEND_CONFIG)
"""Annotations that name something: all of the text is the name."""
_LISTS: Final = (names.PRE_SHARED, names.MANAGED)
"""Those that name several."""


class IngressSettings(msgspec.Struct, frozen=True):
    """The annotations that decide about a front end."""

    allow_http: Setting[bool]
    global_ip: Setting[str] | None = None
    regional_ip: Setting[str] | None = None
    pre_shared: tuple[Setting[str], ...] = ()
    managed: tuple[Setting[str], ...] = ()
    frontend_config: Setting[str] | None = None

    @property
    def static_ip(self) -> Setting[str] | None:
        """The name of the static address: the controller takes it of either annotation."""
        return self.regional_ip or self.global_ip


def read_settings(ingress: Object[Ingress], findings: list[Finding]) -> IngressSettings:
    """Read an Ingress's annotations."""
    for name in (*_NAMES, *_LISTS):
        written = ingress.annotations.get(name)
        if written is not None and not (written.strip(" ,") if name in _LISTS else written):
            origin = annotation_origin(ingress, name)
            findings.append(codes.SETTING_NO_EFFECT.at(origin, f"{name} names nothing"))
    return IngressSettings(
        allow_http=_allow_http(ingress, findings),
        global_ip=_text(ingress, names.GLOBAL_IP),
        regional_ip=_text(ingress, names.REGIONAL_IP),
        pre_shared=_listed(ingress, names.PRE_SHARED),
        managed=_listed(ingress, names.MANAGED),
        frontend_config=_text(ingress, FRONTEND_CONFIG),
    )


def _allow_http(ingress: Object[Ingress], findings: list[Finding]) -> Setting[bool]:
    written = ingress.annotations.get(names.ALLOW_HTTP)
    if written is None:
        return Setting(True, defaults.ORIGIN)
    origin = annotation_origin(ingress, names.ALLOW_HTTP)
    if written not in _TRUE | _FALSE:
        message = f"{names.ALLOW_HTTP} is not a bool: {written[:80]!r}; GKE takes it for true"
        findings.append(codes.ANNOTATION_VALUE.at(origin, message, 'write "true" or "false"'))
    return Setting(written not in _FALSE, origin)


def _text(ingress: Object[Ingress], name: str) -> Setting[str] | None:
    written = ingress.annotations.get(name, "")
    return Setting(written, annotation_origin(ingress, name)) if written else None


def _listed(ingress: Object[Ingress], name: str) -> tuple[Setting[str], ...]:
    """Names parted by commas, each once."""
    written = ingress.annotations.get(name, "")
    words = dict.fromkeys(word.strip() for word in written.split(","))
    origin = annotation_origin(ingress, name)
    return tuple(Setting(word, origin) for word in words if word)
