"""The private bilinear ranker on plain arrays: public bins of people x public attributes of programmes, by DP-SGD."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit, njit_any_order
from privacy.learning.noise import Noise
from privacy.learning.step import Products, Schedule, Total
from training.rankers.bilinear_arrays import BilinearWeights, FeatureMap, Sample

Loss = Literal["listwise", "pointwise"]

CHUNK: Final = 64
"""Units worked on at once: their gradients stay in the processor's cache."""


@njit_any_order
def _dot(one: Float64, other: Float64) -> float:
    total = 0.0
    for at in range(one.size):
        total += one[at] * other[at]
    return total


@njit
def _residuals(score: Float64, label: Float64, listwise: bool, out: Float64) -> None:
    """What the loss asks each score to change by: the share (or the label) that was, less the one expected."""
    taken = 0.0
    for row in range(score.size):
        taken += label[row]
    if not listwise:
        for row in range(score.size):
            out[row] = label[row] - 1.0 / (1.0 + np.exp(-score[row]))
        return
    highest, total = -np.inf, 0.0
    for row in range(score.size):
        highest = max(highest, score[row])
    for row in range(score.size):
        out[row] = np.exp(score[row] - highest)
        total += out[row]
    for row in range(score.size):
        out[row] = label[row] / taken - out[row] / total if taken > 0 else 0.0


@njit
def _gradients(
    units: Int64, unit_at: Int64, list_at: Int64, bins: Int32, programme: Int32, label: Float64, place: Float64,
    width: Int64, code: Int32, amount: Float64, attributes: Float64, cross: Float64, base: Float64, own: float,
    owned: int, beside: Float64, slot: Int32, first: Int32, start: Int64, table: Float64, which: Int32, used_at: Int64,
    used: Int32, listwise: bool,
    at: Int64, left: Int32, value: Float64, right: Float64, extra: Float64,
) -> None:  # fmt: skip
    across, last = attributes.shape[1], beside.size - 1
    person = np.empty(across)
    score, residual = np.empty(0), np.empty(0)
    row = 0
    for number in range(units.size):
        at[number] = row
        mine = extra[number]
        mine[:] = 0.0
        for one in range(unit_at[units[number]], unit_at[units[number] + 1]):
            begin, end = list_at[one], list_at[one + 1]
            if score.size < end - begin:
                score, residual = np.empty(2 * (end - begin)), np.empty(2 * (end - begin))
            person[:] = 0.0
            spot = 0
            for k in range(width.size):
                for c in range(width[k]):
                    where, size = code[bins[one, k], c], amount[bins[one, k], c]
                    left[row, spot], value[row, spot] = where, size
                    spot += 1
                    if size != 0.0:
                        for a in range(across):
                            person[a] += size * cross[where, a]
            for item in range(begin, end):
                what = programme[item]
                found = base[what] + _dot(person, attributes[what]) + beside[last] * place[item]
                if owned > 0:
                    found += own * beside[what]
                for spoken in range(used_at[what], used_at[what + 1]):
                    b = used[spoken]
                    found += beside[owned + which[b]] * table[start[b] + bins[one, slot[b]] - first[b], what]
                score[item - begin] = found
            count = end - begin
            _residuals(score[:count], label[begin:end], listwise, residual[:count])
            right[row, :] = 0.0
            for item in range(begin, end):
                what, pull = programme[item], residual[item - begin]
                for a in range(across):
                    right[row, a] += pull * attributes[what, a]
                if owned > 0:
                    mine[what] += own * pull
                for spoken in range(used_at[what], used_at[what + 1]):
                    b = used[spoken]
                    mine[owned + which[b]] += pull * table[start[b] + bins[one, slot[b]] - first[b], what]
                mine[last] += pull * place[item]
            row += 1
    at[units.size] = row


class Objective(NamedTuple):
    """What is learned: the loss of scores over public features; `base` float64[P] is a score before any learning."""

    space: FeatureMap
    base: Float64
    loss: Loss


def gradients(sample: Sample, units: Int64, objective: Objective, weights: BilinearWeights) -> Products:
    """The gradient of each unit, its lists' residuals added up, before any clipping (ascent: what to add)."""
    space, base, loss = objective
    rows = int((sample.unit_at[units + 1] - sample.unit_at[units]).sum())
    code, spots = space.code, int(space.code.width.sum())
    at, left = np.empty(units.size + 1, dtype=np.int64), np.empty((rows, spots), dtype=np.int32)
    value = np.empty((rows, spots))
    right, extra = np.empty((rows, space.shape[1])), np.empty((units.size, space.beside))
    match = space.match
    _gradients(
        units, sample.unit_at, sample.list_at, sample.bins, sample.programme, sample.label, sample.place,
        code.width, code.place, code.value, space.attributes, weights.cross, base, space.own, space.owned,
        weights.beside, match.slot, match.first, match.start, match.table, match.weight, *match.used,
        loss == "listwise",
        at, left, value, right, extra,
    )  # fmt: skip
    return Products(at, left, value, right, extra)


class Shares(NamedTuple):
    """How the units are shared out: so many at once, by so many threads; neither changes a bit of what is summed."""

    chunk: int = CHUNK
    threads: int = 1


ALONE: Final = Shares()


