"""What a backend service's security policy says to a client."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.explain.result import Answer, Backend, Guard, source
from penstock.model import BackendService, SecurityPolicy, SecurityRule


def guard_of(service: BackendService, client: str | None) -> Guard | None:
    """The policy's verdict on a client; None without a policy."""
    setting = service.security_policy
    if setting is None:
        return None
    policy, origin = setting.value, source(setting.origin)
    if client is None:
        why = "the client's address is not known here"
        return Guard(policy.name, None, "unknown", None, why, origin)
    rule = policy.decisive(client)
    if rule is None:
        return Guard(policy.name, None, "allow", None, f"no rule has {client}", origin)
    verdict, status = _verdict(rule)
    return Guard(policy.name, rule.priority, verdict, status, _why(policy, rule, client), origin)


def _verdict(rule: SecurityRule) -> tuple[str, int | None]:
    if rule.limit is not None:
        return "limit", rule.limit.status
    return ("allow", None) if rule.deny is None else ("deny", rule.deny)


def _why(policy: SecurityPolicy, rule: SecurityRule, client: str) -> str:
    of = f"rule {rule.priority} of security policy {policy.name} has {client}"
    if rule.limit is None:
        return of
    each = " from one address" if rule.limit.key.value == "IP" else ""
    count, interval = rule.limit.count, rule.limit.interval
    return f"{of}: at most {count:,} requests in {interval:,} s{each}, above {rule.limit.status}"


def is_denied(backend: Backend) -> bool:
    """Whether the client's requests do not get through to a backend service."""
    return backend.guard is not None and backend.guard.verdict == "deny"


def refused(backends: Iterable[Backend]) -> Answer | None:
    """The answer where no backend service lets the client through."""
    guards = [b.guard if is_denied(b) else None for b in backends]
    first = guards[0] if guards else None
    if first is None or None in guards:
        return None
    statuses = {guard.status for guard in guards if guard is not None}
    return Answer("proxy", first.status if len(statuses) == 1 else None, first.why)


def reasons(backends: Iterable[Backend]) -> list[str]:
    """What has to be said of shares that do not get through, or not always."""
    found = []
    for backend in backends:
        guard = backend.guard
        if guard is not None and guard.verdict == "deny":
            found.append(f"{guard.why}: {backend.name}'s share of requests gets {guard.status}")
        elif guard is not None and guard.verdict != "allow":
            found.append(f"security policy {guard.policy}: {guard.why}")
    return found
