"""Judged: some people on whom every rule was worked out once, and what is read of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Bool, Int8, Int64, UInt64
from recommender.rules.open_rules import OpenRules, open_rules
from recommender.rules.rule_kernel import RulePlan, RuleRows, evaluate, fill_answers

__all__ = ["JudgedPeople", "judged"]


@dataclass(frozen=True, eq=False)
class JudgedPeople:
    """At most 64 people, and the words of all atoms and nodes of the rules, a bit a person.

    Attributes:
        people: whom.
        certain: uint64[A + N], whose answer to each is yes.
        possible: uint64[A + N], whose is not no.
    """

    people: RuleRows
    certain: UInt64
    possible: UInt64

    def answers(self, plan: RulePlan) -> Int8:
        """Return the Answer of each programme by the roots of a plan over the same atoms and nodes: int8[n, P]."""
        found = np.empty((len(self.people.values), plan.roots.shape[1]), dtype=np.int8)
        fill_answers(plan, self.people.masks, self.certain, self.possible, found)
        return found

    def open_rules(self, plan: RulePlan, places: Int64, columns: Bool, regions: Int64) -> OpenRules:
        """Return what is left of the rules of some programmes for the first person, when some columns may change.

        Args:
            plan: the rules.
            places: int64[m], of the programmes.
            columns: bool[F], which may change.
            regions: the columns that hold regions.
        """
        mask = int(self.people.masks[0])
        return open_rules(plan, mask, places, self.certain, self.possible, columns, regions)


def judged(plan: RulePlan, people: RuleRows) -> JudgedPeople:
    """Work out every rule on at most 64 people."""
    references = len(plan.atoms) + len(plan.ops)
    certain, possible = np.empty(references, np.uint64), np.empty(references, np.uint64)
    evaluate(plan, people, 0, len(people.values), certain, possible)
    return JudgedPeople(people, certain, possible)
