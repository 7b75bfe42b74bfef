"""Server TLS policies: certificates that clients have to show (mutual TLS).

What a policy leads to must be there: a proxy that cannot know whom to trust does
not serve, rather than serve everybody.
https://docs.cloud.google.com/load-balancing/docs/mtls
"""

from __future__ import annotations

from penstock.dialects.compute import codes
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import Resolver
from penstock.dialects.compute.trust import Trust, read_trust
from penstock.model import ClientTls, ClientValidation, Finding, Setting
from penstock.objects.compute.tls import ServerTlsPolicy, TrustConfig
from penstock.objects.meta import Object

_MODES = {
    "ALLOW_INVALID_OR_MISSING_CLIENT_CERT": ClientValidation.ALLOW_INVALID_OR_MISSING,
    "REJECT_INVALID": ClientValidation.REJECT_INVALID,
}
_NOBODY = Trust(b"", b"", (), b"")


def read_client_tls(
    at: Located, obj: Object[ServerTlsPolicy], resolver: Resolver, findings: list[Finding]
) -> Setting[ClientTls] | None:
    """What the policy asks of clients; None if that cannot be told."""
    policy = obj.resource.mtls_policy
    mode = _MODES.get((policy.client_validation_mode if policy else None) or "")
    if policy is None or mode is None:
        return None  # said when the policy was read
    origin = obj.origin("mtlsPolicy")
    trust = _NOBODY
    if policy.client_validation_trust_config:
        where = origin.child("clientValidationTrustConfig")
        found = resolver.follow(policy.client_validation_trust_config, [TrustConfig], at, where)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            trust = read_trust(found.object)
    if mode is ClientValidation.REJECT_INVALID and not (trust.anchors or trust.allowlist):
        message = "REJECT_INVALID needs a trust configuration with a root; nothing is served"
        findings.append(codes.CLIENT_TLS.at(origin, message))
        return None
    return Setting(ClientTls(mode, *trust), origin)
