"""The front end of an Ingress: which ports, at which address, with which TLS, and redirects.

Rules and texts: ingress-gce, pkg/loadbalancers (l7.go, url_maps.go).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from penstock.dialects.compute.index import Index, Located
from penstock.dialects.compute.references import Resolver
from penstock.dialects.compute.ssl_policies import read_policy
from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.addresses import Static, StaticAddresses
from penstock.dialects.gke.certificates import CertificateReader
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.failure import SYNC
from penstock.dialects.gke.missing import missing_hint
from penstock.dialects.gke.names import ingress_names
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.kubernetes.certificate_front import CertificateFront
from penstock.model import ClosedPort, Finding, Origin, Redirect, Setting, Severity
from penstock.model import SslPolicy as ModelPolicy
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.tls import SslPolicy
from penstock.objects.compute.wording import address_in_use
from penstock.objects.gke import FrontendConfig
from penstock.objects.gke.fields import REDIRECT_CODES
from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object
from penstock.objects.world import World

_BOTH_DISABLED: Final = (
    "invalid configuration: both HTTP and HTTPS are disabled (kubernetes.io/ingress.allow-http is "
    "false and there is no valid TLS configuration); your Ingress will not be able to serve any "
    "traffic"
)
HTTP_ONLY: Final = (
    "Could not find any TLS certificates. Continuing setup for the load balancer to serve HTTP "
    "only. Note: this behavior is deprecated and will be removed in a future version of "
    "ingress-gce"
)
_LEGACY_REDIRECT: Final = (
    "error: cannot enable HTTPS Redirects with the V1 Ingress naming scheme.  Please recreate your "
    "ingress to use the newest naming scheme."
)
_OVER_HTTP: Final = "; it is served over HTTP only."
BOTH_INTERNAL: Final = (
    "gce-internal Ingress class does not currently support both HTTP and HTTPS served on the same "
    "IP (kubernetes.io/ingress.allow-http must be false when using HTTPS)"
)
_NO_CERTIFICATES: Final = CertificateFront((), (), {}, ())


class Front(NamedTuple):
    """What listens for an Ingress."""

    http: bool
    https: bool
    redirect: Setting[Redirect] | None
    """What port 80 answers in place of the URL map."""
    static: Static | None
    certificates: CertificateFront
    certificate_names: tuple[str, ...]
    """What GKE calls the certificates, in their order."""
    ssl_policy: Setting[ModelPolicy]
    failures: tuple[str, ...]
    """The controller's texts, for which GKE would stop the Ingress."""
    findings: tuple[Finding, ...]
    closed_ports: tuple[ClosedPort, ...] = ()
    """Of 80 and 443 what the Ingress would usually have, or asks for, and does not get."""


class FrontReader:
    """Reads the front ends of one world."""

    def __init__(
        self,
        world: World,
        index: Index,
        addresses: StaticAddresses,
        certificates: CertificateReader,
        *,
        local: bool,
    ) -> None:
        self._world = world
        self._index = index
        self._resolver = Resolver(index)
        self._addresses = addresses
        self._certificates = certificates
        self._local = local

    def read(self, plan: IngressPlan) -> Front:
        """The front end of one Ingress; ask for the oldest first."""
        return _Reading(self, plan).front()

    def location(self, plan: IngressPlan) -> Located:
        """Where the load balancer is, for references by name."""
        config = self._index.config
        region = config.region if plan.of_class.is_regional else GLOBAL
        ingress = plan.ingress
        return Located(config.project, region, f"{ingress.namespace}/{ingress.name}")

    def claim(
        self, plan: IngressPlan, findings: list[Finding], failures: list[str]
    ) -> Static | Finding | None:
        """The Ingress's static address."""
        return self._addresses.claim(plan, findings, failures)

    def certificates(
        self, plan: IngressPlan, findings: list[Finding], failures: list[str]
    ) -> tuple[CertificateFront, tuple[str, ...]]:
        """The Ingress's certificates, and what GKE calls them."""
        return self._certificates.read(plan, self.location(plan), findings, failures)

    def config(self, plan: IngressPlan, findings: list[Finding]) -> Object[FrontendConfig] | None:
        """The FrontendConfig that the Ingress names."""
        setting = plan.settings.frontend_config
        if setting is None:
            return None
        namespace = plan.ingress.namespace
        found = self._world.get(FrontendConfig, namespace, setting.value)
        if found is None:
            message = "Error: no FrontendConfig for Ingress exists. The Ingress is served without"
            add = f"add the FrontendConfig {setting.value}; one with a mistake counts as missing"
            hint = missing_hint(self._world, FrontendConfig, namespace, setting.value, add)
            findings.append(codes.FRONTEND_CONFIG.at(setting.origin, message, hint))
        if plan.of_class is GkeClass.INTERNAL:
            message = (
                "GKE has FrontendConfigs for external Ingresses only; none of this one's fields "
                "works on gce-internal"
            )
            finding = codes.FRONTEND_CONFIG_INTERNAL.at(setting.origin, message, "leave it out")
            findings.append(finding)
        return found

    def policy(
        self,
        plan: IngressPlan,
        config: Object[FrontendConfig],
        findings: list[Finding],
        failures: list[str],
    ) -> Setting[ModelPolicy] | None:
        """The SSL policy that a FrontendConfig names; None if it cannot be used.

        SSL policies are not among a team's manifests, so in local mode a strict one stands for
        one that is not there.
        """
        name = config.resource.spec.ssl_policy
        if not name:
            return defaults.SSL_POLICY
        origin = config.origin("spec", "sslPolicy")
        found = self._resolver.follow(name, [SslPolicy], self.location(plan), origin)
        if isinstance(found, Finding):
            text = found.message.rstrip(".")
            if self._local:
                message = f"{text}; in local mode RESTRICTED from TLS 1.2 on stands for it"
                finding = codes.SSL_POLICY.at(origin, message, found.hint, Severity.WARNING)
                findings.append(codes.of_penstock(finding))
                return defaults.STRICT_SSL_POLICY
            failures.append(text)
            message = f"{text}; HTTPS is not served with weaker TLS instead"
            findings.append(codes.SSL_POLICY.at(origin, message, found.hint))
            return None
        return read_policy(found.object, findings)


