"""How a ranker does on people it never learned from: beside its baselines, beside the truth where there is one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.value import NONE, UNKNOWN
from recommender.ranking.design import DesignMatrix
from recommender.ranking.scorer import Scorer
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset
from training.measures import Reliability, log_loss, ndcg, reliability, share_of_gap
from training.rankers.forest_ranker import looked_at, written
from training.rankers.models import logistic, probability

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.ranking.attributes import Vocabulary
    from recommender.ranking.forest import Forest
    from recommender.rules.catalogue import Catalogue
    from training.data.labelled import WhatPassed


K: Final = 5
AGES: Final = (0, 19, 35, 50, 65, 80, 200)
"""Where age bands begin; the last closes the one before."""
OFFLINE: Final = ("kiosk", "letter", "caseworker")
"""Channels of people whom digital services leave behind."""


@dataclass(frozen=True)
class RankingResult:
    """One order of the candidates, list by list."""

    lists: Int64
    values: Float64

    @property
    def mean(self) -> float:
        """Its mean NDCG."""
        return float(self.values.mean()) if self.values.size else float("nan")


def standing(candidates: Candidates, score: Float64, truth: KnownTakeUp) -> RankingResult:
    """NDCG@5 of every person's list under an order, gain = true probability."""
    return RankingResult(*ndcg(candidates.pairs.person, score, truth.probability, K))


def popularity(told: Iterable[WhatPassed], codes: Int64, kind: str) -> Float64:
    """How often each programme was applied for (or shown, or opened): float64[P]."""
    found = np.concatenate([np.empty(0, np.int64), *(part.happened.of(kind).programme for part in told)])
    order = np.argsort(codes, kind="stable")
    at = np.minimum(np.searchsorted(codes, found, sorter=order), codes.size - 1)
    known = codes[order[at]] == found
    return np.bincount(order[at[known]], minlength=codes.size).astype(np.float64)


LOGISTIC_ROWS: Final = 120_000
_BLOCK: Final = 16_384


