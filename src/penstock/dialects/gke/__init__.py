"""The dialect `gke`: Ingress with GKE's annotations and kinds, as ingress-gce makes load balancers.

Flow: `classes` (whose is it) → `plan` (one Ingress by itself, with `settings` and
`paths`) → `backends` (Services, with `services`, `backend_config`, `health_checks`) →
`front` (addresses, certificates, redirects) → `dialect` (one load balancer of each
Ingress), with `groups` for endpoints.  `exposed` has the groups that Services ask for by
themselves, which the dialect `compute` serves; `statuses` and `events` what GKE's
controllers would write onto all of these objects.
"""

from penstock.dialects.gke.dialect import GkeDialect

__all__ = ["GkeDialect"]
