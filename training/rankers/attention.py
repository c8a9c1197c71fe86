"""Attention: how likely a person was to look at what they were shown, apart from how much they want it.

P(opened) = attention(place, channel) x want(person, programme): attention multiplies. Both are boosted trees in
log-odds, grown in turn, tree by tree, up the one likelihood of what was opened, or, where the log holds no openings, of
what was applied for. What is known of the person is no part of attention: somebody who seldom looks and somebody who
wants little open alike, and where it was, attention took want for itself (docs/quality.md).

Where a deployment declares that opening is noticing (`labels.yaml`), none of that has to be told apart: each row was
looked at or not, and trees only say how often that is so in a place and channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import lightgbm
import numpy as np

from features.arrays import Float32, Float64
from recommender.ranking.design import REFERENCE, DesignMatrix
from recommender.ranking.forest import Trees, parse_trees
from training.measures import slopes
from training.rankers.models import probability

if TYPE_CHECKING:
    from training.data.examples import Examples

ROUNDS: Final = 100
"""Trees of attention and of want each: enough for attention that falls to a fiftieth."""
MOST: Final = 60_000
"""Rows that they are grown from; what was opened of more is known well enough."""
SURE: Final = 0.95
"""What is wanted more than this share of rows is opened whenever it is looked at: so attention has a unit."""
_CLIP: Final = 0.999
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "none", "learning_rate": 0.1, "lambda_l2": 10.0, "verbosity": -1, "deterministic": True,
    "force_col_wise": True, "max_bin": 63, "feature_pre_filter": False,
}  # fmt: skip


@dataclass(frozen=True)
class Attention:
    """Who looks at what.

    Attributes:
        text: trees in log-odds of looking, as LightGBM writes them, over the place and the channel.
        looked: float64[m], P(looked at) of each row they were grown with.
    """

    text: str
    looked: Float64


def learn_attention(
    rows: Float32, design: DesignMatrix, examples: Examples, seed: int, threads: int
) -> Attention | None:
    """Tell attention from want.

    Args:
        rows: float32[m, F], the table as things were shown.
        design: what its columns are.
        examples: m labelled rows.
        seed: of the rows that are drawn, where there are more than `MOST`.
        threads: of LightGBM.

    Returns:
        None where nothing tells attention: nothing was opened but what was applied for, in one place and channel.
    """
    opens = bool((examples.opened & (examples.label == 0)).any())
    additive = list(design.additive)
    known = examples.attended
    context = rows[:, additive]  # the place and the channel
    if known is None and not opens and (np.isnan(context) | (context == context[:1])).all():
        return None
    wants = rows.copy()
    wants[:, additive] = REFERENCE
    some = np.random.default_rng(seed).permutation(len(examples))[:MOST]
    opened, weight = examples.opened.astype(np.float64), examples.weight
    grown = _Product(opened[some], weight[some], {**_SETTINGS, "seed": seed, "num_threads": threads})
    if known is not None:
        return Attention(grown.alone(context[some], np.full(some.size, _CLIP)), known)
    looks, want = grown.together(context[some], wants[some])
    wanted = probability(want.raw(wants) + grown.start)
    unit = 1 / np.quantile(wanted, SURE) if opens else np.quantile(probability(looks.raw(context)), SURE)
    wanted = np.minimum(wanted * unit, _CLIP)
    text = grown.alone(context[some], wanted[some])
    return Attention(text, np.minimum(probability(parse_trees(text).raw(context)), _CLIP))


@dataclass(frozen=True)
class _Product:
    """Trees up the likelihood of a product of two probabilities.

    Attributes:
        opened: float64[m], 0 or 1.
        weight: float64[m].
        how: what LightGBM takes.
    """

    opened: Float64
    weight: Float64
    how: Mapping[str, Any]

    @property
    def start(self) -> float:
        """Log-odds of want before any tree; those of attention start even."""
        mean = min(2 * float(np.average(self.opened, weights=self.weight)), 0.9)
        return float(np.log(mean / (1 - mean)))

    def together(self, context: Float32, wants: Float32) -> tuple[Trees, Trees]:
        """Trees of attention and of want, one of each in turn."""
        known = np.full(self.opened.size, self.start)
        one = lightgbm.Booster({**self.how, "num_leaves": 8, "learning_rate": 0.3}, lightgbm.Dataset(context))
        slower = {**self.how, "num_leaves": 15, "feature_fraction": 0.5, "learning_rate": 0.075}
        other = lightgbm.Booster(slower, lightgbm.Dataset(wants, init_score=known))
        scores = [np.zeros(known.size), known]
        for _ in range(ROUNDS):
            for at, booster in enumerate((one, other)):

                def up(score: Float64, _: lightgbm.Dataset, at: int = at) -> tuple[Float64, Float64]:
                    scores[at] = score
                    return self._slopes(score, scores[1 - at])

                booster.update(fobj=up)
        first, second = (parse_trees(booster.model_to_string()) for booster in (one, other))
        return first, second

    def alone(self, context: Float32, wanted: Float64) -> str:
        """Trees of attention where what is wanted is known: float64[m]."""
        odds = np.log(wanted / (1 - wanted))
        booster = lightgbm.Booster({**self.how, "num_leaves": 8}, lightgbm.Dataset(context))
        for _ in range(ROUNDS):
            booster.update(fobj=lambda score, _: self._slopes(score, odds))
        return str(booster.model_to_string())

    def _slopes(self, score: Float64, other: Float64) -> tuple[Float64, Float64]:
        """Slope and expected curvature of -log-likelihood by one of two log-odds whose probabilities multiply."""
        up, curve = slopes(score, self.opened, probability(other))
        return -self.weight * up, self.weight * np.maximum(curve, 1e-6)