def logistic_order(
    candidates: Candidates, lists: RankingDataset, catalogue: Catalogue, vocabulary: Vocabulary
) -> Float64:
    """The logistic baseline on the ranker's own columns: learned from as many rows as it needs; log-odds of pairs."""
    some = lists[:: max(1, len(lists) // LOGISTIC_ROWS)]
    rows = written(some, catalogue, vocabulary)
    fitted = logistic(*rows.shape[::-1])
    fitted.fit(rows, some.examples.label, logisticregression__sample_weight=some.examples.weight)
    return scored_in_blocks(candidates, catalogue, vocabulary, lambda rows, _: fitted.decision_function(rows))


def scored_in_blocks(
    candidates: Candidates, catalogue: Catalogue, vocabulary: Vocabulary, score: Callable[[Float32, Int64], Float64]
) -> Float64:
    """Scores of all candidates, float64[m], from the ranker's own columns, of which only a block is filled at a time.

    Args:
        candidates: m pairs.
        catalogue: the programmes.
        vocabulary: names the columns.
        score: takes a block of the table, float32[b, F], and the programme of each row, int64[b].
    """
    attributes = vocabulary.attributes(catalogue, candidates.people.declaration)
    table = DesignMatrix.of(candidates.people.declaration, vocabulary)
    blocks = (candidates.pairs[first : first + _BLOCK] for first in range(0, len(candidates.pairs), _BLOCK))
    scored = [score(table.rows(candidates.people, attributes, block), block.programme) for block in blocks]
    return np.concatenate(scored) if scored else np.zeros(0)


def standings(candidates: Candidates, orders: Mapping[str, Float64], truth: KnownTakeUp) -> dict[str, RankingResult]:
    """The standing of every order by name, and of the truth's own `reachable`."""
    named = {**orders, "reachable": truth.reachable}
    return {name: standing(candidates, score, truth) for name, score in named.items()}


def groups_of(people: Snapshots) -> dict[str, Bool]:
    """Groups whose results are reported separately: bool[n] by name; a person may be in several, or in none."""
    age = people.column("age")
    found = {
        f"age {low}-{high - 1}" if high < AGES[-1] else f"age {low} and over": (age >= low) & (age < high)
        for low, high in itertools.pairwise(AGES)
    }
    channels = people.declaration.events["benefit.shown"].fields["channel"].values
    last = people.column("last_channel")
    offline = np.isin(last, [channels.index(name) for name in OFFLINE])
    return {**found, "reached offline": offline, "reached online": (last != UNKNOWN) & (last != NONE) & ~offline}


def by_group(groups: Mapping[str, Bool], found: Mapping[str, RankingResult], ranker: str) -> list[dict[str, Any]]:
    """NDCG of the ranker, popularity and the reachable in every group that has any list."""
    rows = []
    for name, member in groups.items():
        means = {order: _mean_of(one, member) for order, one in found.items() if order in (ranker, *_BESIDE)}
        people = int(member[found[ranker].lists].sum())
        if people:
            gap = share_of_gap(means[ranker], means["popularity"], means["reachable"])
            rows.append({"group": name, "people": people, "ndcg@5": means, "gap_closed": gap})
    return rows


_BESIDE = ("popularity", "reachable")


def _mean_of(one: RankingResult, member: Bool) -> float:
    inside = one.values[member[one.lists]]
    return float(inside.mean()) if inside.size else float("nan")


@dataclass(frozen=True)
class Observed:
    """What held-out people actually did with what they were shown, beside what was predicted."""

    log_loss: float
    base_log_loss: float
    """Of always predicting the mean."""
    reliability: Reliability

    @classmethod
    def of(cls, label: Float64, predicted: Float64) -> Observed:
        """Compare predictions with answers, float64[m] each."""
        base = np.full(label.size, label.mean() if label.size else 0.0)
        return cls(log_loss(label, predicted), log_loss(label, base), reliability(label, predicted))


def predicted(forest: Forest, lists: RankingDataset, catalogue: Catalogue) -> Float64:
    """The chance of taking up each showing, predicted as it was shown.

    Where attention was learned, that is looked at in this place, and then taken up.
    """
    attributes = forest.attributes(catalogue, lists.people.declaration)
    raw = forest.trees.raw(written(lists, catalogue, forest.vocabulary))
    wanted = probability(forest.scale.log_odds(raw, lists.examples.programme, attributes))
    return wanted * looked_at(forest, lists.examples)


@dataclass(frozen=True)
class ColdStart:
    """A programme that was withheld from training, beside itself trained: NDCG over the lists that contain it."""

    programme: str
    lists: int
    withheld: float
    trained: float

    @property
    def kept(self) -> float:
        """The share of the trained NDCG that is left."""
        return self.withheld / self.trained if self.trained > 0 else float("nan")

    def to_document(self) -> dict[str, Any]:
        """As reports write it."""
        return {
            "programme": self.programme, "lists": self.lists, "withheld": self.withheld, "trained": self.trained,
            "kept": self.kept,
        }  # fmt: skip


def cold_start(
    candidates: Candidates, truth: KnownTakeUp, withheld: Float64, trained: Float64, programme: int, name: str
) -> ColdStart:
    """Compare two scorings of the same candidates over the lists that contain one programme."""
    containing = np.unique(candidates.pairs.person[candidates.pairs.programme == programme])
    inside = np.isin(candidates.pairs.person, containing)
    some = Candidates(candidates.people, candidates.pairs[inside])
    seen = KnownTakeUp(truth.probability[inside], truth.reachable[inside])
    cold, warm = standing(some, withheld[inside], seen), standing(some, trained[inside], seen)
    return ColdStart(name, int(warm.lists.size), cold.mean, warm.mean)


def to_withhold(candidates: Candidates, applied: Float64, most: int) -> Sequence[int]:
    """Which programmes to try as new: spread evenly from the most to the least applied for, of those in many lists."""
    lists = np.bincount(candidates.pairs.programme, minlength=applied.size)
    common = np.flatnonzero((lists >= max(1, lists.max(initial=0) // 20)) & (applied > 0))
    ordered = common[np.argsort(-applied[common], kind="stable")]
    if not most or not ordered.size:
        return []
    return [int(ordered[at]) for at in np.unique(np.linspace(0, ordered.size - 1, most).round().astype(int))]


def order(scorer: Scorer, candidates: Candidates, catalogue: Catalogue) -> Float64:
    """A scorer's scores of all candidates."""
    attributes = scorer.attributes(catalogue, candidates.people.declaration)
    return scorer.score(candidates.people, attributes, candidates.pairs).score
