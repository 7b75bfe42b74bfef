"""Who a fleet's proxies are, and where each keeps its files.

The first proxy of the home fleet has the state directory itself; every other one
has a directory of its own in it, so that each can be found again and taken over.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from penstock.envoy.paths import ProxyPaths, socket_directory
from penstock.envoy.record import Running, serving_pid
from penstock.runtime.own_listeners import own_listeners
from penstock.runtime.state import StateDir

HOME: Final = ""
"""The region of the fleet that serves whatever is in no region of its own."""
HOME_NODE: Final = "local"
_FOLDER: Final = "proxies"


def node_ids(region: str, count: int) -> tuple[str, ...]:
    """The proxies of a fleet: ``local``, ``local-2``, … or ``REGION``, ``REGION-2``, …"""
    first = region or HOME_NODE
    return (first, *(f"{first}-{number}" for number in range(2, count + 1)))


def paths_of(state: StateDir, region: str, count: int) -> dict[str, ProxyPaths]:
    """Node → its files; makes the directories. All have the first one's xDS server."""
    nodes = node_ids(region, count)
    first = _paths(state, nodes[0], is_home=not region)
    others = {
        node: ProxyPaths(paths.state, paths.sockets, first.xds_socket)
        for node in nodes[1:]
        for paths in (_paths(state, node, is_home=False),)
    }
    return {nodes[0]: first, **others}


def _paths(state: StateDir, node: str, *, is_home: bool) -> ProxyPaths:
    if is_home:
        return ProxyPaths(state.path, state.sockets)
    folder = state.path / _FOLDER / _folder_name(node)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ProxyPaths(folder, socket_directory(folder, make=True))


def _folder_name(node: str) -> str:
    """The node, if it may be a file's name; a region's name is whatever somebody wrote."""
    if re.fullmatch(r"[a-z][a-z0-9-]{0,62}", node):
        return node
    return "_" + hashlib.blake2b(node.encode(), digest_size=8).hexdigest()


def recorded(state: StateDir) -> Iterator[ProxyPaths]:
    """Files of every proxy that ran on the state directory, also of fleets that are no more."""
    yield ProxyPaths(state.path, state.sockets)
    for folder in sorted((state.path / _FOLDER).glob("*")):
        yield ProxyPaths(folder, socket_directory(folder, make=False))


def listening(state: StateDir) -> frozenset[tuple[str, int]]:
    """Where proxies of ours listen now: those that serve, and those on their way out."""
    pids = {pid for paths in recorded(state) for pid in _processes(paths)}
    return frozenset(place for pid in pids for place in own_listeners(pid))


def _processes(paths: ProxyPaths) -> Iterator[int]:
    known = Running.load(paths.pid_file)
    if known is not None:
        yield from (i.pid for i in (known.identity, known.former) if i is not None and i.alive)
    if (serving := serving_pid(paths)) is not None:
        yield serving
