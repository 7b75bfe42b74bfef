"""Which certificates a load balancer may not use, because of their place.

Cross-region ones use Certificate Manager's only, and all use those of their own place.
https://docs.cloud.google.com/load-balancing/docs/ssl-certificates
"""

from __future__ import annotations

from penstock.dialects.compute import codes
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import parse_reference, resource_field
from penstock.model import Finding, Origin
from penstock.objects.compute.base import GLOBAL


def misplaced(reference: str, source: Located, origin: Origin) -> Finding | None:
    """Whether load balancers of `source`'s place cannot use such a certificate."""
    ref = parse_reference(reference)
    if ref.collection == "sslCertificates" and source.location == GLOBAL:
        return not_global(reference, origin)
    if ref.collection != "certificates" or ref.location in (None, source.location):
        return None
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{reference}'. "
        "Cross-scope references are not allowed for this resource; it is left out"
    )
    hint = f"the proxy is in {source.location}, the certificate in {ref.location}"
    return codes.CERTIFICATE_SCOPE.at(origin, message, hint)


def not_global(reference: str, origin: Origin) -> Finding:
    """Of a Compute SSL certificate at a cross-region load balancer."""
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{reference}'. Compute SSL "
        "certificates are not supported for cross-region internal Application Load Balancers; "
        "it is left out"
    )
    hint = "name one of Certificate Manager: projects/…/locations/global/certificates/…"
    return codes.CERTIFICATE_SCOPE.at(origin, message, hint)
