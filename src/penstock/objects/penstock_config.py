"""PenstockConfig: what the cloud knows and manifests only name.

Projects, regions, subnets, machines, certificates and addresses are names in
manifests; here they get their meaning.  All of it has defaults, so that nobody
needs a PenstockConfig to start.  Several add up; the first that gives a scalar wins.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource

SUBNET_PURPOSES = ("PRIVATE", "REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY")
ADDRESS_PURPOSES = ("GCE_ENDPOINT", "SHARED_LOADBALANCER_VIP")
SERVICE_USER = "compute.loadBalancerServiceUser"
GRANT_ROLES = (SERVICE_USER, f"roles/{SERVICE_USER}")
GKE_CLASSES = ("gce", "gce-internal", "gce-regional-external")
VERSIONED_EXPRS = ("SRC_IPS_V1",)
SECURITY_ACTIONS = ("allow", "deny(403)", "deny(404)", "deny(502)", "throttle")
CONFORM_ACTIONS = ("allow",)
EXCEED_ACTIONS = ("deny(403)", "deny(404)", "deny(429)", "deny(502)")
LIMIT_KEYS = ("ALL", "IP")
LIMIT_INTERVALS = (10, 30, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 2700, 3600)
LAST_PRIORITY = 2147483647
SERVICE_PROTOCOLS = ("HTTP", "H2C", "HTTPS", "HTTP2")


class RegionConfig(Fields, frozen=True):
    """A region, its zones, and what is near."""

    name: str
    zones: tuple[str, ...] = ()
    """Empty: ``NAME-a``, ``NAME-b`` and ``NAME-c``."""
    neighbours: tuple[str, ...] = ()
    """Other regions, the nearest first; then come those of the same continent (``europe-…``),
    then all others, both by name."""


class GrantConfig(Fields, frozen=True):
    """What a project lets others do with its resources; without a grant they may not."""

    to: tuple[str, ...]
    """Projects, by name or number: those whose URL maps may name this project's backend
    services."""
    role: str = SERVICE_USER
    """compute.loadBalancerServiceUser, with or without ``roles/`` before it."""


class ProjectConfig(Fields, frozen=True):
    """A project."""

    name: str
    number: str | None = None
    """References may name the project by it."""
    grants: tuple[GrantConfig, ...] = ()
    """To other projects; they are never implied."""


class NetworkConfig(Fields, frozen=True):
    """A VPC network, and what it is connected with."""

    name: str
    project: str | None = None
    """The project that the network is of (of a Shared VPC the host project)."""
    connected: tuple[str, ...] = ()
    """Networks whose clients reach this one's load balancers, and the other way round, by VPC
    Network Peering, Cloud VPN or Interconnect: names in the same project, or
    ``projects/PROJECT/global/networks/NAME``. What these are connected with does not count."""


class SubnetConfig(Fields, frozen=True):
    """A subnet, as a Compute subnetwork would say it."""

    name: str
    region: str
    range: str
    """CIDR."""
    project: str | None = None
    network: str = "default"
    purpose: str = "PRIVATE"
    """PRIVATE, REGIONAL_MANAGED_PROXY or GLOBAL_MANAGED_PROXY."""


class InstanceConfig(Fields, frozen=True):
    """A machine: a virtual machine of manifests, or a node."""

    name: str
    address: str
    """IPv4 or IPv6."""
    zone: str | None = None
    """None is the default zone."""
    project: str | None = None


class ServiceConfig(Fields, frozen=True):
    """A service of the cloud that a serverless or Private Service Connect group stands for."""

    name: str
    """A Cloud Run service, a ``pscTargetService`` (or the last part of it), or the group's name."""
    address: str
    """IPv4, IPv6 or a DNS name."""
    port: int | None = None
    """None is ``pscData.producerPort`` where that is written, otherwise 443."""
    protocol: str | None = None
    """HTTP, H2C, HTTPS or HTTP2. None is HTTP for serverless groups, and the backend service's
    ``protocol`` for Private Service Connect."""
    region: str | None = None
    """Only for groups of that region; None is any."""
    tag: str | None = None
    """Of a Cloud Run service: the revision tag that the group has; None is a group without one."""


class CertificateConfig(Fields, frozen=True):
    """A certificate that manifests name: from a Secret, or from two files."""

    name: str
    """A name, an ARN, or a Compute or Certificate Manager URL."""
    secret: str | None = None
    """``namespace/name`` of a Secret of type kubernetes.io/tls."""
    certificate_file: str | None = None
    """PEM chain, at most 1 MiB; relative to the file that this object is in, or absolute.

    The file is watched: a renewed one is live on save, once its key fits."""
    key_file: str | None = None
    """PEM private key, not encrypted; relative as above."""


class AddressConfig(Fields, frozen=True):
    """A reserved address that manifests name."""

    name: str
    address: str
    region: str | None = None
    """None: a global one."""
    project: str | None = None
    purpose: str = "GCE_ENDPOINT"
    """GCE_ENDPOINT or SHARED_LOADBALANCER_VIP."""


