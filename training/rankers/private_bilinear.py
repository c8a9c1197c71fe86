"""The private bilinear ranker on plain arrays: public bins of people x public attributes of programmes, by DP-SGD."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from features.arrays import Bool, Float64, Int32, Int64
from features.kernel.jit import njit, njit_any_order
from privacy.learning.noise import Noise
from privacy.learning.step import Products, Schedule, Total
from recommender.ranking.programme_fit import Fits
from training.rankers.bilinear_arrays import BilinearWeights, FeatureMap, LearningStart, Sample, UnitSum, UnitSums
from training.rankers.schedules import Hyperparameters, Loss

if TYPE_CHECKING:
    from recommender.ranking.bilinear import Bilinear
    from recommender.ranking.hidden_layer import HiddenLayer

CHUNK: Final = 64
"""Units worked on at once: their gradients stay in the processor's cache."""


@njit_any_order
def _dot(one: Float64, other: Float64) -> float:
    total = 0.0
    for at in range(one.size):
        total += one[at] * other[at]
    return total


@njit
def fill_residuals(score: Float64, label: Float64, seen: Float64, listwise: bool, out: Float64) -> None:
    """Fill out with what the loss asks each score of one list to change by.

    Pointwise, P(taken up) = seen x sigmoid(score), by likelihood; listwise, the share that was less the one expected,
    where what is seen less is so much less likely to be chosen.
    """
    taken = 0.0
    for row in range(score.size):
        taken += label[row]
    if not listwise:
        for row in range(score.size):
            want = 1.0 / (1.0 + np.exp(-score[row]))
            away = seen[row] * want
            out[row] = label[row] - want if seen[row] == 1.0 else (label[row] - away) * (1.0 - want) / (1.0 - away)
        return
    highest, total = -np.inf, 0.0
    for row in range(score.size):
        highest = max(highest, score[row])
    for row in range(score.size):
        out[row] = seen[row] * np.exp(score[row] - highest)
        total += out[row]
    for row in range(score.size):
        out[row] = label[row] / taken - out[row] / total if taken > 0 else 0.0


@njit
def _person(
    bins: Int32, slots: tuple[int, int], width: Int64, code: Int32, amount: Float64, cross: Float64,
    reach: tuple[int, int], left: Int32, value: Float64, person: Float64,
) -> None:  # fmt: skip
    """Write down what some slots say, leaving out what is 0, and add it to what the person wants of each column."""
    spot = 0
    value[:] = 0.0
    for k in range(slots[0], slots[1]):
        for c in range(width[k]):
            where, size = code[bins[k], c], amount[bins[k], c]
            if size != 0.0:
                left[spot], value[spot] = where, size
                spot += 1
                for a in range(reach[0], reach[1]):
                    person[a] += size * cross[where, a]
    left[spot:] = 0


@njit
def _gradients(
    units: Int64, unit_at: Int64, list_at: Int64, bins: Int32, programme: Int32, label: Float64, cell: Int32,
    width: Int64, code: Int32, amount: Float64, attributes: Float64, cross: Float64, base: Float64, attention: Float64,
    own: float, owned: int, beside: Float64, fit_at: Int64, slot: Int32, fit_row: Int64, which: Int32, table: Float64,
    pairs: int, reach: tuple[int, int], listwise: bool,
    at: Int64, left: Int32, value: Float64, right: Float64, extra: Float64,
) -> None:  # fmt: skip
    across, plain = attributes.shape[1], width.size - pairs
    person = np.empty(across)
    score, residual, seen = np.empty(0), np.empty(0), np.empty(0)
    row = 0
    for number in range(units.size):
        at[number] = row
        mine = extra[number]
        mine[:] = 0.0
        for one in range(unit_at[units[number]], unit_at[units[number] + 1]):
            begin, end = list_at[one], list_at[one + 1]
            count = end - begin
            if score.size < count:
                score, residual, seen = np.empty(2 * count), np.empty(2 * count), np.empty(2 * count)
            person[:] = 0.0
            _person(bins[one], (0, plain), width, code, amount, cross, (0, across), left[row], value[row], person)
            if pairs > 0:
                _person(
                    bins[one], (plain, width.size), width, code, amount, cross, reach, left[row + 1], value[row + 1],
                    person,
                )  # fmt: skip
            for item in range(begin, end):
                what = programme[item]
                found = base[what] + _dot(person, attributes[what])
                if owned > 0:
                    found += own * beside[what]
                for entry in range(fit_at[what], fit_at[what + 1]):
                    spoken = fit_row[entry] + bins[one, slot[entry]]
                    found += beside[owned + which[spoken]] * table[spoken]
                score[item - begin], seen[item - begin] = found, attention[cell[item]]
            fill_residuals(score[:count], label[begin:end], seen[:count], listwise, residual[:count])
            right[row, :] = 0.0
            for item in range(begin, end):
                what, pull = programme[item], residual[item - begin]
                for a in range(across):
                    right[row, a] += pull * attributes[what, a]
                if owned > 0:
                    mine[what] += own * pull
                for entry in range(fit_at[what], fit_at[what + 1]):
                    spoken = fit_row[entry] + bins[one, slot[entry]]
                    mine[owned + which[spoken]] += pull * table[spoken]
            if pairs > 0:
                right[row + 1, :] = 0.0
                right[row + 1, reach[0] : reach[1]] = right[row, reach[0] : reach[1]]
                row += 1
            row += 1
    at[units.size] = row


