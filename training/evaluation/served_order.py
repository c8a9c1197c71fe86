"""Served order: the utility by which a model's programmes are recommended, and what corrects it between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64
from features.value import UNKNOWN
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.order_correction import Boost
from recommender.offers.utility import STEP, UtilityInputs, UtilityWeights, weigh
from recommender.rules.chance import chances
from recommender.rules.compiled import compile_catalogue
from training.evaluation.corrected_orders import corrected_orders
from training.evaluation.correction import CorrectionTerms

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.material import TrainingData
    from training.data.ranking_dataset import Candidates
    from training.evaluation.correction import Correction
    from training.evaluation.judged_rows import JudgedRows

TERMS: Final = CorrectionTerms(dislike=0.0002, rounds=150, together=True)
"""One boost for each programme brings less than one for a category does."""
SERVED: Final = "served"
"""The name of the order by utility."""
_CITIZEN: Final = 1


def served_correction(material: TrainingData, rows: JudgedRows, model: Model) -> Correction | None:
    """What would close the gaps between groups in the order that people are served; None where no group is declared.

    Args:
        material: the programmes and the groups.
        rows: held-out people's candidates, and what of them is due.
        model: whose likelihoods are part of the utility.
    """
    people, pairs = rows.some.people, rows.some.pairs
    chance = model.score(people, model.attributes(material.catalogue, people.declaration), pairs).probability
    utility = served_utility(material, rows.some, chance)
    each = [programme.id for programme in material.catalogue.programmes]
    return next(iter(corrected_orders(material, rows, {SERVED: utility}, each, TERMS)), None)


def served_utility(material: TrainingData, some: Candidates, chance: Float64) -> Float64:
    """The utility of held-out people's candidates by the documented weights: float64[m].

    Amounts are what they usually come to; what hangs on days left and on what opens other programmes is left out.

    Args:
        material: the programmes and the rules.
        some: m pairs.
        chance: float64[m], how likely each is taken up.
    """
    people, pairs = some.people, some.pairs
    day = material.declaration.zone.today(material.end)
    compiled = compile_catalogue(material.catalogue, people.columns, material.declaration, material.regions, day)
    table, answers = offer_arrays(compiled), compiled.offerable(people.values, members=people.members)
    likely = np.stack([
        chances(compiled, people.values[i], _CITIZEN, answers[i], people.members[i : i + 1])
        for i in range(len(people))
    ])  # fmt: skip
    inputs = UtilityInputs(
        likelihood=chance,
        amount=table.usual[pairs.programme],
        gives=table.gives[pairs.programme],
        chance=likely[pairs.person, pairs.programme],
        days_left=np.full(len(pairs), UNKNOWN),
        unlocks=np.zeros(len(pairs), dtype=np.int64),
        effort_minutes=table.effort_minutes[pairs.programme],
    )
    return weigh(inputs, UtilityWeights()).total / STEP


def served_boosts(found: Correction) -> tuple[Boost, ...]:
    """The boosts of a correction of the served order, in steps of utility; what rounds to nothing is left out."""
    rows = found.boosts.to_rows(found.groups, found.kinds)
    boosts = (
        Boost(one["group"], one["of"], one["kind"], round(one["adds"] * found.boosts.scale * STEP)) for one in rows
    )
    return tuple(boost for boost in boosts if boost.steps > 0)
