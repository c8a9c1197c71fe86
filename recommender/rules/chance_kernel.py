"""Chance kernel: how likely each rule is to hold of one person, from how likely each open comparison is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Float64, Int64
from features.kernel.jit import njit
from recommender.rules.rule_kernel import AND, COUNT, MEMBERS, NOT, OR, RANGE, REGION, RulePlan, RuleRows, fill_words

EVEN = 0.5
"""How likely what no prior tells about is to hold."""
CHECKED = 0.9
"""How likely a rule that nobody checked is to be right."""


class Priors(NamedTuple):
    """What the columns of one person may hold, where they are not known.

    Attributes:
        starts: int64[F + 1], where the possible values of each column begin; none where nothing is known of them.
        values: int64[V].
        weights: float64[V], adding up to 1 over a column.
        inside: float64[S], the share of people of the person's place who live in each set of regions.
        counted: float64[atoms], how likely each count of members is to hold.
    """

    starts: Int64
    values: Int64
    weights: Float64
    inside: Float64
    counted: Float64


@njit
def fill_chances(plan: RulePlan, person: RuleRows, priors: Priors, chance: Float64, found: Float64) -> None:
    """Fill found float64[P] with how likely one person is to meet each programme, comparisons taken as independent.

    `chance` float64[atoms + nodes] is room to work in.
    """
    atoms, nodes = len(plan.atoms), len(plan.ops)
    certain, possible = np.empty(atoms, np.uint64), np.empty(atoms, np.uint64)
    fill_words(plan, person, 0, 1, certain, possible)
    one = np.uint64(1)
    for i in range(atoms):
        if certain[i] & one or not possible[i] & one:
            chance[i] = float(certain[i] & one)
        else:
            chance[i] = priors.counted[i] if plan.atoms[i, 0] == COUNT else atom_chance(plan.atoms[i], priors)
    for i in range(nodes):
        chance[atoms + i] = _node(plan, i, chance)
    for p in range(len(found)):
        missed = 1.0
        for k in range(plan.roots.shape[0]):
            root = plan.roots[k, p]
            if root >= 0 and (person.masks[0] >> k) & 1:
                missed *= 1 - chance[root]
        found[p] = (1 - missed) * (CHECKED if plan.capped[p] else 1.0)


@njit
def atom_chance(atom: Int64, priors: Priors) -> float:
    """How likely one open comparison is to hold, unless it counts members."""
    kind, column, low, high = atom[0], atom[1], atom[2], atom[3]
    if kind == REGION:
        return float(priors.inside[low])
    if kind not in (RANGE, MEMBERS):
        return EVEN
    first, last = priors.starts[column], priors.starts[column + 1]
    if first == last:
        return EVEN
    share = 0.0
    for k in range(first, last):
        value = priors.values[k]
        if (low <= value <= high) if kind == RANGE else (value > 0 and value & low != 0):
            share += priors.weights[k]
    return min(share, 1.0)


@njit
def _node(plan: RulePlan, i: int, chance: Float64) -> float:
    op, share = plan.ops[i], 1.0
    for part in plan.parts[plan.starts[i] : plan.starts[i + 1]]:
        if op == AND:
            share *= chance[part]
        elif op == OR:
            share *= 1 - chance[part]
        elif op == NOT:
            share = 1 - chance[part]
        else:  # a source too doubtful to exclude anybody is as good as none where it says no
            share = chance[part] + (1 - chance[part]) * EVEN
    return 1 - share if op == OR else share