class Objective(NamedTuple):
    """What is learned: the loss of scores over public features, from a start that was released before."""

    space: FeatureMap
    start: LearningStart
    loss: Loss


def gradients(sample: Sample, units: Int64, objective: Objective, weights: BilinearWeights) -> Products:
    """The gradient of each unit, its lists' residuals added up, before any clipping (ascent: what to add).

    A list is one row of the products, and another one where facts are crossed in pairs.
    """
    space, start, loss = objective
    rows = int((sample.unit_at[units + 1] - sample.unit_at[units]).sum()) * (2 if space.pairs else 1)
    code, spots = space.code, int(max(space.code.width.sum() - space.pairs, space.pairs))
    at, left = np.empty(units.size + 1, dtype=np.int64), np.empty((rows, spots), dtype=np.int32)
    value = np.empty((rows, spots))
    right, extra = np.empty((rows, space.shape[1])), np.empty((units.size, space.beside))
    fit = space.fit
    _gradients(
        units, sample.unit_at, sample.list_at, sample.bins, sample.programme, sample.label, sample.cell,
        code.width, code.place, code.value, space.attributes, weights.cross, start.base, start.attention, space.own,
        space.owned, weights.beside, fit.at, fit.slot, fit.row, fit.weight, fit.value, space.pairs, space.reach,
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


@dataclass(frozen=True)
class GradientSum:
    """The clipped gradients of units, added up: what one step takes of the rows."""

    objective: Objective
    weights: BilinearWeights
    clip: float
    shares: Shares = ALONE

    def __call__(self, sample: Sample, units: Int64) -> Total:
        """Clip and add up the gradients of some units."""
        return summed(sample, units, self.objective, self.weights, self.clip, self.shares)


class LearnedPoints(NamedTuple):
    """What was learned, as scores read it; released, so that anybody may hold it.

    Attributes:
        base: float64[P], where each programme starts.
        points: float64[D, P], what every bin gives every programme.
        fit: how people and programmes fit.
        spoken: float64[rows], what each row of the fits adds.
    """

    base: Float64
    points: Float64
    fit: Fits
    spoken: Float64

    def score(self, sample: Sample, rows: Int64) -> Float64:
        """The score of some rows, had they been noticed: float64[rows]."""
        owner = np.searchsorted(sample.list_at, rows, side="right") - 1
        fit, what, bins = self.fit, sample.programme[rows], sample.bins[owner]
        score = self.base[what]
        for slot in range(bins.shape[1]):
            score = score + self.points[bins[:, slot], what]
        entries = np.diff(fit.at)[what]
        of = np.repeat(np.arange(rows.size), entries)
        entry = np.arange(of.size) - np.repeat(np.cumsum(entries) - entries, entries) + fit.at[what][of]
        added = self.spoken[fit.row[entry] + bins[of, fit.slot[entry]]]
        return np.asarray(score + np.bincount(of, added, minlength=rows.size))


def rate_at(step: int, steps: int, peak: float) -> float:
    """Warm-up over the first tenth, then half a cosine to nothing (Loshchilov & Hutter 2017)."""
    warm = max(1, steps // 10)
    if step < warm:
        return peak * (step + 1) / warm
    return float(peak * 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm))))


class Steps(Protocol):
    """Weights that are moved by what is released of sums."""

    @property
    def weights(self) -> Float64:
        """The weights so far, flat."""
        ...

    def step(self, total: Total, rate: float) -> None:
        """Take one step with what was summed of a batch."""
        ...


class _CrossSteps:
    """Momentum (Polyak 1964) from 0 on what is released, in units of the clip, of the weights that scores read."""

    def __init__(self, schedule: Schedule, noise: Noise, momentum: float, learned: Bool) -> None:
        self.schedule, self.noise, self.momentum, self.learned = schedule, noise, momentum, learned
        self.weights, self.moving = np.zeros(learned.size), np.zeros(learned.size)

    def step(self, total: Total, rate: float) -> None:
        """Release the sum and take one step."""
        released = self.schedule.released(total, self.noise) * self.learned
        self.moving = self.momentum * self.moving + (1 - self.momentum) * released / self.schedule.clip
        self.weights = self.weights + rate * self.moving


