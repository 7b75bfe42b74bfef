"""What firewalls have to let through, and because of what: `penstock show firewall`.

Three kinds of connections: clients to load balancers, proxies to endpoints, health
checks to endpoints.  Each row says where they come from here and where they would come
from in Google Cloud, where rules are about endpoints only: none applies to the address
of a load balancer, and health checks come out of Google's own ranges.

https://docs.cloud.google.com/load-balancing/docs/firewall-rules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from penstock.model import (
    BackendService,
    BackendServiceName,
    Endpoint,
    Forward,
    LoadBalancer,
    Model,
    UrlMap,
)
from penstock.runtime.proxy_sources import ProxySources
from penstock.runtime.revision import Revision
from penstock.status.report import Json

ANY: Final = "any"
THIS_MACHINE: Final = "this machine"
PROBERS_V4: Final = ("130.211.0.0/22", "35.191.0.0/16")
PROBERS_V6: Final = ("2600:2d00:1:b029::/64",)
"""Google's health checks of internal load balancers' backends."""
_CLOUD_DIALECTS: Final = ("compute", "gke")


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """Connections that a firewall has to let through."""

    kind: str
    """``clients``, ``proxies`` or ``probes``."""
    sources: tuple[str, ...] = msgspec.field(name="from")
    """CIDRs and addresses, `ANY`, or `THIS_MACHINE` for whatever address it connects from."""
    from_google_cloud: tuple[str, ...]
    """CIDRs in the cloud; empty where no rule is needed there."""
    refused: tuple[str, ...]
    """Of clients: CIDRs that the load balancer refuses by itself."""
    to: tuple[str, ...]
    """Addresses, DNS names, or pods of which no address is known."""
    ports: tuple[int, ...]
    protocol: str
    because: str
    """Of what, in words."""
    origin: str
    """Where that is written."""


def firewall(revision: Revision, written: Model | None = None) -> list[Json]:
    """All rows; `written` is the model with endpoints as they are written, without stand-ins."""
    rows = [*_clients(revision, written), *_Backends(revision, written).rows()]
    plain: list[Json] = msgspec.json.decode(msgspec.json.encode(rows))
    return plain


def _clients(revision: Revision, written: Model | None) -> Iterator[Row]:
    for lb in revision.model.load_balancers.values():
        for rule in lb.forwarding_rules:
            bound = revision.bindings.get(rule.name)
            if bound is None:
                continue
            as_written = written is not None and rule.address is not None
            access = rule.access.value.ranges if rule.access else ()
            yield Row(
                kind="clients",
                sources=(ANY,),
                from_google_cloud=(),
                refused=tuple(r.range for r in access if not r.allowed),
                to=(rule.address.value if as_written and rule.address else bound.address,),
                ports=(rule.port if written is not None else bound.port,),
                protocol="TCP",
                because=f"load balancer {lb.name}",
                origin=(rule.origin or lb.origin).describe(),
            )


class _Backends:
    """Rows about endpoints, for each backend service that a load balancer reaches."""

    def __init__(self, revision: Revision, written: Model | None) -> None:
        self._model = revision.model
        self._written = written
        self._here = ProxySources().usable(revision.model)[0].backend_services

    def rows(self) -> Iterator[Row]:
        """Of proxies and probes, by backend service."""
        users: dict[BackendServiceName, list[LoadBalancer]] = {}
        for lb in self._model.load_balancers.values():
            for name in sorted(set(_reached(self._model, lb))):
                users.setdefault(name, []).append(lb)
        for name in sorted(users):
            service = self._model.backend_services[name]
            yield from self._proxies(service, users[name])
            yield from self._probes(service, users[name])

    def _proxies(self, service: BackendService, lbs: list[LoadBalancer]) -> Iterator[Row]:
        names = ", ".join(lb.name for lb in lbs)
        for to, ports in _by_ports(self._endpoints(service.name)):
            yield Row(
                kind="proxies",
                sources=self._proxies_here(service),
                from_google_cloud=_proxies_there(lbs),
                refused=(),
                to=to,
                ports=ports,
                protocol="TCP",
                because=f"backend service {service.name} of load balancer {names}",
                origin=service.origin.describe(),
            )

    def _probes(self, service: BackendService, lbs: list[LoadBalancer]) -> Iterator[Row]:
        if service.health_check is None:
            return
        known = (self._written or self._model).health_checks
        check = known.get(service.health_check) or self._model.health_checks[service.health_check]
        port = check.port.value if check.port else None
        for by_proxies in (False, True):
            endpoints = self._endpoints(service.name, probed_by_proxies=by_proxies)
            for to, ports in _by_ports(endpoints, port):
                yield Row(
                    kind="probes",
                    sources=self._proxies_here(service) if by_proxies else (THIS_MACHINE,),
                    from_google_cloud=_proxies_there(lbs) if by_proxies else _probers(lbs, to),
                    refused=(),
                    to=to,
                    ports=ports,
                    protocol="TCP",
                    because=f"health check {check.name} of backend service {service.name}",
                    origin=check.origin.describe(),
                )

    def _endpoints(
        self, name: BackendServiceName, *, probed_by_proxies: bool | None = None
    ) -> list[Endpoint]:
        """Those of a backend service: as they are written, otherwise what stands in for them."""
        for model in filter(None, (self._written, self._model)):
            service = model.backend_services.get(name)
            negs = [model.negs[neg] for neg in service.negs] if service else []
            if probed_by_proxies is not None:
                negs = [neg for neg in negs if neg.probed_by_proxies == probed_by_proxies]
            found = [endpoint for neg in negs for endpoint in neg.endpoints]
            if found:
                is_stand_in = self._written is not None and model is self._model
                return [_pod(endpoint) for endpoint in found] if is_stand_in else found
        return []

    def _proxies_here(self, service: BackendService) -> tuple[str, ...]:
        source = self._here[service.name].source
        return (source.value,) if source else (THIS_MACHINE,)


def _pod(endpoint: Endpoint) -> Endpoint:
    """A pod that no file gives an address: what its stand-in has is not the pod's."""
    if not endpoint.target:
        return endpoint
    return msgspec.structs.replace(endpoint, address=f"pod {endpoint.target}")


