"""Target proxies: who terminates HTTP or TLS, and which URL map decides then."""

from __future__ import annotations

from typing import Final, NamedTuple

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.certificates import CertificateStore
from penstock.dialects.compute.client_tls import read_client_tls
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import Found, Resolver
from penstock.dialects.compute.ssl_policies import DEFAULT as DEFAULT_POLICY
from penstock.dialects.compute.ssl_policies import read_policy
from penstock.dialects.compute.url_maps import UrlMapReading
from penstock.dialects.kubernetes.certificate_front import CertificateFront
from penstock.model import (
    ClientTls,
    Finding,
    FrontEndProtocol,
    HostKind,
    Setting,
    TargetProxyName,
)
from penstock.model import SslPolicy as ModelPolicy
from penstock.model import TargetProxy as ModelProxy
from penstock.objects.compute.forwarding import TargetHttpProxy, TargetHttpsProxy
from penstock.objects.compute.tls import ServerTlsPolicy, SslPolicy
from penstock.objects.meta import Object

AnyProxy = TargetHttpProxy | TargetHttpsProxy

_NO_CERTIFICATES: Final = CertificateFront((), (), {}, ())


class ProxyReading(NamedTuple):
    """A target proxy as read; `proxy` is None if it cannot serve."""

    object: Object[AnyProxy]
    proxy: ModelProxy | None
    url_map: UrlMapReading
    certificates: CertificateFront
    findings: tuple[Finding, ...]


class _Tls(NamedTuple):
    policy: Setting[ModelPolicy] | None = None
    clients: Setting[ClientTls] | None = None
    is_sound: bool = True


class ProxyReader:
    """Reads the target proxies of one world."""

    def __init__(self, resolver: Resolver, store: CertificateStore, config: Config) -> None:
        self._resolver = resolver
        self._store = store
        self._config = config

    def read(self, found: Found[AnyProxy], url_map: UrlMapReading) -> ProxyReading:
        """One target proxy, which uses `url_map`."""
        at, obj = found
        findings: list[Finding] = []
        resource = obj.resource
        certificates, tls = _NO_CERTIFICATES, _Tls()
        is_sound = True
        if isinstance(resource, TargetHttpsProxy):
            certificates = self._certificates(at, obj, resource, url_map, findings)
            tls = self._tls(at, obj, resource, findings)
            is_sound = tls.is_sound and bool(certificates.defaults)
            _check_redirects(obj, url_map, findings)
        proxy = self._proxy(found, url_map, certificates, tls) if is_sound else None
        return ProxyReading(obj, proxy, url_map, certificates, tuple(findings))

    def _proxy(
        self,
        found: Found[AnyProxy],
        url_map: UrlMapReading,
        certificates: CertificateFront,
        tls: _Tls,
    ) -> ModelProxy:
        is_https = isinstance(found.object.resource, TargetHttpsProxy)
        return ModelProxy(
            name=proxy_name(found),
            protocol=FrontEndProtocol.HTTPS if is_https else FrontEndProtocol.HTTP,
            url_map=url_map.url_map.name,
            client_idle_timeout=defaults.KEEP_ALIVE,
            request_headers_timeout=defaults.REQUEST_HEADERS_TIMEOUT,
            request_timeout=defaults.REQUEST_TIMEOUT,
            bindings=certificates.bindings,
            default_certificates=certificates.defaults,
            ssl_policy=tls.policy,
            client_tls=tls.clients,
            via=self._config.via,
            cleartext_http2=False,
            origin=found.object.origin(),
        )

    def _certificates(
        self,
        at: Located,
        obj: Object[AnyProxy],
        resource: TargetHttpsProxy,
        url_map: UrlMapReading,
        findings: list[Finding],
    ) -> CertificateFront:
        origin = obj.origin("sslCertificates")
        hosts = tuple(
            str(rule.host).partition(":")[0]
            for rule in url_map.url_map.host_rules
            if rule.host.kind is HostKind.EXACT or rule.host.value.startswith(".")
        )
        front = self._store.front(resource.ssl_certificates or (), at, origin, hosts, findings)
        if not front.defaults:
            message = f"{obj.ref} has no certificate that can be presented; it is not served"
            findings.append(codes.NO_CERTIFICATE.at(origin, message, "give it an sslCertificate"))
        return front

    def _tls(
        self,
        at: Located,
        obj: Object[AnyProxy],
        resource: TargetHttpsProxy,
        findings: list[Finding],
    ) -> _Tls:
        policy, clients, is_sound = DEFAULT_POLICY, None, True
        if resource.ssl_policy:
            found = self._resolver.follow(
                resource.ssl_policy, [SslPolicy], at, obj.origin("sslPolicy")
            )
            if isinstance(found, Finding):
                findings.append(found)
                is_sound = False  # weaker TLS than its author asked for is not served
            else:
                policy = read_policy(found.object, findings)
        if resource.server_tls_policy:
            origin = obj.origin("serverTlsPolicy")
            named = self._resolver.follow(resource.server_tls_policy, [ServerTlsPolicy], at, origin)
            if isinstance(named, Finding):
                findings.append(named)
            else:
                clients = read_client_tls(named.at, named.object, self._resolver, findings)
            is_sound = is_sound and clients is not None
        return _Tls(policy, clients, is_sound)


def proxy_name(found: Found[AnyProxy]) -> TargetProxyName:
    """HTTP and HTTPS proxies may have one name, so the collection is a part of the model's."""
    is_https = isinstance(found.object.resource, TargetHttpsProxy)
    collection = "targetHttpsProxies" if is_https else "targetHttpProxies"
    at = found.at
    return TargetProxyName(f"compute/{at.project}/{at.location}/{collection}/{at.name}")


def _check_redirects(
    obj: Object[AnyProxy], url_map: UrlMapReading, findings: list[Finding]
) -> None:
    for origin in url_map.https_redirects:
        message = (
            f"httpsRedirect is for URL maps of target HTTP proxies, and {obj.ref} uses this one; "
            "clients over HTTPS may be sent where they come from, over and over"
        )
        hint = "give the HTTP proxy a URL map of its own"
        findings.append(codes.HTTPS_REDIRECT.at(origin, message, hint))
