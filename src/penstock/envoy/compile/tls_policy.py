"""SSL policy → TLS parameters: versions, suites and groups that clients may negotiate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from envoy.extensions.transport_sockets.tls.v3 import common_pb2

from penstock.envoy.compile.codes import CIPHER_UNAVAILABLE
from penstock.envoy.compile.tls_suites import CURVES, OLD_SUITES, SUITES, VERSIONS, is_before_1_2
from penstock.model import Finding, Setting, SslPolicy, TlsVersion

DEFAULT_POLICY: Final = SslPolicy(TlsVersion.TLS_1_2)
"""For target proxies without one: what browsers and libraries of the last ten years speak."""


def tls_parameters(policy: SslPolicy) -> Any:
    """Envoy's message; suites and groups that its library lacks are left out.

    Raises:
        ValueError: nothing is left that a client could negotiate.
    """
    parameters = common_pb2.TlsParameters(
        tls_minimum_protocol_version=VERSIONS[_minimum(policy)],
        tls_maximum_protocol_version=VERSIONS[policy.maximum],
        cipher_suites=_known(policy.cipher_suites, SUITES) or old_suites(policy.minimum),
        ecdh_curves=_known(policy.curves, CURVES),
    )
    # The library's own FIPS mode would allow TLS 1.2 again.
    if policy.fips and policy.minimum is not TlsVersion.TLS_1_3:
        parameters.compliance_policies.append(
            common_pb2.TlsParameters.CompliancePolicy.Value("FIPS_202205")
        )
    return parameters


def _minimum(policy: SslPolicy) -> TlsVersion:
    """The oldest version; without suites for TLS 1.2 and older only 1.3 is left.

    Other suites in their place would be weaker than what was asked for.
    """
    if not _has_no_suites(policy):
        return policy.minimum
    if policy.maximum is not TlsVersion.TLS_1_3:
        raise ValueError("none of the SSL policy's cipher suites is available")
    return TlsVersion.TLS_1_3


def _has_no_suites(policy: SslPolicy) -> bool:
    return bool(policy.cipher_suites) and not _known(policy.cipher_suites, SUITES)


def old_suites(minimum: TlsVersion) -> Sequence[str]:
    """The suites to name where versions from ``minimum`` are spoken; none leaves the defaults."""
    return OLD_SUITES if is_before_1_2(minimum) else ()


def unavailable(policy: Setting[SslPolicy] | None) -> Iterator[Finding]:
    """What a policy asks for and nobody gets."""
    if policy is None:
        return
    for kind, names, known in (
        ("cipher suite", policy.value.cipher_suites, SUITES),
        ("key agreement group", policy.value.curves, CURVES),
    ):
        missing = [name for name in names if name not in known]
        if missing:
            yield _finding(policy, kind, missing, left=len(missing) < len(names))


def _known(names: Sequence[str], known: Collection[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name in known]


def _finding(
    policy: Setting[SslPolicy], kind: str, missing: Sequence[str], *, left: bool
) -> Finding:
    plural = "s" if len(missing) > 1 else ""
    if left:
        rest = "the others are offered"
    elif kind == "cipher suite":
        rest = "none is left, so clients need TLS 1.3"
    else:
        rest = "the proxy's own choice is offered in their place"
    return CIPHER_UNAVAILABLE.at(
        policy.origin,
        f"The proxy's TLS library does not have the {kind}{plural} {', '.join(missing)}; {rest}.",
        "Clients that can do nothing else cannot connect; all others are not affected.",
    )
