"""Fleets: proxies with one configuration each; home, and one for each region of cross-region
load balancers.

`fleet` is one life of one fleet, `regional` all lives of one region's, `fleets` all of them.
"""

from penstock.runtime.fleets.fleets import Fleets, UnknownRegionError
from penstock.runtime.fleets.regional import FleetState, Regional

__all__ = ["FleetState", "Fleets", "Regional", "UnknownRegionError"]
