"""Leak controls: rankers learned once more from rows spoiled on purpose, which must come out as they should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.metrics import roc_auc_score

from training.data.examples import NOTHING_HIDDEN
from training.data.material import seen_at
from training.evaluation.evaluation import predicted
from training.measures import SURE, log_loss
from training.progress import Progress, silent
from training.rankers.forest_ranker import ForestSettings, learn

if TYPE_CHECKING:
    from features.arrays import Float64
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset

NOISE: Final = 0.03
"""Learned from nothing, an area under the curve may be off a half by so much more than chance explains."""
LATER_DAYS: Final = 60
"""How much too late people are looked at where time is shifted: what they did with an offer is known by then."""
DAY: Final = 86_400
FEWEST_OFFERS: Final = 100

Spoiling = Callable[["RankingDataset"], "RankingDataset"]


@dataclass(frozen=True)
class LeakControl:
    """What a spoiled run reached on held-out people's offers, beside the honest one.

    Attributes:
        name: honest, shuffled, planted, shifted or forward.
        auc: the area under the curve of its chances; half is chance.
        error: how far chance moves that, at 95 %.
        log_loss: of its chances.
        base: the log-loss of always predicting the mean.
        rows: of how many offers.
        held: whether it came out as it must; None where nothing is demanded.
    """

    name: str
    auc: float
    error: float
    log_loss: float
    base: float
    rows: int
    held: bool | None = None

    def to_document(self) -> dict[str, Any]:
        """As reports write it."""
        return {
            "control": self.name, "auc": self.auc, "error": self.error, "log_loss": self.log_loss,
            "base_log_loss": self.base, "rows": self.rows, "held": self.held,
        }  # fmt: skip


def leak_controls(
    material: TrainingData, log: LearningLog, lists: RankingDataset, told: RankingDataset, settings: ForestSettings,
    progress: Progress = silent,
) -> tuple[LeakControl, ...]:  # fmt: skip
    """Learn honestly, from shuffled labels, with a planted leak, from people looked at too late, and only from before.

    Shuffled labels must teach nothing: else what is judged was learned from. A planted leak must show: else the judging
    is blind. Who is looked at after the answer must be easier to predict: else the honest rows may hold it already;
    nothing is demanded of that where answers leave no trace in features. `forward` learns from what was answered
    before the last quarter of the held-out offers alone, and is judged on these.

    Args:
        material: rows behind their gate.
        log: as the gate gave it.
        lists: what is learned from.
        told: what held-out people were offered.
        settings: how to learn.
        progress: takes the step that begins.
    """
    rng = np.random.default_rng(settings.seed)

    def tried(name: str, learned: RankingDataset, judged: RankingDataset) -> LeakControl:
        progress(f"leak control: {name}")
        forest = learn(learned, material.catalogue, settings).forest
        return _measured(name, judged.examples.label, predicted(forest, judged, material.catalogue))

    mixed = replace(lists, examples=replace(lists.examples, label=rng.permutation(lists.examples.label)))
    found = [tried("honest", lists, told), tried("shuffled", mixed, told)]
    found.append(tried("planted", _planted(lists), _planted(told)))
    if (lists.examples.hidden == NOTHING_HIDDEN).all():
        found.append(tried("shifted", _later(material, log, lists), _later(material, log, told)))
    cut = int(np.quantile(told.examples.t, 0.75))
    before, after = lists[lists.examples.t < cut - LATER_DAYS * DAY], told[told.examples.t >= cut]
    if min(len(before), len(after)) >= FEWEST_OFFERS and 0 < after.examples.label.mean() < 1:
        found.append(tried("forward", before, after))
    return tuple(_demanded(one, found[0]) for one in found)


def _measured(name: str, label: Float64, chance: Float64) -> LeakControl:
    taken = float(label.sum())
    left = label.size - taken
    error = SURE * ((label.size + 1) / (12 * max(taken * left, 1.0))) ** 0.5
    base = log_loss(label, np.full(label.size, label.mean()))
    return LeakControl(name, float(roc_auc_score(label, chance)), error, log_loss(label, chance), base, label.size)


def _demanded(one: LeakControl, honest: LeakControl) -> LeakControl:
    held = {
        "shuffled": abs(one.auc - 0.5) <= one.error + NOISE,
        "planted": one.auc > honest.auc + honest.error and one.log_loss < honest.log_loss / 2,
    }
    return replace(one, held=held.get(one.name))


def _planted(lists: RankingDataset) -> RankingDataset:
    """The place of each row says what became of it."""
    position = np.where(lists.examples.label > 0, 1, 9).astype(lists.examples.position.dtype)
    return replace(lists, examples=replace(lists.examples, position=position))


def _later(material: TrainingData, log: LearningLog, lists: RankingDataset) -> RankingDataset:
    people = lists.people
    seen = seen_at(material, log, log.places_of(people.people), people.t + LATER_DAYS * DAY)
    return replace(lists, people=seen)
