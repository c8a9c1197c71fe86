"""Grant opening: how many other programmes offers to many people open, tried on those rules alone that can change."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Int8, Int64
from recommender.offers.offer_arrays import offer_arrays
from recommender.rules.rule_kernel import judge_rows
from recommender.rules.rule_part import plan_of_programmes, programme_nodes, programmes_reading

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.ranking.scorer import Pairs
    from recommender.rules.compiled import Compiled

__all__ = ["GrantOpening", "grant_opening"]


class GrantOpening:
    """What the grants of one day's programmes open; `recommender.offers.utility.unlocked` says the same of one person.

    Attributes:
        rules: for each set of grants the rules that it can change; None where it changes none.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._table = offer_arrays(compiled)
        found: list[Compiled | None] = []
        plan, last = compiled.plan, compiled.last_known
        nodes, last_nodes = programme_nodes(plan), programme_nodes(last)
        other = (plan.roots != last.roots).any(axis=0) | (plan.capped != last.capped)
        for grants in self._table.grant_sets:
            chosen = np.flatnonzero(programmes_reading(plan, np.array(grants, np.int64)) | other)
            parts = (plan_of_programmes(*one, chosen) for one in ((plan, nodes), (last, last_nodes)))
            found.append(replace(compiled, plan=next(parts), last_known=next(parts)) if chosen.size else None)
        self.rules = tuple(found)

    def opened(self, known: Snapshots, applicants: Int64 | int, pairs: Pairs) -> Int64:
        """Return how many other programmes each offer opens, int64[m]; a set of grants is tried once for a person.

        Args:
            known: n people.
            applicants: bit masks of KINDS, int64[n], or one for all.
            pairs: what may be offered to them.
        """
        table, opened = self._table, np.zeros(len(pairs), np.int64)
        masks = np.broadcast_to(np.asarray(applicants, np.int64), (len(known),))
        sets = table.grant_set[pairs.programme]
        for which in np.unique(sets[sets >= 0]).tolist():
            rules, rows = self.rules[which], np.flatnonzero(sets == which)
            if rules is None:
                continue
            people, back = np.unique(pairs.person[rows], return_inverse=True)
            members = known.members[people] if len(rules.plan.tests) or len(rules.last_known.tests) else None
            rule_rows, answers = rules.rows(known.values[people], masks[people], members), list[Int8]()
            for plan in (rules.last_known, rules.plan):
                answers.append(np.empty((len(people), plan.roots.shape[1]), np.int8))
                judge_rows(plan, rule_rows, answers[-1])
                rule_rows.values[:, list(table.grant_sets[which])] = 1
            opened[rows] = (answers[1] > answers[0]).sum(axis=1)[back]
        return opened


@lru_cache(maxsize=8)
def grant_opening(compiled: Compiled) -> GrantOpening:
    """Return what the grants of a compiled catalogue open, made once for each of them."""
    return GrantOpening(compiled)