def summed(
    sample: Sample, units: Int64, objective: Objective, weights: BilinearWeights, clip: float, shares: Shares = ALONE
) -> Total:
    """The clipped gradients of some units, added up in micro-chunks."""
    chunk, threads = shares
    parts = [units[number::threads] for number in range(threads)]

    def work(part: Int64) -> Total:
        total = Total.empty(objective.space.shape, objective.space.beside)
        for first in range(0, part.size, chunk):
            total.add(gradients(sample, part[first : first + chunk], objective, weights), clip)
        return total

    if threads == 1:
        return work(units)
    with ThreadPoolExecutor(threads) as pool:
        totals = list(pool.map(work, parts))
    for other in totals[1:]:
        totals[0].merge(other)
    return totals[0]


@dataclass
class _Adam:
    """Adam (Kingma & Ba 2015) on what is released: it sees no person."""

    size: int
    first: Float64 = field(init=False)
    second: Float64 = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        self.first, self.second = np.zeros(self.size), np.zeros(self.size)

    def step(self, gradient: Float64, rate: float) -> Float64:
        self.steps += 1
        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.99 * self.second + 0.01 * gradient**2
        mean, square = self.first / (1 - 0.9**self.steps), self.second / (1 - 0.99**self.steps)
        return np.asarray(rate * mean / (np.sqrt(square) + 1e-12))


def rate_at(step: int, steps: int, peak: float) -> float:
    """Warm-up over the first tenth, then half a cosine to nothing (Loshchilov & Hutter 2017)."""
    warm = max(1, steps // 10)
    if step < warm:
        return peak * (step + 1) / warm
    return float(peak * 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm))))


def shrunk(cross: Float64, share: float) -> Float64:
    """Singular values lowered by `share` of their median, none below 0: what noise alone would leave is taken off."""
    if share <= 0 or not cross.any():
        return cross
    left, size, right = np.linalg.svd(cross, full_matrices=False)
    return np.asarray((left * np.maximum(size - share * np.median(size), 0.0)) @ right)


class PrivateBilinear(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Crosses of public bins and public attributes, learned by private steps from W = 0; convex.

    The optimiser, and whatever follows it, sees nothing but what `privacy.learning.step` releases.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        loss: Loss = "listwise",
        rate: float = 0.1,
        shrink: float = 0.3,
        average: float = 0.5,
        threads: int = 1,
    ) -> None:
        """Keep the settings; nothing is checked before `fit`, as scikit-learn asks."""
        self.schedule = schedule
        self.loss = loss
        self.rate = rate
        self.shrink = shrink
        self.average = average
        self.threads = threads

    def fit(
        self, sample: Sample, space: FeatureMap, noise: Noise, base: Float64 | None = None,
        advance: Callable[[int], object] = lambda _: None,
    ) -> Self:  # fmt: skip
        """Take the private steps.

        Args:
            sample: private rows.
            space: what is public.
            noise: where samples and noise are drawn from.
            base: float64[P], log-odds that programmes start from, public or released before; None is 0.
            advance: takes the number of each step that was taken.
        """
        self.space_ = space
        self.base_ = np.zeros(space.attributes.shape[0]) if base is None else base
        size, schedule = space.shape[0] * space.shape[1] + space.beside, self.schedule
        flat, mean, adam = np.zeros(size), np.zeros(size), _Adam(size)
        first = int(schedule.steps * (1 - self.average))
        for step in range(schedule.steps):
            released = self._released(sample, BilinearWeights.of(flat, space), noise)
            flat = flat + adam.step(released, rate_at(step, schedule.steps, self.rate))
            if step >= first:
                mean += flat / (schedule.steps - first)
            advance(step)
        learned = BilinearWeights.of(mean, space)
        self.weights_ = BilinearWeights(shrunk(learned.cross, self.shrink), learned.beside)
        return self

    def decision_function(self, sample: Sample, rows: Int64) -> Float64:
        """The score of some rows in the places where they were shown: float64[rows]."""
        check_is_fitted(self)
        owner = np.searchsorted(sample.list_at, rows, side="right") - 1
        points, space, match = self.points(), self.space_, self.space_.match
        what, bins = sample.programme[rows], sample.bins[owner]
        score = self.base_[what] + self.weights_.beside[-1] * sample.place[rows]
        for slot in range(bins.shape[1]):
            score += points[bins[:, slot], what]
        for at in range(match.slot.size):
            weight = self.weights_.beside[space.owned + match.weight[at]]
            score += weight * match.table[match.start[at] + bins[:, match.slot[at]] - match.first[at], what]
        return np.asarray(score)

    def points(self) -> Float64:
        """What every bin gives every programme, tables of fit apart: float64[D, P]."""
        space, learned = self.space_, self.weights_
        points = space.code.matrix() @ learned.cross @ space.attributes.T
        if space.owned:
            points[0] += space.own * learned.beside[: space.owned]
        return np.asarray(points)

    def _released(self, sample: Sample, weights: BilinearWeights, noise: Noise) -> Float64:
        schedule = self.schedule
        units = schedule.sampler.draw(sample.units, noise)
        objective, shares = Objective(self.space_, self.base_, self.loss), Shares(threads=self.threads)
        total = summed(sample, units, objective, weights, schedule.clip, shares)
        return schedule.released(total, noise)
