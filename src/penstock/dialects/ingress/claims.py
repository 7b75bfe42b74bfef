"""The Ingresses of a world that are ours, read and in order of precedence.

Reading an Ingress is remembered for as long as it stays the same object.  While
Ingresses only replace older ones of the same name and class, nothing is sorted or
claimed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.dialects.ingress.classes import Classes, same_class
from penstock.dialects.ingress.plan import IngressPlan, read_plan
from penstock.dialects.kubernetes.ownership import Ownership
from penstock.model import Finding
from penstock.objects.ingress import Ingress, IngressClass
from penstock.objects.meta import Object
from penstock.objects.world import Replacement, Table, World, replacements

Groups = dict[str, list[IngressPlan]]


class ClaimedPlans:
    """Reads one world after another."""

    def __init__(self, local: bool) -> None:
        self._local = local
        self._ingresses: Table = {}
        self._class_table: object = None
        self._ownership = Ownership()
        self._version = -1
        # By the Ingress's identity; plans keep their Ingresses alive.
        self._plans: dict[int, IngressPlan] = {}
        self._sure: dict[int, str | None] = {}
        """The class of each Ingress about whose class there was nothing to say."""
        self._groups: Groups = {}
        self._findings: list[Finding] = []

    def read(self, world: World) -> tuple[Groups, list[Finding]]:
        """Plans of the claimed Ingresses by class, in order of precedence."""
        classes, ingresses = world.table(IngressClass), world.table(Ingress)
        before, self._version = self._version, self._ownership.update(world)
        replaced = None
        if classes is self._class_table and before == self._version:
            replaced = replacements(self._ingresses.values(), ingresses.values())
        if replaced is None or not self._replace(replaced):
            self._read_all(world)
        self._class_table, self._ingresses = classes, ingresses
        return self._groups, self._findings

    def _replace(self, replaced: Sequence[Replacement]) -> bool:
        """Replace single plans in place; False if that would change order or classes."""
        fresh: dict[int, IngressPlan] = {}
        for old, new in replaced:
            plan = fresh[id(old)] = read_plan(new)
            same = plan.age == self._plans[id(old)].age and same_class(old, new)
            same = same and bool(self._ownership.claim(old)) == bool(self._ownership.claim(new))
            if not same or id(old) not in self._sure:
                return False
        groups = {self._sure[id(old)] for old, _ in replaced} - {None}
        self._groups = {
            group: [fresh.get(id(plan.ingress), plan) for plan in plans]
            if group in groups
            else plans
            for group, plans in self._groups.items()
        }
        for old, new in replaced:
            del self._plans[id(old)]
            self._plans[id(new)] = fresh[id(old)]
            self._sure[id(new)] = self._sure.pop(id(old))
        return True

    def _read_all(self, world: World) -> None:
        classes = Classes(world, self._local, self._ownership)
        self._findings = list(classes.findings)
        plans = [self._plan(ingress) for ingress in world.table(Ingress).values()]
        plans.sort(key=_age)
        self._groups, self._sure = {}, {}
        for plan in plans:
            claim = classes.claim(plan.ingress)
            self._findings += claim.findings
            if not claim.findings:
                self._sure[id(plan.ingress)] = claim.group
            if claim.group is not None:
                self._groups.setdefault(claim.group, []).append(plan)
        self._plans = {id(plan.ingress): plan for plan in plans}

    def _plan(self, ingress: Object[Ingress]) -> IngressPlan:
        known = self._plans.get(id(ingress))
        return known if known is not None else read_plan(ingress)


def _age(plan: IngressPlan) -> tuple[str, str, str]:
    return plan.age
