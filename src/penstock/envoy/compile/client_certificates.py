"""What is known of a client's certificate, where only a route's match can tell.

Envoy has no operator for whether the certificate was verified, but routes may ask for
it.  A rule whose headers name such a variable is there three times, and each of its
routes carries the values as metadata, which an operator does reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from google.protobuf.wrappers_pb2 import BoolValue

from penstock.envoy.compile.variables import CERTIFICATE_STATE, METADATA
from penstock.model import HeaderEdits, Variable

_VERIFIED, _ERROR = Variable.CLIENT_CERT_CHAIN_VERIFIED, Variable.CLIENT_CERT_ERROR
_STATES: Final[tuple[tuple[dict[str, bool], dict[Variable, str]], ...]] = (
    ({"presented": True, "validated": True}, {_VERIFIED: "true", _ERROR: ""}),
    ({"presented": True}, {_VERIFIED: "false", _ERROR: "client_cert_validation_failed"}),
    ({}, {_VERIFIED: "false", _ERROR: "client_cert_not_provided"}),
)
"""What a route asks of the connection → the variables' values, in the routes' order."""


def tells_state(edits: HeaderEdits) -> bool:
    """Whether a header's value depends on the state of the client's certificate."""
    return any(
        not CERTIFICATE_STATE.isdisjoint(edit.value)
        for edit in (*edits.request_add, *edits.response_add)
    )


def state_variants(route: Any) -> Iterator[Any]:
    """The route for each state."""
    for asked, values in _STATES:
        variant = pb.Route()
        variant.CopyFrom(route)
        for name, value in asked.items():
            getattr(variant.match.tls_context, name).CopyFrom(BoolValue(value=value))
        variant.metadata.filter_metadata[METADATA].update(values)
        yield variant