def _reached(model: Model, lb: LoadBalancer) -> Iterator[BackendServiceName]:
    """Backend services that get requests or copies of them."""
    for proxy in lb.target_proxies:
        yield from _named(model.url_maps[proxy.url_map])


def _named(url_map: UrlMap) -> Iterator[BackendServiceName]:
    for action in url_map.actions:
        if isinstance(action, Forward):
            yield from (backend.backend_service for backend in action.backends)
            if action.mirror:
                yield action.mirror.value.backend_service


def _by_ports(
    endpoints: Iterable[Endpoint], port: int | None = None
) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Addresses that have the same ports; `port` takes the place of their own."""
    ports: dict[str, set[int]] = {}
    for endpoint in endpoints:
        ports.setdefault(endpoint.address, set()).add(port or endpoint.port)
    groups: dict[tuple[int, ...], list[str]] = {}
    for address, numbers in ports.items():
        groups.setdefault(tuple(sorted(numbers)), []).append(address)
    return [(tuple(sorted(groups[numbers])), numbers) for numbers in sorted(groups)]


def _proxies_there(lbs: Iterable[LoadBalancer]) -> tuple[str, ...]:
    return tuple(sorted({each.value for lb in lbs for each in lb.proxy_ranges}))


def _probers(lbs: Iterable[LoadBalancer], addresses: Iterable[str]) -> tuple[str, ...]:
    if not any(lb.dialect in _CLOUD_DIALECTS for lb in lbs):
        return ()
    has_v6 = {":" in address for address in addresses}
    return (*(PROBERS_V4 if False in has_v6 else ()), *(PROBERS_V6 if True in has_v6 else ()))
