"""What ingress-nginx's annotations make of one Ingress: regexes, rewriting, backend protocol."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import msgspec

from penstock.dialects.ingress import codes, nginx
from penstock.dialects.ingress.annotations import check_family, is_true, values_of
from penstock.dialects.ingress.regex import translate_target
from penstock.dialects.kubernetes.foreign_annotations import NGINX, check_foreign
from penstock.model import BackendProtocol, Finding, Origin, PathRewrite, Setting
from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object

PROTOCOLS: Final = MappingProxyType(
    {
        "HTTP": BackendProtocol.HTTP,
        "AUTO_HTTP": BackendProtocol.HTTP,
        "HTTPS": BackendProtocol.HTTPS,
        "GRPC": BackendProtocol.H2C,
        "GRPCS": BackendProtocol.HTTP2,
    }
)
_UNSUPPORTED_PROTOCOLS: Final = frozenset({"FCGI", "AJP", "UWSGI"})


class Flavour(msgspec.Struct, frozen=True):
    """How an Ingress's paths are to be read."""

    use_regex: bool = False
    """Whether ImplementationSpecific paths are regexes."""
    target: Setting[str] | None = None
    """The rewrite-target."""
    broken_target: bool = False
    """The rewrite-target is unusable, so the paths answer 500."""
    protocol: Setting[BackendProtocol] | None = None
    is_canary: bool = False


PLAIN: Final = Flavour()


def read_flavour(ingress: Object[Ingress], findings: list[Finding]) -> Flavour:
    """Read and check an Ingress's annotations."""
    if not ingress.annotations:
        return PLAIN
    findings.extend(check_family(nginx.NGINX, ingress))
    findings.extend(check_foreign(ingress, (NGINX,)))
    values = values_of(nginx.NGINX, ingress)
    if not values:
        return PLAIN
    target = _target(ingress, values.get(nginx.REWRITE_TARGET, ""), findings)
    wants_target = bool(values.get(nginx.REWRITE_TARGET, "").strip())
    return Flavour(
        use_regex=is_true(values.get(nginx.USE_REGEX, "").strip()) or wants_target,
        target=target,
        broken_target=wants_target and target is None,
        protocol=_protocol(ingress, values.get(nginx.BACKEND_PROTOCOL, ""), findings),
        is_canary=is_true(values.get(nginx.CANARY, "").strip()),
    )


def _origin(ingress: Object[Ingress], name: str) -> Origin:
    return ingress.origin("metadata", "annotations", nginx.NGINX.prefix + name)


def _target(ingress: Object[Ingress], value: str, findings: list[Finding]) -> Setting[str] | None:
    target = value.strip()
    if not target:
        return None
    origin = _origin(ingress, nginx.REWRITE_TARGET)
    if not target.startswith("/") or re.search(r"[\x00-\x20\x7f\ud800-\udfff]", target):
        hint = "in nginx a URL here redirects; Penstock only rewrites" if "://" in target else ""
        message = f"rewrite-target {target[:80]!r} is not an absolute path; its paths answer 500"
        findings.append(codes.REWRITE_TARGET.at(origin, message, hint or "begin it with /"))
        return None
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if path != target:
        message = f"the part after {path} of rewrite-target is ignored: the query is never changed"
        findings.append(codes.REWRITE_UNSUPPORTED.at(origin, message, f"write {path}"))
    return Setting(path, origin)


def _protocol(
    ingress: Object[Ingress], value: str, findings: list[Finding]
) -> Setting[BackendProtocol] | None:
    word = value.strip().upper()
    if not word:
        return None
    origin = _origin(ingress, nginx.BACKEND_PROTOCOL)
    protocol = PROTOCOLS.get(word)
    if protocol is not None:
        return Setting(protocol, origin)
    known = "is not supported" if word in _UNSUPPORTED_PROTOCOLS else "is not a protocol"
    message = f"backend-protocol {value[:40]!r} {known}; the Service's appProtocol holds"
    findings.append(codes.ANNOTATION_VALUE.at(origin, message, f"one of {', '.join(PROTOCOLS)}"))
    return None


def make_rewrite(
    flavour: Flavour, path: str, pattern: str, groups: int, findings: list[Finding]
) -> Setting[PathRewrite] | None:
    """The rewrite of `path` as written, whose RE2 is `pattern`, with findings about the target."""
    if flavour.target is None:
        return None
    origin = flavour.target.origin
    rewrite = translate_target(flavour.target.value, groups)
    for group in dict.fromkeys(rewrite.missing_groups):
        message = f"{group} in rewrite-target is empty: the path {path[:80]} has {groups} groups"
        hint = "put the part of the path that is meant in parentheses"
        findings.append(codes.REWRITE_GROUP.at(origin, message, hint))
    for variable in dict.fromkeys(rewrite.variables):
        message = f"{variable} in rewrite-target is plain text: there are no nginx variables here"
        findings.append(codes.REWRITE_UNSUPPORTED.at(origin, message, "only $1 to $9 are known"))
    return Setting(PathRewrite(f"^{pattern}$", rewrite.substitution), origin)
