"""The dialect `ingress`: plain Ingress, by the Kubernetes specification.

Flow: `classes` (whose is it) → `plan` (one Ingress by itself, with `flavour`,
`paths`, `regex`) → `routes` and `tls` (merged per class, with `backends`) →
`dialect` (load balancers, endpoint groups).
"""

from penstock.dialects.ingress.dialect import IngressDialect

__all__ = ["IngressDialect"]
