"""Gives every forwarding rule an address and a port of this machine.

Who owns an address is a VIP, which rules of several load balancers may share,
or a load balancer whose rules name none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from penstock.envoy.compile import SocketAddress
from penstock.model import (
    Finding,
    ForwardingRule,
    ForwardingRuleName,
    LoadBalancer,
    Model,
    Origin,
    Setting,
    Severity,
    code,
)
from penstock.runtime.addresses import AddressAssigner, Unavailable

NO_ADDRESS = code(
    "runtime/no-address", Severity.ERROR, "No address of the pool can carry a load balancer"
)
PORT_TAKEN = code(
    "runtime/port-unavailable", Severity.ERROR, "A port of a load balancer cannot be listened on"
)
SUBSTITUTED = code(
    "runtime/address-substituted",
    Severity.INFO,
    "A load balancer listens on another address than its manifest says",
)


class Front(NamedTuple):
    """A forwarding rule with its load balancer."""

    lb: LoadBalancer
    rule: ForwardingRule

    @property
    def owner(self) -> str:
        """Whose address it is on; names of VIPs and of load balancers may be alike."""
        return str(self.lb.name) if self.rule.vip is None else f"vip {self.rule.vip}"

    @property
    def origin(self) -> Origin:
        """Where it is written."""
        return self.rule.origin or self.lb.origin


class Placer:
    """Remembers what it decided by way of its assigner."""

    def __init__(self, assigner: AddressAssigner, port_offset: int) -> None:
        self._assigner = assigner
        self._offset = port_offset

    def place(self, model: Model) -> tuple[dict[ForwardingRuleName, SocketAddress], list[Finding]]:
        """Bindings for all rules that can listen, findings for those that cannot."""
        bindings: dict[ForwardingRuleName, SocketAddress] = {}
        findings: list[Finding] = []
        groups = _by_owner(model)
        wishes = {owner: _wish(fronts) for owner, fronts in groups.items()}
        self._assigner.retain(groups)
        # Who wants a certain address comes first, or the pool might give it to somebody else.
        for owner in sorted(groups, key=lambda owner: wishes[owner] is None):
            placed, found = self._place(owner, groups[owner], wishes[owner])
            bindings |= placed
            findings += found
        return bindings, findings

    def _place(
        self, owner: str, fronts: Sequence[Front], wish: Setting[str] | None
    ) -> tuple[Mapping[ForwardingRuleName, SocketAddress], list[Finding]]:
        ports = list(dict.fromkeys(self._port(front) for front in fronts))
        wanted = wish.value if wish else None
        address, problems = self._assigner.assign(owner, ports, wanted)
        if address is None:
            return {}, list(self._nowhere(fronts, problems))
        bindings: dict[ForwardingRuleName, SocketAddress] = {}
        findings = (
            [_substituted(fronts, wish, address, reason)]
            if (wish and (reason := self._assigner.refused(owner)))
            else []
        )
        lost = {problem.port: problem for problem in problems}
        holders: dict[int, Front] = {}
        for front in fronts:
            port = self._port(front)
            holder = holders.setdefault(port, front)
            if holder is not front:
                findings.append(_shared(front, holder, SocketAddress(address, port)))
            elif port in lost:
                findings.append(_unavailable(front, lost[port]))
            else:
                bindings[front.rule.name] = SocketAddress(address, port)
        return bindings, findings

    def _nowhere(
        self, fronts: Sequence[Front], problems: Sequence[Unavailable]
    ) -> Iterator[Finding]:
        if not problems:
            yield _exhausted(fronts[0])
        for problem in problems:
            for front in fronts:
                if self._port(front) == problem.port:
                    yield _no_address(front, problem)

    def _port(self, front: Front) -> int:
        return front.rule.port + self._offset


def _by_owner(model: Model) -> dict[str, list[Front]]:
    groups: dict[str, list[Front]] = {}
    for lb in model.load_balancers.values():
        for rule in lb.forwarding_rules:
            front = Front(lb, rule)
            groups.setdefault(front.owner, []).append(front)
    return groups


def _wish(fronts: Sequence[Front]) -> Setting[str] | None:
    return next((front.rule.address for front in fronts if front.rule.address), None)


def _hint(problem: Unavailable) -> str:
    if problem.is_foreign:
        return "Choose a range of this machine's addresses with --address-pool, or leave it out."
    return "Move all listeners with --port-offset, or choose other addresses with --address-pool."


def _no_address(front: Front, problem: Unavailable) -> Finding:
    return NO_ADDRESS.at(
        front.origin,
        f"Load balancer {front.lb.name} found no free address: port {problem.port} on "
        f"{problem.address}: {problem.reason}.",
        _hint(problem),
    )


def _exhausted(front: Front) -> Finding:
    return NO_ADDRESS.at(
        front.origin,
        f"Load balancer {front.lb.name} found no free address: all of the pool are taken.",
        "Choose a wider range with --address-pool.",
    )


def _unavailable(front: Front, problem: Unavailable) -> Finding:
    return PORT_TAKEN.at(
        front.origin,
        f"Load balancer {front.lb.name} cannot listen on {problem.address}:{problem.port}: "
        f"{problem.reason}.",
        _hint(problem),
    )


def _shared(front: Front, holder: Front, place: SocketAddress) -> Finding:
    return PORT_TAKEN.at(
        front.origin,
        f"Load balancer {front.lb.name} cannot listen on {place.address}:{place.port}: "
        f"{holder.rule.name} of {holder.lb.name} does.",
        "Give one of them another port or another address.",
    )


def _substituted(fronts: Sequence[Front], wish: Setting[str], address: str, reason: str) -> Finding:
    names = ", ".join(dict.fromkeys(str(front.lb.name) for front in fronts))
    return SUBSTITUTED.at(
        wish.origin,
        f"{names} listens on {address} in place of {wish.value}: {reason}.",
        "On this machine use the address that is shown; in the cloud it is the one written.",
    )
