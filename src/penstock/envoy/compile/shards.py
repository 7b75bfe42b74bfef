"""Large URL maps in parts, so that a changed host does not cost them whole.

Envoy builds a route configuration anew for every change in it, at some 15 µs a
host.  A URL map with many hosts therefore becomes `SHARDS` route configurations:
an exact host is in one of them, by a hash of its name; host rules for many hosts
and the default action are in each.  Any of them thus answers as the whole would
for the hosts that fall to it.

Which one answers a request is decided by scoped routes (SRDS): a filter writes
the key of the host's shard into a header, and each shard has a scope of that key.
The filter is a constant program; the one thing put into it is a hash of ours.
It hashes what Envoy compares with hosts: the name in lower case, without a port.

Envoy looks for a route before it runs filters, too, and only where it finds one it
refuses upgrades to unknown protocols (smuggled requests are hidden behind those).
So every request starts out in a scope of its own, whose only route answers 500.

Everything is a function of the URL map alone, so equal worlds give equal bytes.
The number of shards never changes, because it stands in the listener, and a
listener that changes drains its connections.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import Any, Final

from envoy.config.core.v3 import base_pb2, extension_pb2
from envoy.config.route.v3 import route_pb2, scoped_route_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from envoy.extensions.http.early_header_mutation.header_mutation.v3 import header_mutation_pb2

from penstock.envoy.compile.messages import ads, pack, serialize
from penstock.envoy.compile.serving import Serving
from penstock.envoy.resources import (
    ROUTES,
    SCOPES,
    SHARD_HEADER,
    EnvoyResource,
    shard_name,
    start_name,
)
from penstock.model import Action, Forward, HostKind, HostRule

SHARDS: Final = 128
SHARDED_FROM: Final = 512
"""Exact hosts from which on a URL map is sharded; below, a change costs Envoy less than 10 ms,
and requests are spared the filter's 3 µs."""
MOST_WILDCARDS: Final = 16
"""Host rules for many hosts up to which it is; each is in every shard."""
_LONGEST_HOST: Final = 255
"""Bytes of a host that are hashed; DNS has no longer names (RFC 1035, section 2.3.4)."""
_FACTOR: Final = 403
"""Odd, and small enough that 31 bits times it are exact in Lua's numbers, which are doubles."""

_FILTER: Final = """\
local byte, band, bxor, rshift, min = string.byte, bit.band, bit.bxor, bit.rshift, math.min
local keys = {}
for shard = 0, @SHARDS@ - 1 do keys[shard] = "@MAP@/" .. shard end
function envoy_on_request(handle)
  local headers = handle:headers()
  local host = headers:get(":authority") or ""
  local hash = 0
  for i = 1, min(#host, @LONGEST@) do
    local c = byte(host, i)
    if c == 58 then break end
    if c >= 65 and c <= 90 then c = c + 32 end
    hash = band(bxor(hash, c) * @FACTOR@, 0x7fffffff)
  end
  hash = bxor(hash, rshift(hash, 7), rshift(hash, 14), rshift(hash, 21))
  headers:replace("@HEADER@", keys[hash % @SHARDS@])
  handle:clearRouteCache()
end
"""


def is_sharded(host_rules: Collection[HostRule], default: Action) -> bool:
    """Whether a URL map, whose routes know what to do for backends, is compiled in shards.

    Not with host rules for a port, which share virtual hosts, and not with anything that
    a filter does: which filters take part in a request, Envoy decides by the route that
    it finds before any filter runs, and then the shard is not known yet.
    """
    exact = sum(rule.host.kind is HostKind.EXACT for rule in host_rules)
    if exact < SHARDED_FROM or len(host_rules) - exact > MOST_WILDCARDS:
        return False
    if _needs_filters(default):
        return False
    return not any(rule.host.port or needs_route_filters(rule) for rule in host_rules)


def needs_route_filters(rule: HostRule) -> bool:
    """Whether a route of the rule makes a filter take part that others do without."""
    return any(_needs_filters(route.action) for route in rule.routes)


def _needs_filters(action: Action) -> bool:
    return isinstance(action, Forward) and (
        bool(action.cors or action.fault)
        or any(isinstance(backend, Serving) for backend in action.backends)
    )


def shard_of(host: str) -> int:
    """The shard of an exact host; what `_FILTER` computes."""
    value = 0
    for byte in host.partition(":")[0].encode()[:_LONGEST_HOST]:
        value = (value ^ byte) * _FACTOR & 0x7FFF_FFFF
    return (value ^ value >> 7 ^ value >> 14 ^ value >> 21) % SHARDS


def scopes(url_map: str) -> Iterator[EnvoyResource]:
    """Lead requests with a shard's key to its route configuration."""
    yield _scope(start_name(url_map), _start_key(url_map))
    for shard in range(SHARDS):
        yield _scope(shard_name(url_map, shard), f"{_map_key(url_map)}/{shard}")


def _scope(name: str, key: str) -> EnvoyResource:
    message = scoped_route_pb2.ScopedRouteConfiguration(name=name, route_configuration_name=name)
    message.key.fragments.add(string_key=key)
    return EnvoyResource(SCOPES, name, serialize(message))


def start_routes(url_map: str) -> EnvoyResource:
    """The route configuration that requests meet first, and only the filter's failure shows."""
    name = start_name(url_map)
    message = route_pb2.RouteConfiguration(name=name)
    host = message.virtual_hosts.add(name="*", domains=["*"])
    route = host.routes.add(name="start")
    route.match.prefix = "/"
    route.direct_response.status = 500
    return EnvoyResource(ROUTES, name, serialize(message))


def scoped_routes(url_map: str) -> Any:
    """How the listener finds the shard.

    All listeners of a proxy share one subscription and its key builder, which is why
    the URL map is a part of the key.
    """
    routes = hcm_pb2.ScopedRoutes(name=url_map, rds_config_source=ads())
    extractor = routes.scope_key_builder.fragments.add().header_value_extractor
    extractor.name = SHARD_HEADER
    extractor.index = 0
    routes.scoped_rds.scoped_rds_config_source.CopyFrom(ads())
    return routes


def shard_filter(url_map: str) -> Any:
    """The filter that says which shard a request's host is in."""
    values = {
        "SHARDS": str(SHARDS),
        "MAP": _map_key(url_map),
        "LONGEST": str(_LONGEST_HOST),
        "FACTOR": str(_FACTOR),
        "HEADER": SHARD_HEADER,
    }
    text = _FILTER
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    program = lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=text))
    return hcm_pb2.HttpFilter(name="envoy.filters.http.lua", typed_config=pack(program))


def start_mutation(url_map: str) -> Any:
    """Puts every request into the scope of the start."""
    header = base_pb2.HeaderValue(key=SHARD_HEADER, value=_start_key(url_map))
    overwrite = base_pb2.HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    option = base_pb2.HeaderValueOption(header=header, append_action=overwrite)
    mutation = header_mutation_pb2.HeaderMutation()
    mutation.mutations.add().append.CopyFrom(option)
    return extension_pb2.TypedExtensionConfig(
        name="envoy.http.early_header_mutation.header_mutation", typed_config=pack(mutation)
    )


def _start_key(url_map: str) -> str:
    return f"{_map_key(url_map)}/start"


def _map_key(url_map: str) -> str:
    """Stands for the URL map's name: hexadecimal digits only."""
    return hashlib.blake2b(url_map.encode(), digest_size=6).hexdigest()