class PrivateBilinear(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Crosses of public bins and public attributes, learned by private steps from W = 0; convex.

    The optimiser, and whatever follows it, sees nothing but what `privacy.learning.step` releases.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        loss: Loss = "pointwise",
        rate: float = 12.0,
        momentum: float = 0.8,
        average: float = 0.5,
        threads: int = 1,
    ) -> None:
        """Keep the settings; nothing is checked before `fit`, as scikit-learn asks."""
        self.schedule = schedule
        self.loss = loss
        self.rate = rate
        self.momentum = momentum
        self.average = average
        self.threads = threads

    def fit(
        self, sample: UnitSums, space: FeatureMap, noise: Noise, start: LearningStart | None = None,
        advance: Callable[[int], object] = lambda _: None,
    ) -> Self:  # fmt: skip
        """Take the private steps, each with the sum of a batch.

        Args:
            sample: private rows.
            space: what is public.
            noise: where samples and noise are drawn from.
            start: what was released before; None is an even start.
            advance: takes the number of each step that was taken.
        """
        self.space_, schedule = space, self.schedule
        self.start_ = LearningStart.even(space.attributes.shape[0]) if start is None else start
        steps = self.begun(noise)
        mean, first = np.zeros(steps.weights.size), int(schedule.steps * (1 - self.average))
        for step in range(schedule.steps):
            units = schedule.sampler.draw(sample.units, noise)
            steps.step(sample.summed(self.step_sum(steps.weights), units), rate_at(step, schedule.steps, self.rate))
            if step >= first:
                mean += steps.weights / (schedule.steps - first)
            advance(step)
        self.keep(mean)
        return self

    def begun(self, noise: Noise) -> Steps:
        """The steps before the first."""
        return _CrossSteps(self.schedule, noise, self.momentum, self.space_.learned)

    def step_sum(self, weights: Float64) -> UnitSum:
        """What one step takes of the rows."""
        objective, shares = Objective(self.space_, self.start_, self.loss), Shares(threads=self.threads)
        return GradientSum(objective, BilinearWeights.of(weights, self.space_), self.schedule.clip, shares)

    def keep(self, weights: Float64) -> None:
        """Keep what was learned."""
        self.weights_ = BilinearWeights.of(weights, self.space_)

    def noise_of_weights(self) -> float:
        """The standard deviation of the noise in each weight, had no step answered the noise of those before.

        Steps that do answer it leave less.
        """
        schedule, (steps, late) = self.schedule, (self.schedule.steps, int(self.schedule.steps * (1 - self.average)))
        rates = np.array([rate_at(step, steps, self.rate) for step in range(steps)])
        counted = np.minimum(steps - np.arange(steps), steps - late) / (steps - late)  # in how much of the average
        fading = self.momentum ** np.arange(steps) * (1 - self.momentum)
        each = [float((fading[: steps - step] * (rates * counted)[step:]).sum()) for step in range(steps)]
        return float(np.sqrt(np.square(each).sum()) * float(schedule.sigma) / schedule.expected)

    def drawn_to_start(self, kept: float) -> Self:
        """Keep so much of what was learned, the same part of every weight."""
        learned = self.weights_
        self.weights_ = replace(learned, cross=kept * learned.cross, beside=kept * learned.beside)
        return self

    def learned_from_nothing(self) -> Float64:
        """The weights that began at 0, but for those that no score reads."""
        return np.asarray(np.r_[self.weights_.cross.ravel(), self.weights_.beside][self.space_.learned])

    def reach(self, row: Hyperparameters) -> float:
        """By how much one typical person's scores differ between programmes, in squares, for weights that vary by 1.

        What is beside the crosses but a programme's own effect, few weights that few people share, is not counted.
        """
        space = self.space_
        spread = space.attributes.var(axis=0)
        crossed = spread[space.reach[0] : space.reach[1]].sum() * row.pairs**2 if space.pairs else 0.0
        return float(spread.sum() * (row.everybody**2 + row.person**2) + crossed + space.own**2)

    def released_as(self, linear: Bilinear) -> Bilinear | HiddenLayer:
        """The scorer of what was learned, of which the weights of single bins are given."""
        return linear

    def decision_function(self, sample: Sample, rows: Int64) -> Float64:
        """The score of some rows, had they been noticed: float64[rows]."""
        return self.learned().score(sample, rows)

    def learned(self) -> LearnedPoints:
        """What scores are made of."""
        check_is_fitted(self)
        space, fit = self.space_, self.space_.fit
        spoken = self.weights_.beside[space.owned + fit.weight] * fit.value
        return LearnedPoints(self.start_.base, self.points(), fit, spoken)

    def points(self) -> Float64:
        """What every bin gives every programme, fits and the start apart: float64[D, P]."""
        space, learned = self.space_, self.weights_
        points = space.code.matrix() @ learned.cross @ space.attributes.T
        if space.owned:
            points[0] += space.own * learned.beside[: space.owned]
        return np.asarray(points)
