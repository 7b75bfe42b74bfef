"""The delta ADS server: snapshots in, acknowledged revisions out."""

from penstock.envoy.xds.report import Nack, Outcome, ProxyState, Rollout, Warm
from penstock.envoy.xds.server import XdsServer

__all__ = ["Nack", "Outcome", "ProxyState", "Rollout", "Warm", "XdsServer"]
