"""Which certificate a client gets for the name it asks for (SNI).

As filter chains match: the exact name, then the longest wildcard, which covers
any number of labels, then the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.explain.context import Context
from penstock.explain.result import PresentedCertificate, Tls, source
from penstock.model import CertificateName, Model, TargetProxy


def choose(
    proxy: TargetProxy, server_name: str | None, model: Model, context: Context
) -> Tls | None:
    """The certificates for a server name, one per key type; None if nobody may connect."""
    names, why = _choice(proxy, (server_name or "").lower())
    if not names:
        return None
    shown = [_presented(name, server_name, model, context) for name in names]
    return Tls(server_name, why, shown)


def _choice(proxy: TargetProxy, wanted: str) -> tuple[Sequence[CertificateName], str]:
    bound = {name: binding for binding in proxy.bindings for name in binding.server_names}
    for candidate in _candidates(wanted):
        if candidate in bound:
            how = "for" if candidate == wanted else f"by the wildcard {candidate} for"
            return bound[candidate].certificates, f"{how} {wanted}"
    why = f"no certificate is for {wanted}" if wanted else "the client asks for no name"
    return proxy.default_certificates, f"the default: {why}"


def _candidates(name: str) -> Iterator[str]:
    if not name:
        return
    yield name
    rest = name
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"


def _presented(
    name: CertificateName, server_name: str | None, model: Model, context: Context
) -> PresentedCertificate:
    certificate, request = model.certificates.get(name), model.certificate_requests.get(name)
    owner = certificate or request
    assert owner is not None
    names = owner.dns_names
    not_after = certificate.not_after if certificate else context.expiries.get(name)
    return PresentedCertificate(
        name=name,
        kind="secret" if certificate else "generated",
        key_type=certificate.key_type if certificate else "ecdsa",
        dns_names=list(names),
        not_after=not_after,
        problem=_problem(names, server_name, not_after, context.now),
        origin=source(owner.origin),
    )


def _problem(
    names: Sequence[str], server_name: str | None, not_after: str | None, now: str
) -> str | None:
    if not_after and now and not_after < now:
        return "it has expired"
    wanted = (server_name or "").lower()
    if wanted and wanted not in names and f"*.{wanted.partition('.')[2]}" not in names:
        return f"it is not valid for {wanted}"
    return None
