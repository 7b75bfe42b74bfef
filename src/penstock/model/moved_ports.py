"""Where HTTPS is found if listeners have other ports than their forwarding rules.

Local mode without privileges moves all ports by one offset, so redirects to HTTPS
have to lead to 443 and the offset.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from penstock.model.load_balancer import ForwardingRule, FrontEndProtocol, TargetProxy
from penstock.model.names import UrlMapName

HTTPS_PORT: Final = 443
_PORTS: Final = range(1, 1 << 16)


def moved_https(
    front_ends: Iterable[tuple[ForwardingRule, TargetProxy, int | None]],
) -> dict[UrlMapName, int]:
    """URL maps behind moved HTTP listeners, with the port that HTTPS has moved to.

    The number beside a front end is the port that it listens on; None if it does not.
    """
    offsets: dict[UrlMapName, set[int]] = {}
    for rule, proxy, port in front_ends:
        if port is not None and proxy.protocol is FrontEndProtocol.HTTP:
            offsets.setdefault(proxy.url_map, set()).add(port - rule.port)
    return {
        name: HTTPS_PORT + offset
        for name, found in offsets.items()
        if len(found) == 1 and (offset := found.copy().pop()) and HTTPS_PORT + offset in _PORTS
    }
