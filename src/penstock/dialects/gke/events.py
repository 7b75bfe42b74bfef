"""Events that GKE's controllers would write onto Ingresses and Services of this input.

Only those that tell how things are: what needs a history (``Scheduled for sync``,
``UrlMap … created``) is left out.  Reasons and texts: ingress-gce, pkg/controller,
pkg/loadbalancers and pkg/neg.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from penstock.dialects.gke import codes
from penstock.dialects.gke.exposed import ExposedGroup, conflict
from penstock.dialects.gke.failure import PROCESS, SYNC, TRANSLATE, Failure, place_order
from penstock.dialects.gke.front import BOTH_INTERNAL, HTTP_ONLY, Front
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.gke.routes import Resolved
from penstock.dialects.kubernetes import codes as shared_codes
from penstock.model import GKE, ObjectEvent

WARNING: Final = "Warning"
ADDRESS: Final = "IPChanged"
"""The reason of the event that says an Ingress's address."""
_SYNC: Final = "Sync"
_WILL_NOT: Final = "WillNotConfigureFrontend"
_INTERNAL: Final = "error invalid internal ingress https config"
"""How the synchronisation fails where the controller will not configure the front end."""


def ingress_events(plan: IngressPlan, front: Front, resolved: Resolved) -> tuple[ObjectEvent, ...]:
    """Of one Ingress: a failed translation ends everything, a failed synchronisation comes last."""
    event, texts = verdict(plan, front, resolved)
    if event == TRANSLATE:
        return (ObjectEvent(WARNING, "Translate", f"{TRANSLATE}: {'; '.join(texts)}"),)
    events = [*_of_front(plan, front)]
    if BOTH_INTERNAL in texts:
        events.append(ObjectEvent(WARNING, _WILL_NOT, f"{BOTH_INTERNAL}."))
    if texts:
        said = "; ".join(_INTERNAL if text == BOTH_INTERNAL else text for text in texts)
        events.append(ObjectEvent(WARNING, _SYNC, f"{SYNC}: {said}"))
    return tuple(events)


def verdict(plan: IngressPlan, front: Front, resolved: Resolved) -> tuple[str, list[str]]:
    """What GKE would stop an Ingress for: how its event begins, and the texts, each once.

    After a failed translation nothing else is tried.
    """
    failures = sorted((*plan.failures, *resolved.failures), key=lambda f: place_order(f.place))
    early = [failure.text for failure in failures if failure.event == TRANSLATE]
    if early:
        return TRANSLATE, list(dict.fromkeys(early))
    late = (failure.text for failure in failures)
    return SYNC, list(dict.fromkeys((*late, *front.failures)))


def service_events(
    failures: Iterable[Failure], refused: Iterable[ExposedGroup]
) -> dict[str, list[ObjectEvent]]:
    """Of Services (as people write them) that get no network endpoint groups, or not all."""
    found: dict[str, dict[ObjectEvent, None]] = {}
    for failure in failures:
        if failure.service:
            event = ObjectEvent(WARNING, PROCESS, failure.service_text)
            found.setdefault(f"Service {failure.service}", {})[event] = None
    for group in refused:
        text = f'Failed to sync NEG "{group.at.name}" (will retry): {conflict(group)}'
        event = ObjectEvent(WARNING, "SyncNetworkEndpointGroupFailed", text)
        found.setdefault(group.port.service.ref, {})[event] = None
    return {ref: list(events) for ref, events in found.items()}


def _of_front(plan: IngressPlan, front: Front) -> Iterator[ObjectEvent]:
    secrets = {setting.origin: setting.value for setting in plan.secrets}
    verdicts = [finding for finding in front.findings if finding.about == GKE]
    for finding in verdicts:
        name = secrets.get(finding.origin)
        if finding.code == shared_codes.CERT_MISSING.name and name is not None:
            text = f'Could not find TLS certificate: secrets "{name}" not found'
            yield ObjectEvent(WARNING, _SYNC, text)
    if any(HTTP_ONLY in finding.message for finding in verdicts):
        yield ObjectEvent(WARNING, _SYNC, HTTP_ONLY)
    if any(finding.code == codes.FRONTEND_CONFIG.name for finding in verdicts):
        yield ObjectEvent(WARNING, _SYNC, "Error: no FrontendConfig for Ingress exists.")
