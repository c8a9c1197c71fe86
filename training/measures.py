"""How good an order and a probability are: NDCG, log-loss, reliability; plain arithmetic on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Bool, Float64, Int64

SURE = 1.96
"""Intervals reach so many standard errors to both sides: they hold the truth 95 times in 100."""
TINY = 1e-12
"""Probabilities are kept this far from 0 and 1 before a logarithm."""


def ndcg(groups: Int64, score: Float64, gain: Float64, k: int = 5) -> tuple[Int64, Float64]:
    """Normalised discounted cumulative gain at k of every group that has any gain (Jarvelin & Kekalainen 2002).

    Linear gain, discount log2(rank + 1). Equal scores share the gain of their places evenly, so a constant score
    measures chance and not the order in which rows happened to arrive.

    Args:
        groups: int64[m], whose list each row belongs to.
        score: float64[m], higher is placed earlier.
        gain: float64[m], at least 0.
        k: how many places count.

    Returns:
        The groups with any gain, ascending, and their values in [0, 1].

    >>> ndcg(np.array([1, 1, 2]), np.array([0.1, 0.9, 0.5]), np.array([1.0, 0.0, 0.0]))
    (array([1]), array([0.63092975]))
    """
    if not groups.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    reached = _dcg(groups, score, gain, k)
    ideal = _dcg(groups, gain, gain, k)
    names = np.unique(groups)
    some = ideal > 0
    return names[some], reached[some] / ideal[some]


def _dcg(groups: Int64, score: Float64, gain: Float64, k: int) -> Float64:
    order = np.lexsort((-score, groups))
    group, placed, won = groups[order], score[order], gain[order]
    new_group = np.r_[True, group[1:] != group[:-1]]
    starts = np.flatnonzero(new_group)
    rank = np.arange(group.size) - np.repeat(starts, np.diff(np.r_[starts, group.size]))
    weight = np.where(rank < k, 1.0 / np.log2(rank + 2.0), 0.0)
    ties = np.flatnonzero(new_group | np.r_[True, placed[1:] != placed[:-1]])
    length = np.diff(np.r_[ties, group.size])
    even = np.add.reduceat(weight, ties) * np.add.reduceat(won, ties) / length
    tie_group = np.cumsum(new_group)[ties] - 1
    return np.bincount(tie_group, weights=even, minlength=starts.size).astype(np.float64)


def reciprocal_rank(groups: Int64, score: Float64, gain: Float64) -> Float64:
    """One over the place of the first row with any gain, of every group that has one (Voorhees 1999): float64[k].

    Equal scores share their places: the row stands in the middle of them.

    >>> reciprocal_rank(np.array([1, 1, 1, 2]), np.array([0.9, 0.5, 0.1, 0.5]), np.array([0.0, 1.0, 1.0, 0.0]))
    array([0.5])
    """
    names, at = np.unique(groups, return_inverse=True)
    best = np.full(names.size, -np.inf)
    np.maximum.at(best, at[gain > 0], score[gain > 0])
    above = np.bincount(at, score > best[at], minlength=names.size)
    alike = np.bincount(at, score == best[at], minlength=names.size)
    some = best > -np.inf
    return np.asarray(1.0 / (above + (alike + 1) / 2)[some])


def places(groups: Int64, score: Float64) -> Int64:
    """The place of each row in its group by descending score, from 0; of equal scores the earlier row comes first.

    >>> places(np.array([0, 0, 1]), np.array([0.1, 0.9, 0.5]))
    array([1, 0, 0])
    """
    order = np.lexsort((-score, groups))
    group = groups[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if group.size else np.zeros(0, dtype=np.int64)
    found = np.empty(group.size, dtype=np.int64)
    found[order] = np.arange(group.size) - np.repeat(starts, np.diff(np.r_[starts, group.size]))
    return found


def mixed(lists: Int64, label: Float64) -> Bool:
    """The rows of lists in which something was taken up and something was not: bool[m].

    >>> mixed(np.array([0, 0, 1, 1]), np.array([1.0, 0.0, 1.0, 1.0]))
    array([ True,  True, False, False])
    """
    taken, rows = np.bincount(lists, label), np.bincount(lists)
    return np.asarray(((taken > 0) & (taken < rows))[lists])


def standard_error(values: Float64) -> float:
    """The standard error of the mean of independent values, float64[n]; 0 of one value.

    >>> standard_error(np.array([1.0, 3.0]))
    1.0
    """
    return float(values.std() / max(values.size - 1, 1) ** 0.5)


def losses(label: Float64, probability: Float64) -> Float64:
    """The negative log-likelihood of each 0/1 label, float64[m], in nats.

    >>> losses(np.array([1.0, 0.0]), np.array([0.5, 0.5])).round(6)
    array([0.693147, 0.693147])
    """
    p = np.clip(probability, TINY, 1 - TINY)
    return np.asarray(-(label * np.log(p) + (1 - label) * np.log1p(-p)))


def log_loss(label: Float64, probability: Float64, weight: Float64 | None = None) -> float:
    """Mean negative log-likelihood of 0/1 labels, in nats.

    >>> round(log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    return float(np.average(losses(label, probability), weights=weight))


def slopes(score: Float64, label: Float64, looked: Float64) -> tuple[Float64, Float64]:
    """Slope and expected curvature, in log-odds, of the log-likelihood of P(label) = looked x sigmoid(score).

    Where everything was looked at, it is that of logistic regression.

    >>> slopes(np.zeros(2), np.array([1.0, 0.0]), np.ones(2))
    (array([ 0.5, -0.5]), array([0.25, 0.25]))
    """
    wanted = 1.0 / (1.0 + np.exp(-score))
    both = looked * wanted
    missed = np.maximum(1 - both, TINY)
    curve = both * (1 - wanted) ** 2 / missed
    return np.where(label > 0, 1 - wanted, -both * (1 - wanted) / missed), curve


@dataclass(frozen=True)
class Reliability:
    """Predicted against observed, in bins of equal numbers: what a calibration picture draws.

    Attributes:
        predicted: mean prediction of each bin.
        observed: mean outcome of each bin.
        rows: the number of rows in each bin.
    """

    predicted: Float64
    observed: Float64
    rows: Int64

    @property
    def error(self) -> float:
        """Expected calibration error: the mean |predicted - observed|, weighted by rows (Naeini et al. 2015)."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.rows))


def reliability(outcome: Float64, probability: Float64, bins: int = 15) -> Reliability:
    """Bin predictions into equal numbers and compare each bin's mean with its mean outcome.

    Args:
        outcome: float64[m], labels of 0 and 1, or true probabilities.
        probability: float64[m], predictions.
        bins: how many bins, at most one per row.

    >>> round(reliability(np.array([0.0, 1.0]), np.array([0.2, 0.8]), bins=2).error, 6)
    0.2
    """
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(bins, max(order.size, 1)))
    means = [(probability[part].mean(), outcome[part].mean(), part.size) for part in parts if part.size]
    table = np.array(means, dtype=np.float64).reshape(-1, 3)
    return Reliability(table[:, 0], table[:, 1], table[:, 2].astype(np.int64))


def share_of_gap(reached: float, floor: float, ceiling: float) -> float | None:
    """How much of the way from `floor` to `ceiling` was gone; None where there is no way to go.

    >>> share_of_gap(0.9, floor=0.8, ceiling=1.0)
    0.5
    """
    if ceiling <= floor:
        return None
    return round((reached - floor) / (ceiling - floor), 12)
