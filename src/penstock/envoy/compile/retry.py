"""Retry policies, for routes and for whole backend services.

A policy that all routes of a backend service share stands in its cluster: a
route configuration of thousands of routes is a third smaller for it, and Envoy
takes half as long to apply a change of one of them.
"""

from __future__ import annotations

from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from envoy.extensions.retry.priority.previous_priorities.v3 import (
    previous_priorities_config_pb2,
)
from envoy.type.matcher.v3 import string_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.messages import pack, seconds
from penstock.model import RetryPolicy

_OTHER_HOST_TRIES: Final = 3
"""Picks of an endpoint for a retry until one is taken that was tried before."""

_PREVIOUS_HOSTS: Final = pb.RetryPolicy.RetryHostPredicate(
    name="envoy.retry_host_predicates.previous_hosts",
    typed_config=pack(previous_hosts_pb2.PreviousHostsPredicate()),
)

_NEXT_PRIORITY: Final = pb.RetryPolicy.RetryPriority(
    name="envoy.retry_priorities.previous_priorities",
    typed_config=pack(previous_priorities_config_pb2.PreviousPrioritiesConfig(update_frequency=1)),
)


def retry_policy(retry: RetryPolicy, *, has_priorities: bool = False) -> Any:
    """Envoy's message; in a cluster it overrides those of routes.

    ``has_priorities``: the cluster's groups may stand behind one another.  A retry then goes
    to the next ones: when all endpoints of a region die at once, nobody knows it but by
    requests that fail until probes have.
    """
    message = pb.RetryPolicy(
        retry_on=",".join(retry.conditions),
        num_retries=UInt32Value(value=retry.attempts),
        retry_host_predicate=[_PREVIOUS_HOSTS],
        host_selection_retry_max_attempts=_OTHER_HOST_TRIES,
    )
    if has_priorities:
        message.retry_priority.CopyFrom(_NEXT_PRIORITY)
    if retry.per_try_timeout is not None:
        message.per_try_timeout.CopyFrom(seconds(retry.per_try_timeout))
    for method in retry.methods:
        exactly = string_pb2.StringMatcher(exact=method)
        message.retriable_request_headers.add(name=":method", string_match=exactly)
    return message