class ClientConfig(Fields, frozen=True):
    """Where clients are that are in no subnet: which addresses belong to which network and region.

    Of all ranges and subnets that have a client's address the longest counts."""

    ranges: tuple[str, ...]
    """CIDRs."""
    region: str | None = None
    """For networks outside of the cloud the region of their VPN gateway or VLAN attachment.
    None: no region is asked for, only the network."""
    network: str = "default"
    project: str | None = None
    """The project that the network is of."""


class ExprConfig(Fields, frozen=True):
    """An expression of the Common Expression Language; Penstock evaluates none."""

    expression: str


class SourceRanges(Fields, frozen=True):
    """The configuration of SRC_IPS_V1."""

    src_ip_ranges: tuple[str, ...]
    """CIDRs or single addresses; ``*`` is everybody."""


class MatchConfig(Fields, frozen=True):
    """Whose requests a rule has, by the address that their connections come from."""

    versioned_expr: str | None = None
    """SRC_IPS_V1."""
    config: SourceRanges | None = None
    expr: ExprConfig | None = None
    """In rules with ``preview: true`` only: a policy with one in another rule is left out."""


class ThresholdConfig(Fields, frozen=True):
    """How many requests in how long."""

    count: int
    """1 or more."""
    interval_sec: int
    """10, 30, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 2700 or 3600."""


class RateLimitConfig(Fields, frozen=True):
    """What ``throttle`` lets through: of all requests together, or of each client address with
    ``enforceOnKey: IP``. Each proxy and route counts for itself."""

    rate_limit_threshold: ThresholdConfig
    conform_action: str = "allow"
    exceed_action: str = "deny(429)"
    """deny(403), deny(404), deny(429) or deny(502)."""
    enforce_on_key: str = "ALL"


class SecurityRuleConfig(Fields, frozen=True):
    """A rule; of those that have a client's address that with the lowest priority decides."""

    priority: int
    """0 to 2147483647, each once; the last is the default rule, which has ``*``."""
    action: str
    """allow, deny(403), deny(404), deny(502) or throttle."""
    match: MatchConfig
    rate_limit_options: RateLimitConfig | None = None
    """Of throttle."""
    preview: bool = False
    """Then the rule has no effect."""
    description: str | None = None
    """For people."""


class SecurityPolicyConfig(Fields, frozen=True):
    """A security policy of Cloud Armor in the Compute API's shape, which BackendConfigs name."""

    name: str
    rules: tuple[SecurityRuleConfig, ...] = ()
    """Without a default rule the requests that no rule has get through.

    A mistake in a rule costs the policy: what names it is refused."""
    description: str | None = None
    """For people."""


class PenstockConfigSpec(Fields, frozen=True):
    """Everything; each part may be left out."""

    project: str | None = None
    """The project of what says none; ``local`` by default."""
    region: str | None = None
    """The region of what says none; ``local`` by default."""
    zone: str | None = None
    """The zone of what says none; the first of the default region by default."""
    via: str | None = None
    """The pseudonym in Via headers of Compute load balancers; ``google`` by default."""
    projects: tuple[ProjectConfig, ...] = ()
    regions: tuple[RegionConfig, ...] = ()
    networks: tuple[NetworkConfig, ...] = ()
    subnets: tuple[SubnetConfig, ...] = ()
    instances: tuple[InstanceConfig, ...] = ()
    services: tuple[ServiceConfig, ...] = ()
    certificates: tuple[CertificateConfig, ...] = ()
    addresses: tuple[AddressConfig, ...] = ()
    clients: tuple[ClientConfig, ...] = ()
    security_policies: tuple[SecurityPolicyConfig, ...] = ()
    gke_classes: tuple[str, ...] | None = None
    """GKE's classes of Ingress that are served: gce, gce-internal, gce-regional-external.

    Others are left to GKE's own controller. None: all; empty: none."""
    vpc_native: bool = False
    """Whether the GKE cluster is VPC-native: Services without cloud.google.com/neg are as if it
    were {"ingress": true}, which such a cluster writes onto new Services."""


class PenstockConfig(Resource, frozen=True):
    """The object; cluster-wide."""

    KIND: ClassVar[str] = "PenstockConfig"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("penstock.dev/v1alpha1",)
    NAMESPACED: ClassVar[bool] = False

    spec: PenstockConfigSpec = msgspec.field(default_factory=PenstockConfigSpec)
    """What the object says."""


VALUES: dict[tuple[type[msgspec.Struct], str], tuple[str, ...]] = {
    (SubnetConfig, "purpose"): SUBNET_PURPOSES,
    (AddressConfig, "purpose"): ADDRESS_PURPOSES,
    (GrantConfig, "role"): GRANT_ROLES,
    (ServiceConfig, "protocol"): SERVICE_PROTOCOLS,
    (MatchConfig, "versionedExpr"): VERSIONED_EXPRS,
    (SecurityRuleConfig, "action"): SECURITY_ACTIONS,
    (RateLimitConfig, "conformAction"): CONFORM_ACTIONS,
    (RateLimitConfig, "exceedAction"): EXCEED_ACTIONS,
    (RateLimitConfig, "enforceOnKey"): LIMIT_KEYS,
}
"""What enumerations allow, by type and JSON name; checks and the JSON schema have it from here."""
