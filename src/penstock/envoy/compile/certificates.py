"""Which certificates of a target proxy can be used, and which server names.

Envoy would refuse a whole listener for one server name that two chains claim,
and would hold it back for one certificate that never comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from penstock.envoy.compile.codes import MISSING_CERTIFICATE
from penstock.envoy.compile.piece import refused
from penstock.model import (
    CertificateBinding,
    CertificateName,
    Finding,
    FrontEndProtocol,
    Origin,
    TargetProxy,
)


def certificates_of(proxy: TargetProxy) -> tuple[CertificateName, ...]:
    """Every certificate a target proxy names; none for plain HTTP."""
    if proxy.protocol is FrontEndProtocol.HTTP:
        return ()
    bound = (name for binding in proxy.bindings for name in binding.certificates)
    return tuple(dict.fromkeys((*bound, *proxy.default_certificates)))


def usable_proxy(
    proxy: TargetProxy, missing: Collection[CertificateName], origin: Origin
) -> tuple[TargetProxy | None, tuple[Finding, ...]]:
    """The target proxy with what Envoy takes of it; None if no certificate is left."""
    if proxy.protocol is FrontEndProtocol.HTTP:
        return proxy, ()
    problems: list[str] = []
    bindings = tuple(_usable_bindings(proxy, missing, problems))
    defaults = tuple(name for name in proxy.default_certificates if name not in missing)
    findings = [_missing(name, origin) for name in sorted(missing)]
    if problems:
        findings.append(refused(origin, problems, "these server names are left out"))
    if not (bindings or defaults):
        return None, tuple(findings)
    usable = msgspec.structs.replace(proxy, bindings=bindings, default_certificates=defaults)
    return usable, tuple(findings)


def _usable_bindings(
    proxy: TargetProxy, missing: Collection[CertificateName], problems: list[str]
) -> Iterator[CertificateBinding]:
    taken: set[str] = set()
    for binding in proxy.bindings:
        names = []
        for name in binding.server_names:
            if problem := _problem(name, taken):
                problems.append(problem)
            else:
                taken.add(name)
                names.append(name)
        certificates = tuple(name for name in binding.certificates if name not in missing)
        if names and certificates:
            yield CertificateBinding(tuple(names), certificates)


def _problem(server_name: str, taken: Collection[str]) -> str | None:
    rest = server_name.removeprefix("*.")
    if not rest or "*" in rest:
        return f"{server_name!r} is neither a name nor a wildcard for whole labels"
    if server_name in taken:
        return f"{server_name!r} has certificates already"
    return None


def _missing(name: CertificateName, origin: Origin) -> Finding:
    return MISSING_CERTIFICATE.at(
        origin,
        f"The certificate {name} is not there;"
        " clients that would get it get another one or cannot connect.",
    )
