"""Penstock: cloud load balancing, anywhere.

Load-balancer manifests written for GKE, EKS and Gateway API become running
load balancers: Envoy carries L7, the Linux kernel L4.  See ARCHITECTURE.md for
the flow and for the room in which each concern lives.
"""

__version__ = "0.1.0"
