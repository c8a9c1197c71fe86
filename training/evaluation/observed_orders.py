"""Observed orders: how well rankers order what held-out people were offered, by what these took up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Float64, Int64
from training.measures import mixed, ndcg, reciprocal_rank, standard_error

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.ranking_dataset import RankingDataset

K: Final = 5
EACH, CLASSES = "lightgbm_each", "lightgbm_classes"
"""LightGBM tuned for each programme, and over all programmes as classes."""


class Beside(NamedTuple):
    """What stands beside a ranker: other models by name, and the threads of tuned LightGBM (0: it is left out)."""

    models: Mapping[str, Model] = {}
    tuned_threads: int = 0


@dataclass(frozen=True)
class ObservedOrder:
    """One order of what held-out people were offered, with standard errors over the lists.

    Attributes:
        lists: how many lists something was taken up of, and something not.
        ndcg: mean NDCG@5, gain 1 for what was taken up.
        ndcg_error: its standard error.
        reciprocal_rank: mean of one over the place of the first that was taken up.
        reciprocal_rank_error: its standard error.
    """

    lists: int
    ndcg: float
    ndcg_error: float
    reciprocal_rank: float
    reciprocal_rank_error: float

    @classmethod
    def of(cls, told: RankingDataset, score: Float64) -> ObservedOrder:
        """Judge the scores of labelled rows; a list in which nothing or everything was taken up tells nothing."""
        kept = mixed(told.at, told.examples.label)
        at, label = told.at[kept], told.examples.label[kept]
        values, ranks = ndcg(at, score[kept], label, K)[1], reciprocal_rank(at, score[kept], label)
        figures = [(float(one.mean()), standard_error(one)) for one in (values, ranks)]
        return cls(values.size, *figures[0], *figures[1])

    def to_document(self) -> dict[str, float]:
        """As reports write it."""
        return {
            "lists": self.lists, "ndcg@5": self.ndcg, "ndcg@5_error": self.ndcg_error, "mrr": self.reciprocal_rank,
            "mrr_error": self.reciprocal_rank_error,
        }  # fmt: skip


def observed_orders(told: RankingDataset, scores: Mapping[str, Float64]) -> dict[str, ObservedOrder]:
    """Judge orders, by name, by what held-out people took up of what they were offered."""
    if not mixed(told.at, told.examples.label).any():
        return {}
    return {name: ObservedOrder.of(told, score) for name, score in scores.items()}


def share_taken(lists: RankingDataset, programmes: int) -> Float64:
    """How often each programme was taken up where it was offered, drawn a little to the mean: float64[P]."""
    rows: Int64 = lists.examples.programme
    weight, label = lists.examples.weight, lists.examples.label
    taken, offered = np.bincount(rows, weight * label, programmes), np.bincount(rows, weight, programmes)
    return np.asarray((taken + taken.sum() / max(offered.sum(), 1.0)) / (offered + 1.0))
