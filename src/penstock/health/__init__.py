"""Health checks: one prober for the whole installation, whatever the number of proxies.

Envoy could probe for itself, or for a control plane (its health discovery service,
HDS).  Neither fits what a health check means here.  Proxies that probe for
themselves multiply probes by their number, and each comes to a verdict of its own;
Google's do so for hybrid and internet groups only, and for these it is done here,
too (`penstock.envoy.compile.health_checks`).  HDS hands sets of endpoints to some
of the proxies, so that a verdict depends on a proxy's life, changes cost a round
trip through it, checks for text in TLS and gRPC over TLS with a port of their own
are not to be had, and a reason for people is not reported.  A prober of a few hundred
lines in asyncio asks every endpoint once, whoever uses it, knows why it failed, and
is there as long as the control plane is.

`state` is the pure state machine, `probes` ask once, `prober` asks again and again.
"""

from penstock.health.prober import Change, Counters, Prober
from penstock.health.target import Target

__all__ = ["Change", "Counters", "Prober", "Target"]
