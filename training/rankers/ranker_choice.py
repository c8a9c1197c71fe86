"""The choice of a ranker: each way learned from earlier rows and judged on later ones of other people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Float64
from training.measures import mixed, ndcg, standard_error
from training.progress import Progress, silent
from training.rankers.forest_ranker import WAYS, ForestSettings, Way, learn, looked_at, scores_of

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from training.data.ranking_dataset import RankingDataset

JUDGED: Final = 5
"""One person in so many is judged by; not as many as say when to stop, who would be the same people."""
LATE: Final = 0.2
"""The share of rows, the latest, that ways are judged on."""
LEAST_LOOKED: Final = 0.1
"""An answer counts one over the chance that it was looked at, at most ten times."""


@dataclass(frozen=True)
class RankerChoice:
    """Which way orders later lists of people set aside best.

    Attributes:
        settings: with the objective that was chosen.
        ndcg: NDCG@5 by objective, with its standard error over lists; empty where too little was there to judge by.
    """

    settings: ForestSettings
    ndcg: Mapping[Way, tuple[float, float]]

    def metrics(self) -> dict[str, float]:
        """As they are tracked."""
        return {f"later_ndcg@5_{way}": mean for way, (mean, _) in self.ndcg.items()}


def choose(
    lists: RankingDataset, catalogue: Catalogue, settings: ForestSettings, progress: Progress = silent
) -> RankerChoice:
    """Judge every way, popularity among them, so that nothing below it is chosen.

    Everything is in the first place for all of them. An answer in a place that few look at counts as those whom
    nobody looked at there (inverse propensity; Joachims, Swaminathan & Schnabel 2017), at most `1 / LEAST_LOOKED`
    times; attention is that which was learned of the earlier rows.
    """
    cut = np.quantile(lists.examples.t, 1 - LATE)
    aside, late = lists.of_one_in(JUDGED), lists.examples.t >= cut
    early, judged = lists[~aside & ~late], lists[aside & late]
    inner, told = early.of_one_in(settings.validate_every), mixed(judged.at, judged.examples.label)
    if not (told.any() and _both(early.examples.label, inner) and _both(early.examples.label, ~inner)):
        return RankerChoice(settings, {})
    judged = judged[told]
    fits = {way: learn(early, catalogue, replace(settings, objective=way), progress=progress) for way in WAYS}
    gain = judged.examples.label / np.maximum(looked_at(fits["pointwise"].forest, judged.examples), LEAST_LOOKED)
    found = {way: ndcg(judged.at, scores_of(fit.forest, judged, catalogue), gain)[1] for way, fit in fits.items()}
    best = max(found, key=lambda way: found[way].mean())
    judgement = {way: (float(values.mean()), standard_error(values)) for way, values in found.items()}
    return RankerChoice(replace(settings, objective=best), judgement)


def _both(label: Float64, some: Bool) -> bool:
    """Whether some rows were taken up and some were not."""
    return bool(0 < label[some].sum() < some.sum())