class _Reading:
    def __init__(self, reader: FrontReader, plan: IngressPlan) -> None:
        self._reader = reader
        self._plan = plan
        self._findings: list[Finding] = []
        self._failures: list[str] = []
        self._names: tuple[str, ...] = ()
        self._closed: list[ClosedPort] = []

    def front(self) -> Front:
        plan, findings = self._plan, self._findings
        config = self._reader.config(plan, findings)
        certificates, self._names = self._reader.certificates(plan, findings, self._failures)
        is_broken = bool(self._failures)
        static = self._reader.claim(plan, findings, self._failures)
        if isinstance(static, Finding):
            findings.append(static)
            return self._done(False, False, None, None, certificates, defaults.SSL_POLICY)
        http = plan.settings.allow_http.value
        if not http:
            why = "kubernetes.io/ingress.allow-http is false"
            self._close(80, why, plan.settings.allow_http.origin)
        https = bool(certificates.defaults)
        if not https:
            self._without_certificates(http, is_broken)
        http = self._with_https(http, https)
        policy, https = self._policy(config, https)
        https = self._shared(static, http, https)
        http, redirect = self._redirect(config, http, https)
        return self._done(http, https, redirect, static, certificates, policy)

    def _done(
        self,
        http: bool,
        https: bool,
        redirect: Setting[Redirect] | None,
        static: Static | None,
        certificates: CertificateFront,
        policy: Setting[ModelPolicy],
    ) -> Front:
        return Front(
            http,
            https,
            redirect,
            static,
            certificates if https else _NO_CERTIFICATES,
            self._names if https else (),
            policy,
            tuple(self._failures),
            tuple(self._findings),
            tuple(self._closed),
        )

    def _close(self, port: int, why: str, origin: Origin) -> None:
        self._closed.append(ClosedPort(port, Setting(why, origin)))

    def _without_certificates(self, http: bool, is_broken: bool) -> None:
        """GKE goes on with HTTP only where all Secrets of ``spec.tls`` are missing; it stops for
        one that `is_broken`, and of certificates without a Secret it says nothing."""
        plan = self._plan
        settings = plan.settings
        wanted = [*settings.pre_shared, *plan.secrets, *settings.managed]
        if not http:
            origin = settings.allow_http.origin
            message = f"{SYNC}: {_BOTH_DISABLED}"
            hint = "leave the annotation out, or give the Ingress a certificate"
            self._fail(codes.FRONTEND.at(origin, message, hint), _BOTH_DISABLED)
        elif wanted or plan.ingress.resource.spec.tls:
            origin = wanted[0].origin if wanted else plan.ingress.origin("spec", "tls")
            says_so = plan.ingress.resource.spec.tls and not is_broken
            finding = codes.NO_CERTIFICATE.at(origin, HTTP_ONLY)
            self._findings.append(finding if says_so else _over_http(plan.ingress))
            self._close(443, "no certificate can be used", origin)

    def _with_https(self, http: bool, https: bool) -> bool:
        """Whether HTTP is served beside HTTPS: on gce-internal that needs a named address."""
        settings = self._plan.settings
        if not (http and https and self._plan.of_class is GkeClass.INTERNAL):
            return http
        if settings.static_ip is not None:
            return True
        message = f"WillNotConfigureFrontend: {BOTH_INTERNAL}; HTTPS is served, HTTP is not"
        hint = (
            'write kubernetes.io/ingress.allow-http: "false", or name an address of purpose '
            "SHARED_LOADBALANCER_VIP with kubernetes.io/ingress.regional-static-ip-name"
        )
        origin = settings.allow_http.origin
        origin = self._plan.ingress.origin("metadata") if origin.default_of else origin
        self._fail(codes.FRONTEND.at(origin, message, hint), BOTH_INTERNAL)
        self._close(80, "gce-internal serves HTTP beside HTTPS only at a named address", origin)
        return False

    def _policy(
        self, config: Object[FrontendConfig] | None, https: bool
    ) -> tuple[Setting[ModelPolicy], bool]:
        if config is None or not config.resource.spec.ssl_policy:
            return defaults.SSL_POLICY, https
        if not https:
            self._idle(config, "the Ingress does not serve HTTPS", "sslPolicy")
            return defaults.SSL_POLICY, https
        origin = config.origin("spec", "sslPolicy")
        if self._plan.of_class is GkeClass.INTERNAL:
            text = (
                "GKE names SSL policies of gce-internal as global ones, which a regional load "
                "balancer cannot have"
            )
            message = f"{text}; HTTPS is not served with weaker TLS instead"
            self._fail(codes.SSL_POLICY.at(origin, message), text)
            self._close(443, "gce-internal cannot have the SSL policy", origin)
            return defaults.SSL_POLICY, False
        policy = self._reader.policy(self._plan, config, self._findings, self._failures)
        if policy is None:
            self._close(443, "the SSL policy cannot be used", origin)
        return policy or defaults.SSL_POLICY, policy is not None

    def _shared(self, static: Static | None, http: bool, https: bool) -> bool:
        """Whether HTTPS may be at the internal address that HTTP has."""
        is_internal = self._plan.of_class is GkeClass.INTERNAL
        if not (is_internal and http and https and static and not static.is_shared):
            return https
        setting = self._plan.settings.static_ip
        assert setting is not None
        text = address_in_use(static.address.value if static.address else static.name)
        hint = "reserve it with purpose: SHARED_LOADBALANCER_VIP"
        message = (
            f"{SYNC}: {text}: HTTP and HTTPS share an internal address only if it is reserved with "
            "purpose SHARED_LOADBALANCER_VIP; HTTPS is not served"
        )
        self._fail(codes.STATIC_IP.at(setting.origin, message, hint), text)
        self._close(443, "HTTP has the address, which is not one to share", setting.origin)
        return False

    def _redirect(
        self, config: Object[FrontendConfig] | None, http: bool, https: bool
    ) -> tuple[bool, Setting[Redirect] | None]:
        block = config.resource.spec.redirect_to_https if config else None
        if config is None or block is None:
            return http, None
        if not block.enabled:
            if block.response_code_name:
                self._idle(config, "the redirect is off", "redirectToHttps", "responseCodeName")
            return http, None
        origin = config.origin("spec", "redirectToHttps")
        if self._plan.of_class is GkeClass.INTERNAL:
            text = "error: cannot enable HTTPS Redirects with L7 ILB"
            message = f"{SYNC}: {text}; plain HTTP is not served in place of the redirect"
            self._fail(codes.REDIRECT.at(origin, message), text)
            if http:
                self._close(80, "gce-internal has no redirect to HTTPS", origin)
            return False, None
        if ingress_names(self._plan.ingress).is_legacy:
            here = "; requests are redirected here." if http else "."
            message = f"{SYNC}: {_LEGACY_REDIRECT.rstrip('.')}{here}"
            finding = codes.REDIRECT.at(origin, message, "delete the Ingress and create it anew")
            self._fail(replace(finding, consequence=here if http else ""), _LEGACY_REDIRECT)
        elif not http and not self._plan.settings.allow_http.value:
            self._idle(config, "the Ingress does not serve HTTP", "redirectToHttps")
        if not http:
            return False, None
        if not https:
            message = "requests are redirected to HTTPS, which the Ingress does not serve"
            finding = codes.REDIRECT.at(origin, message, "give it a certificate")
            self._findings.append(codes.of_penstock(finding))  # GKE does not look
        status = REDIRECT_CODES.get(block.response_code_name or "", 301)
        return True, Setting(Redirect(status, https=True), origin)

    def _idle(self, config: Object[FrontendConfig], why: str, *path: str) -> None:
        if self._plan.of_class is GkeClass.INTERNAL:
            return  # That nothing of it works has been said.
        message = f"`{path[-1]}` has no effect on {self._plan.ingress.ref}: {why}"
        origin = config.origin("spec", *path)
        self._findings.append(codes.SETTING_NO_EFFECT.at(origin, message))

    def _fail(self, finding: Finding, text: str) -> None:
        self._findings.append(finding)
        self._failures.append(text)


def _over_http(ingress: Object[Ingress]) -> Finding:
    """What becomes of an Ingress without certificates where GKE would not say it."""
    where = ("spec", "tls") if ingress.resource.spec.tls else ("metadata",)
    message = f"none of the Ingress's certificates can be used{_OVER_HTTP}"
    finding = codes.NO_CERTIFICATE.at(ingress.origin(*where), message)
    return replace(codes.of_penstock(finding), consequence=_OVER_HTTP)
