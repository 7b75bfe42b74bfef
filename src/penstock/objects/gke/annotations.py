"""What Services' annotations of GKE say, read leniently: what is wrong with them says nothing.

Who serves Services reads them strictly and has findings; stand-ins only follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

NEG: Final = "cloud.google.com/neg"
APP_PROTOCOLS: Final = "cloud.google.com/app-protocols"
ALPHA_APP_PROTOCOLS: Final = "service.alpha.kubernetes.io/app-protocols"
BACKEND_CONFIG: Final = "cloud.google.com/backend-config"
BETA_BACKEND_CONFIG: Final = "beta.cloud.google.com/backend-config"
PROTOCOL_NAMES: Final = (ALPHA_APP_PROTOCOLS, APP_PROTOCOLS)
"""Two spellings of one annotation: the older one is looked at first."""
CONFIG_NAMES: Final = (BACKEND_CONFIG, BETA_BACKEND_CONFIG)
"""The same, the newer one first."""
FRONTEND_CONFIG: Final = "networking.gke.io/v1beta1.FrontendConfig"
WRITTEN: Final = tuple(
    f"ingress.kubernetes.io/{name}"
    for name in (
        "url-map",
        "redirect-url-map",
        "forwarding-rule",
        "https-forwarding-rule",
        "target-proxy",
        "https-target-proxy",
        "ssl-cert",
        "static-ip",
        "backends",
    )
)
"""What the controller writes onto Ingresses that it has made."""
TRANSPARENT_CHECK: Final = "networking.gke.io/transparent-health-checker"
LIMITING: Final = frozenset(
    {"kubernetes.io/ingress.class", BACKEND_CONFIG, BETA_BACKEND_CONFIG, FRONTEND_CONFIG}
)
"""Who serves an object, who gets through to it and how: without one of these more would be let
through than its author asked for."""


def json_object(text: str) -> dict[str, Any] | None:
    """The text as a JSON object; None if it is none.  To Go's decoder ``null`` is an empty one."""
    try:
        value = json.loads(text)
        if "\\ud" in text.lower():
            value = json.loads(_without_lone_surrogates(value))
    except (ValueError, RecursionError):
        return None
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


def _without_lone_surrogates(value: Any) -> str:
    """The value as JSON, with U+FFFD for halves of characters, as Go's decoder has it: no text of
    this world can be written with them."""
    written = json.dumps(value, ensure_ascii=False)
    return written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def json_fields(text: str) -> dict[str, Any] | None:
    """The text as a JSON object with fields of its own, in lower case; None if it is none.

    Go's decoder, which the controller uses, does not mind the case of fields: what is under
    ``Default`` counts.
    """
    value = json_object(text)
    return None if value is None else {name.lower(): found for name, found in value.items()}


def is_text(value: Any) -> bool:
    """Whether a decoded value is a string, as Go's decoder wants it for one."""
    return isinstance(value, str)


def of_port(ports: Mapping[str, str], name: str, number: int, default: str) -> str:
    """The name that a port has in an annotation: by its name (empty, too), number, else `default`.

    A port that is there with an empty name has none (ingress-gce, pkg/backendconfig).
    """
    return ports.get(name, ports.get(str(number), default))


def first_of(annotations: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The first of some annotations that is there."""
    return next((name for name in names if name in annotations), None)


def app_protocol(annotations: Mapping[str, str], port_name: str) -> str | None:
    """``HTTP``, ``HTTPS`` or ``HTTP2`` for a port; None if nobody says."""
    name = first_of(annotations, PROTOCOL_NAMES)
    value = json_object(annotations[name]) if name else None
    word = value.get(port_name) if value else None
    return word if isinstance(word, str) else None


def backend_config(annotations: Mapping[str, str], port_name: str, number: int) -> str | None:
    """The name of a port's BackendConfig; None if it has none."""
    name = first_of(annotations, CONFIG_NAMES)
    value = json_fields(annotations[name]) if name else None
    if value is None:
        return None
    ports = value.get("ports")
    found = of_port(
        ports if isinstance(ports, dict) else {}, port_name, number, value.get("default") or ""
    )
    return found if isinstance(found, str) and found else None
