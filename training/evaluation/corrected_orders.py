"""Corrected orders: what closing the gaps between declared groups brings and costs, on a run's held-out people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.value import identifier_code
from training.evaluation.correction import Correction, CorrectionTerms, choose_boosts, reach
from training.measures import ndcg, places

if TYPE_CHECKING:
    from training.data.material import TrainingData
    from training.evaluation.fairness import Entitlements
    from training.evaluation.judged_rows import JudgedRows

TERMS: Final = CorrectionTerms()
COUNTED: Final = frozenset({"popularity", "views"})
"""Orders by how often something happened."""


def corrected_orders(
    material: TrainingData, rows: JudgedRows, scores: Mapping[str, Float64], kind_of: Sequence[str],
    terms: CorrectionTerms = TERMS,
) -> tuple[Correction, ...]:  # fmt: skip
    """Correct some orders, each half of the held-out people by boosts that were chosen on the other half.

    Args:
        material: the programmes and the groups.
        rows: everybody's candidates, and what of them is due.
        scores: of these candidates, by order.
        kind_of: of each programme, in the catalogue's order: boosts are for all programmes of a kind.
        terms: what a correction has to keep to.
    """
    if not material.groups or not len(rows.some.people):
        return ()
    owed, kinds = rows.owed, tuple(sorted(set(kind_of)))
    of_programme = np.array([kinds.index(one) for one in kind_of], dtype=np.int64)
    kind = of_programme[rows.some.pairs.programme]
    one = np.array([identifier_code(f"correction {name}") % 2 == 0 for name in rows.some.people.people])
    groups = tuple(group.name for group in material.groups)
    found, knowing = [], reach(owed, owed.due, terms.k)
    for name, plain in scores.items():
        counts = name in COUNTED and plain.size
        score = np.asarray(np.log1p(plain) if counts else plain, dtype=np.float64)  # counts are of very different sizes
        after = _crossed(score, kind, len(kinds), owed, (one, ~one), terms)
        boosts = choose_boosts(owed, score, kind, len(kinds), terms)
        there = reach(owed, score, terms.k), reach(owed, after, terms.k)
        others = {} if rows.truth is None else _others(rows.truth.probability, owed, (score, after), terms.k)
        found.append(Correction(name, groups, kinds, boosts, *there, owed.answers.shape[0], others, knowing))
    return tuple(found)


def _crossed(
    score: Float64, kind: Int64, kinds: int, owed: Entitlements, halves: tuple[Bool, Bool], terms: CorrectionTerms
) -> Float64:
    """The corrected scores of each half, by boosts chosen on the other."""
    after = score.copy()
    for chosen_on, judged_on in (halves, halves[::-1]):
        rows, others = chosen_on[owed.person], judged_on[owed.person]
        boosts = choose_boosts(_of(owed, chosen_on), score[rows], kind[rows], kinds, terms)
        after[others] = boosts.applied(score[others], _of(owed, judged_on), kind[others])
    return after


def _of(owed: Entitlements, who: Bool) -> Entitlements:
    """What is due to some of the people, who are numbered anew."""
    rows, number = who[owed.person], np.cumsum(who) - 1
    return replace(
        owed, person=number[owed.person[rows]], due=owed.due[rows], need=owed.need[rows], answers=owed.answers[who]
    )


def _others(
    chance: Float64, owed: Entitlements, scores: tuple[Float64, Float64], k: int
) -> Mapping[str, tuple[float, float]]:
    """NDCG@5, and how much a person is likely to take up of their first k, before and after."""
    people = owed.answers.shape[0]
    one, other = (float(ndcg(owed.person, score, chance)[1].mean()) for score in scores)
    before, after = (float(chance[places(owed.person, score) < k].sum()) / people for score in scores)
    return {"ndcg@5": (one, other), "taken_up": (before, after)}
