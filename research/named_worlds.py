"""Named worlds as benchmarks learn from them: people made in a folder of their own, and a LightGBM tuned on them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from composition import demonstration, provenance, reading
from composition.workspace import Workspace
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.arrays import Array, Float32, Float64, Int64
from recommender.ranking.attributes import Vocabulary
from recommender.rules.catalogue import Catalogue
from training.data.examples import LearningLog
from training.data.material import TrainingData, candidates, with_truth
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset
from training.evaluation.evaluation import scored_in_blocks
from training.measures import log_loss
from training.rankers.forest_ranker import ForestSettings, written
from training.rankers.models import PooledForest, Validation
from training.runs import exact_run

SEED: Final = 1
SHAPES: Final = ((15, 50), (31, 200))
"""Leaves and least rows of a leaf that the tuned LightGBM tries."""


@contextmanager
def made(name: str, people: int, months: int) -> Iterator[TrainingData]:
    """What is learned from and judged by in one world; it is gone afterwards.

    Args:
        name: of the world, as `data/worlds` has it.
        people: how many citizens are made.
        months: how long their log is.
    """
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        folder = workspace.begin().population
        order = PopulationOrder(SEED, people, months, world=name)
        synthesise(order, reading.read_definitions(), folder, processes=2)
        provenance.remember(folder)
        yield demonstration.training_data(workspace, lambda _: None)


def judged_by(data: TrainingData) -> tuple[LearningLog, Candidates, KnownTakeUp]:
    """The log of a world as it is, whoever is judged with what they may be offered, and the truth about them."""
    log = data.gate.admit(exact_run.request(ForestSettings()))
    spoken = with_truth(data, candidates(data, log))
    assert spoken is not None, "a world's folder holds its truth"
    return log, *spoken


def tuned_order(
    lists: RankingDataset, some: Candidates, catalogue: Catalogue, vocabulary: Vocabulary,
    shapes: Sequence[tuple[int, int]] = SHAPES,
) -> Float64:  # fmt: skip
    """Scores of candidates by a LightGBM that knows each programme by its odds; rounds and shape chosen on validation.

    Args:
        lists: what people were shown, and what they took up.
        some: whom to score, and with what.
        catalogue: the programmes.
        vocabulary: names the columns.
        shapes: leaves, and least rows of a leaf, to choose among.
    """
    apart = lists.of_one_in(ForestSettings().validate_every)
    odds = _odds(lists[~apart], len(catalogue.programmes))
    rows = np.column_stack([written(lists, catalogue, vocabulary), odds[lists.examples.programme]])
    check = Validation(rows[apart], lists.examples.label[apart])
    fits = [_fitted(rows[~apart], lists.examples.label[~apart], check, shape) for shape in shapes]
    best = min(fits, key=lambda fit: log_loss(check.label, fit.predict_proba(check.table)[:, 1]))

    def score(table: Float32, programme: Int64) -> Float64:
        return best.decision_function(np.column_stack([table, odds[programme]]))

    return scored_in_blocks(some, catalogue, vocabulary, score)


def _odds(lists: RankingDataset, programmes: int) -> Float64:
    """The log-odds with which each programme was taken up when shown, shrunken by ten showings of the mean."""
    shown, taken = (
        np.bincount(lists.examples.programme, weights=weights, minlength=programmes)
        for weights in (None, lists.examples.label)
    )
    mean = float(lists.examples.label.mean())
    share = (taken + 10 * mean) / (shown + 10)
    return np.asarray(np.log(share / (1 - share)), np.float64)


def _fitted(rows: Array, label: Float64, check: Validation, shape: tuple[int, int]) -> PooledForest:
    leaves, least = shape
    forest = PooledForest(
        rounds=800, patience=30, leaves=leaves, learning_rate=0.05, min_leaf=least, column_share=0.5, l2=10.0,
        random_state=SEED, threads=1,
    )  # fmt: skip
    return forest.fit(rows, label, validation=check)
