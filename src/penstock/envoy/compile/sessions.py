"""Cookies that name an endpoint → Envoy's filter for stateful sessions.

Every connection manager has the filter, disabled; routes (or shares of a weighted
route) to a backend service with such a cookie switch it on.  The value is the
endpoint's address and port in base64: who makes one up reaches an endpoint of the
same backend service, and only one that gets requests anyway.

https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/stateful_session_filter
"""

from __future__ import annotations

import functools
from typing import Any, Final

from envoy.config.core.v3 import extension_pb2
from envoy.extensions.filters.http.stateful_session.v3 import stateful_session_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.extensions.http.stateful_session.cookie.v3 import cookie_pb2 as state_pb2
from envoy.type.http.v3 import cookie_pb2

from penstock.envoy.compile.load_balancing import refuse_bad_cookie
from penstock.envoy.compile.messages import pack, seconds
from penstock.envoy.compile.serving import Serving
from penstock.model import StrongCookieAffinity, WeightedBackend

SESSIONS: Final = "envoy.filters.http.stateful_session"
_STATE: Final = "envoy.http.stateful_session.cookie"


def session_filter() -> Any:
    """The filter as all connection managers have it."""
    config = pack(stateful_session_pb2.StatefulSession())
    return hcm_pb2.HttpFilter(name=SESSIONS, typed_config=config, disabled=True)


def fill_session(target: Any, backend: WeightedBackend) -> None:
    """Switch the filter on, in a route or in a share of one, if the backend service asks for it."""
    if isinstance(backend, Serving) and backend.cookie is not None:
        target.typed_per_filter_config[SESSIONS].CopyFrom(_by_cookie(backend.cookie))


@functools.cache
def _by_cookie(affinity: StrongCookieAffinity) -> Any:
    refuse_bad_cookie(affinity.cookie, affinity.path)
    cookie = cookie_pb2.Cookie(name=affinity.cookie, path=affinity.path)
    if affinity.ttl:
        cookie.ttl.CopyFrom(seconds(affinity.ttl))
    state = pack(state_pb2.CookieBasedSessionState(cookie=cookie))
    session = stateful_session_pb2.StatefulSession(
        session_state=extension_pb2.TypedExtensionConfig(name=_STATE, typed_config=state)
    )
    return pack(stateful_session_pb2.StatefulSessionPerRoute(stateful_session=session))
