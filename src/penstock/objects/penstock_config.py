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


class RegionConfig(Fields, frozen=True):
    """A region and its zones."""

    name: str
    zones: tuple[str, ...] = ()
    """Empty: ``NAME-a``, ``NAME-b`` and ``NAME-c``."""


class ProjectConfig(Fields, frozen=True):
    """A project."""

    name: str
    number: str | None = None
    """References may name the project by it."""


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
    """Where clients are: whose addresses belong to which network and region."""

    ranges: tuple[str, ...]
    """CIDRs."""
    region: str | None = None
    network: str = "default"


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
    subnets: tuple[SubnetConfig, ...] = ()
    instances: tuple[InstanceConfig, ...] = ()
    certificates: tuple[CertificateConfig, ...] = ()
    addresses: tuple[AddressConfig, ...] = ()
    clients: tuple[ClientConfig, ...] = ()


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
}
"""What enumerations allow, by type and JSON name; checks and the JSON schema have it from here."""
