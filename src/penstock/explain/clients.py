"""Whether a client may connect to a forwarding rule at all, by where its address is."""

from __future__ import annotations

from penstock.explain.result import Access, Clients, source
from penstock.model import ClientRange, ForwardingRule


def access_of(rule: ForwardingRule, client: str | None) -> Access | None:
    """Who may connect, and what that means for the client, if its address is known."""
    if rule.access is None:
        return None
    access = rule.access.value
    decisive = None if client is None else access.decisive(client)
    return Access(
        ranges=[_shown(clients) for clients in access.ranges],
        decisive=None if decisive is None else _shown(decisive),
        origin=source(rule.access.origin),
    )


def refusal(access: Access | None, client: str | None) -> str | None:
    """Why the connection is closed; None if it is not, or if nobody said who the client is."""
    found = access.decisive if access else None
    if found is None or found.allowed:
        return None
    return f"{client} is one of the clients of {found.range}: {found.why} ({found.origin.text})"


def _shown(clients: ClientRange) -> Clients:
    return Clients(
        clients.range,
        clients.network,
        clients.region or None,
        clients.allowed,
        clients.reason,
        source(clients.origin),
    )
