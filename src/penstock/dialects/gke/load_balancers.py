"""The load balancer of one Ingress: forwarding rules, target proxies, URL maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.written import texts_of
from penstock.dialects.gke import defaults
from penstock.dialects.gke.front import Front
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.gke.routes import Resolved, make_url_map
from penstock.dialects.memo import Memo
from penstock.model import (
    ForwardedFor,
    ForwardingRule,
    ForwardingRuleName,
    FrontEndProtocol,
    LoadBalancer,
    LoadBalancerName,
    Setting,
    TargetProxy,
    TargetProxyName,
    UrlMap,
    UrlMapName,
)

NAME: Final = "gke"
_PORTS: Final = {FrontEndProtocol.HTTP: 80, FrontEndProtocol.HTTPS: 443}
"""The only ports that GKE's Ingresses have."""


class Made(NamedTuple):
    """What an Ingress became."""

    load_balancer: LoadBalancer
    url_maps: tuple[UrlMap, ...]


def make(
    plan: IngressPlan,
    front: Front,
    resolved: Resolved,
    config: Config,
    proxies: Sequence[Setting[str]],
    memo: Memo,
) -> Made:
    """The load balancer; parts that say the same as before are the same objects.

    `proxies` are the ranges that its connections to endpoints come out of in Google Cloud.
    """
    name = f"{NAME}/{plan.ingress.namespace}/{plan.ingress.name}"
    failed = resolved.failed.items()
    url_map = memo.get(
        ("url map", name, tuple((port, failure.code, failure.origin) for port, failure in failed)),
        (plan, *resolved.used, *(f.origin.locator for _, f in failed if f.origin)),
        lambda: make_url_map(plan, UrlMapName(name), resolved),
    )
    url_maps = [url_map]
    if front.redirect is not None:
        url_maps.append(_redirect_map(f"{name}/redirect", url_map.name, front))
    fresh = _load_balancer(name, plan, front, config, tuple(proxies))
    kept = memo.get(("load balancer", name, fresh), texts_of(fresh), lambda: fresh)
    return Made(kept, tuple(url_maps))


def _redirect_map(name: str, in_place_of: UrlMapName, front: Front) -> UrlMap:
    assert front.redirect is not None
    return UrlMap(
        name=UrlMapName(name),
        host_rules=(),
        default_action=front.redirect.value,
        default_origin=front.redirect.origin,
        forwarded_for=ForwardedFor.CLIENT_AND_VIP,
        in_place_of=in_place_of,
    )


def _load_balancer(
    name: str,
    plan: IngressPlan,
    front: Front,
    config: Config,
    proxy_ranges: tuple[Setting[str], ...],
) -> LoadBalancer:
    region = config.region if plan.of_class.is_regional else ""
    proxies = tuple(_proxies(name, plan, front, config))
    address = front.static.address if front.static else None
    rules = tuple(
        ForwardingRule(
            name=ForwardingRuleName(f"{name}:{_PORTS[proxy.protocol]}"),
            port=_PORTS[proxy.protocol],
            target_proxy=proxy.name,
            address=address,
            region=region,
        )
        for proxy in proxies
    )
    return LoadBalancer(
        name=LoadBalancerName(name),
        dialect=NAME,
        objects=(plan.ingress.ref,),
        forwarding_rules=rules,
        target_proxies=proxies,
        origin=plan.ingress.origin(),
        project=config.project,
        region=region,
        proxy_ranges=proxy_ranges,
        closed_ports=front.closed_ports,
    )


def _proxies(name: str, plan: IngressPlan, front: Front, config: Config) -> Iterator[TargetProxy]:
    if front.http:
        url_map = f"{name}/redirect" if front.redirect is not None else name
        yield _proxy(name, FrontEndProtocol.HTTP, url_map, plan, front, config)
    if front.https:
        yield _proxy(name, FrontEndProtocol.HTTPS, name, plan, front, config)


def _proxy(
    name: str,
    protocol: FrontEndProtocol,
    url_map: str,
    plan: IngressPlan,
    front: Front,
    config: Config,
) -> TargetProxy:
    is_https = protocol is FrontEndProtocol.HTTPS
    return TargetProxy(
        name=TargetProxyName(f"{name}/{protocol.value.lower()}"),
        protocol=protocol,
        url_map=UrlMapName(url_map),
        client_idle_timeout=(
            defaults.REGIONAL_KEEP_ALIVE
            if plan.of_class.is_regional
            else defaults.GLOBAL_KEEP_ALIVE
        ),
        request_headers_timeout=defaults.REQUEST_HEADERS_TIMEOUT,
        request_timeout=defaults.REQUEST_TIMEOUT,
        bindings=front.certificates.bindings if is_https else (),
        default_certificates=front.certificates.defaults if is_https else (),
        ssl_policy=front.ssl_policy if is_https else None,
        via=config.via,
        cleartext_http2=False,
    )
