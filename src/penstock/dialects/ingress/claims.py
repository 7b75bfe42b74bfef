"""The Ingresses of a world that are ours, read and in order of precedence.

Reading an Ingress and deciding about it are remembered for as long as the
Ingress and all IngressClasses stay the same objects.
"""

from __future__ import annotations

from penstock.dialects.ingress.classes import Claim, Classes
from penstock.dialects.ingress.plan import IngressPlan, read_plan
from penstock.model import Finding
from penstock.objects.ingress import Ingress, IngressClass
from penstock.objects.meta import Object
from penstock.objects.world import World

Groups = dict[str, list[IngressPlan]]


class ClaimedPlans:
    """Reads one world after another."""

    def __init__(self, local: bool) -> None:
        self._local = local
        # By the Ingress's identity; plans keep their Ingresses alive.
        self._plans: dict[int, IngressPlan] = {}
        self._groups: dict[int, str] = {}
        self._classes: object = None

    def read(self, world: World) -> tuple[Groups, list[Finding]]:
        """Plans of the claimed Ingresses by class, in order of precedence."""
        table = world.table(IngressClass)
        if table is not self._classes:
            self._classes, self._groups = table, {}
        classes = Classes(world, self._local)
        findings = list(classes.findings)
        plans = [self._plan(ingress) for ingress in world.table(Ingress).values()]
        plans.sort(key=_age)
        groups: Groups = {}
        sure: dict[int, str] = {}
        for plan in plans:
            group = self._groups.get(id(plan.ingress))
            claim = Claim(group) if group is not None else classes.claim(plan.ingress)
            findings += claim.findings
            if claim.group is None:
                continue
            # What has findings is asked again: some are told once, on the first of a class.
            if not claim.findings and not classes.tells_once(claim.group):
                sure[id(plan.ingress)] = claim.group
            groups.setdefault(claim.group, []).append(plan)
        self._plans = {id(plan.ingress): plan for plan in plans}
        self._groups = sure
        return groups, findings

    def _plan(self, ingress: Object[Ingress]) -> IngressPlan:
        known = self._plans.get(id(ingress))
        return known if known is not None else read_plan(ingress)


def _age(plan: IngressPlan) -> tuple[str, str, str]:
    return plan.age
