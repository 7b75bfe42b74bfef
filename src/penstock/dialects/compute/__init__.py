"""The dialect `compute`: Google Compute resources, by the Compute API and Google's documentation.

Flow: `config` and `index` (what there is) → `references` (who means whom) →
`groups`, `backend_services`, `url_maps` (with `hosts`, `route_rules`, `matches`,
`actions`, `headers`), `target_proxies` (with `certificates`, `ssl_policies`,
`client_tls`), `forwarding_rules` (with `addresses`, `subnets`): one kind each →
`routing` (the walk through all of them) → `dialect` (with endpoints, the model).
"""

from penstock.dialects.compute.dialect import ComputeDialect

__all__ = ["ComputeDialect"]
