"""Assignments: which endpoints of a backend service get which share of its requests.

A backend service that has a health check, capacities, regions or draining endpoints
gets one whenever its endpoints, their health or their load change.  It is made for
the proxies of one region (and, with subsetting, for one proxy of them); a backend
service without one serves all its ready endpoints alike.
"""

from __future__ import annotations

import enum

import msgspec

from penstock.model.names import BackendServiceName, NegName
from penstock.model.origin import Origin


class EndpointStatus(enum.StrEnum):
    """Whether an endpoint may get requests."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    """It gets none."""
    DRAINING = "DRAINING"
    """It left its group: no new sessions, those that name it go on."""
    UNPROBED = "UNPROBED"
    """The proxies find out for themselves."""


class AssignedEndpoint(msgspec.Struct, frozen=True, order=True):
    """One endpoint as proxies are told of it."""

    address: str
    port: int
    status: EndpointStatus = EndpointStatus.HEALTHY


class AssignedGroup(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group's share; one locality in Envoy, by whose name load is reported."""

    neg: NegName
    endpoints: tuple[AssignedEndpoint, ...]
    """Sorted."""
    region: str = ""
    zone: str = ""
    priority: int = 0
    """Groups of the next priority get requests only when those before have no healthy endpoint;
    priorities are counted from 0 without gaps."""
    weight: int = 1
    """Share within the priority; 0 gets nothing."""


class Assignment(msgspec.Struct, frozen=True):
    """All groups of one backend service."""

    service: BackendServiceName
    groups: tuple[AssignedGroup, ...]
    """By priority, then name."""


class GroupShare(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one group of a backend service gets of the requests of one region's proxies, and why."""

    neg: NegName
    share: float
    """Of all requests, 0 to 1."""
    why: str
    """For people."""
    healthy: int = 0
    endpoints: int = 0
    capacity: float | None = None
    """Requests per second, estimated where the limit is in another unit; None is no limit."""
    rate: float = 0.0
    """Requests per second that it gets now from all proxies."""
    priority: int = 0
    """Later ones get requests when those before have no healthy endpoint."""
    origin: Origin | None = None
    """The backend that sets the limit; None where nothing does."""
