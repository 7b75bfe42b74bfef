"""Names of cloud resources, as ingress-gce makes them (pkg/utils/namer).

There they tell clusters apart by a random uid and by the uid of the namespace
kube-system. Without a cluster both are nought, so that equal manifests have equal names.
"""

from __future__ import annotations

import hashlib
import string
import uuid
from typing import Final, NamedTuple

from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object

CLUSTER_UID: Final = "0" * 16
KUBE_SYSTEM_UID: Final = str(uuid.UUID(int=0))

_LETTERS: Final = string.digits + string.ascii_lowercase
_MOST_NEG: Final = 38
"""Characters that a NEG's name has for namespace, Service and port."""
_MOST_FRONT_END: Final = 36
"""Characters that a front end's name has for namespace and Ingress."""
_MOST: Final = 63
"""Characters of any name."""
_FINALIZER: Final = "networking.gke.io/ingress-finalizer"


class FrontEndNames(NamedTuple):
    """What an Ingress's resources are called."""

    stem: str
    """Uid, namespace, name and a hash of all; in the first scheme namespace, name and uid."""
    is_legacy: bool = False
    """Whether they follow the first naming scheme, which Ingresses keep that had it."""

    @property
    def url_map(self) -> str:
        """Of all paths."""
        return self._name("um", "um")

    @property
    def redirect_url_map(self) -> str:
        """Of the redirect to HTTPS; the first scheme has none."""
        return "" if self.is_legacy else self._name("rm", "")

    def forwarding_rule(self, *, https: bool) -> str:
        """Of port 443 or 80."""
        return self._name("fs", "fws") if https else self._name("fr", "fw")

    def target_proxy(self, *, https: bool) -> str:
        """Of port 443 or 80."""
        return self._name("ts", "tps") if https else self._name("tp", "tp")

    def certificate(self, content: bytes) -> str:
        """Of a Secret whose ``tls.crt`` has this content."""
        digest = hashlib.sha256(content).hexdigest()[:16]
        if self.is_legacy:
            hashed = hashlib.sha256(self.stem.encode()).hexdigest()[:16]
            uid = self.stem.rpartition("--")[2]
            return _truncated(f"k8s-ssl-{hashed}-{digest}--{uid}")
        return f"k8s2-cr-{self.stem.partition('-')[0]}-{_hash(self.stem, 16)}-{digest}"

    def _name(self, kind: str, legacy: str) -> str:
        if self.is_legacy:
            return _truncated(f"k8s-{legacy}-{self.stem}")
        return f"k8s2-{kind}-{self.stem}"


def ingress_names(ingress: Object[Ingress]) -> FrontEndNames:
    """The names of an Ingress's resources: its finalizer says in which scheme."""
    written = ingress.resource.metadata.finalizers or ()
    is_legacy = _FINALIZER in written and f"{_FINALIZER}-V2" not in written
    make = legacy_front_end_names if is_legacy else front_end_names
    return make(ingress.namespace, ingress.name)


def front_end_names(namespace: str, ingress: str, uid: str = KUBE_SYSTEM_UID) -> FrontEndNames:
    """The second naming scheme, which Ingresses have had since 2020."""
    trimmed = trim_evenly(_MOST_FRONT_END, namespace, ingress)
    suffix = _hash(f"{uid};{namespace};{ingress}", 8)
    return FrontEndNames("-".join((_hash(uid, 8), *trimmed, suffix)))


def legacy_front_end_names(namespace: str, ingress: str, uid: str = CLUSTER_UID) -> FrontEndNames:
    """The first naming scheme."""
    return FrontEndNames(_truncated(f"{namespace}-{ingress}--{uid}"), is_legacy=True)


def neg_name(namespace: str, service: str, port: int, uid: str = CLUSTER_UID) -> str:
    """A network endpoint group, its backend service and its health check."""
    return _neg("", namespace, service, port, uid)


def regional_external_name(namespace: str, service: str, port: int) -> str:
    """A backend service of class ``gce-regional-external``."""
    return _neg("e", namespace, service, port, CLUSTER_UID)


def instance_group_backend_name(node_port: int) -> str:
    """A backend service over NodePorts."""
    return f"k8s-be-{node_port}--{CLUSTER_UID}"


def managed_certificate_name(namespace: str, name: str) -> str:
    """Google's controller draws one at random; here it is the same for the same object."""
    made = uuid.uuid5(uuid.UUID(int=0), f"{namespace}/{name}")
    return f"mcrt-{made}"


def trim_evenly(most: int, *fields: str) -> tuple[str, ...]:
    """Shorten fields in proportion to their length until together they have `most` characters."""
    total = sum(map(len, fields))
    if total <= most:
        return fields
    lengths = [len(field) - len(field) * (total - most) // total - 1 for field in fields]
    for index in range(most - sum(lengths)):
        lengths[index] += 1
    return tuple(field[:length] for field, length in zip(fields, lengths, strict=True))


def _neg(kind: str, namespace: str, service: str, port: int, uid: str) -> str:
    infix = f"{kind}-" if kind else ""
    trimmed = trim_evenly(_MOST_NEG - len(infix), namespace, service, str(port))
    text = f"{uid[:8]};{namespace};{service};{port}"
    suffix = hashlib.sha256(text.encode()).hexdigest()[:8]
    return "-".join((f"k8s1-{uid[:8]}-{infix}{trimmed[0]}", *trimmed[1:], suffix))


def _hash(text: str, length: int) -> str:
    """Digits and letters out of a SHA-256."""
    return "".join(_LETTERS[byte % 36] for byte in hashlib.sha256(text.encode()).digest()[:length])


def _truncated(name: str) -> str:
    """A name of the first scheme, which ends with a nought where it was cut off."""
    return name if len(name) < _MOST else f"{name[: _MOST - 1]}0"
