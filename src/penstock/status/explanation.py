"""`penstock explain` for a revision: brings together the model and what runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from penstock.envoy.admin import ClusterStatus
from penstock.explain import Context, Listener, Request, UrlError, explain, parse_url
from penstock.model import BackendServiceName, CertificateName
from penstock.runtime.fleets import together
from penstock.runtime.instance import Instance
from penstock.runtime.revision import Revision
from penstock.status.report import Json


class Question(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked, as the control API takes it."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    client: str | None = None
    load_balancer: str | None = None


def parse(question: object) -> Request:
    """The request that a question is about.

    Raises:
        UrlError: it is no question, or not about an HTTP URL.
    """
    try:
        asked = msgspec.convert(question, Question)
    except msgspec.ValidationError as error:
        raise UrlError(f"not understood: {error}") from error
    return parse_url(asked.url, asked.method, asked.headers, asked.client, asked.load_balancer)


def of_files(revision: Revision, request: Request) -> Json:
    """What would become of a request if these files ran.

    Raises:
        UrlError: the request asks for a load balancer that is not there.
    """
    return explain(revision.model, request, _context(revision)).as_dict()


async def of_instance(instance: Instance, revision: Revision, request: Request) -> Json:
    """What becomes of a request now; raises as `of_files` does."""
    generated = instance.authority.fulfil(revision.model.certificate_requests)
    context = _context(
        revision,
        health=_flags(await together.health(instance.fleets.running)),
        expiries={name: certificate.not_after for name, certificate in generated.items()},
        notes=_notes(instance, revision),
    )
    return explain(revision.model, request, context).as_dict()


def _context(
    revision: Revision,
    health: Mapping[BackendServiceName, Mapping[str, tuple[str, ...]]] | None = None,
    expiries: Mapping[CertificateName, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Context:
    return Context(
        listeners={
            name: Listener(bound.address, bound.port) for name, bound in revision.bindings.items()
        },
        health=health,
        shares=revision.shares,
        expiries=expiries or {},
        now=dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        findings=revision.findings,
        notes=notes,
    )


def _flags(
    health: Mapping[str, ClusterStatus],
) -> Mapping[BackendServiceName, Mapping[str, tuple[str, ...]]] | None:
    """None if the proxy did not answer: then nothing is known of health."""
    if not health:
        return None
    return {
        BackendServiceName(name): {e.address: e.health_flags for e in cluster.endpoints}
        for name, cluster in health.items()
    }


def _notes(instance: Instance, revision: Revision) -> tuple[str, ...]:
    """Where the proxies may do otherwise than the revision says."""
    notes = []
    for region, proxy in instance.fleets.states:
        if proxy.nacks:
            notes.append(f"proxy {proxy.node_id} rejects part of the configuration")
        elif proxy.revision != revision.id_in(region):
            notes.append(f"proxy {proxy.node_id} does not serve this revision yet")
    if not instance.fleets.states:
        notes.append("no proxy is connected")
    return tuple(notes)
