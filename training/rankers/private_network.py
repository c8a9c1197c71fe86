"""The private network on plain arrays: one hidden layer over public numbers of people, learned by Opacus' DP-SGD."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit
from privacy.learning.network import UNIT, NetworkGradients, NetworkShape, NetworkSteps, UnitBatch
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule, Total
from recommender.ranking.bilinear import HEAVIEST, Bilinear, whole
from recommender.ranking.hidden_layer import HiddenLayer, neurons_of
from training.rankers.bilinear_arrays import BilinearWeights, FeatureMap, Sample
from training.rankers.private_bilinear import LearnedPoints, Objective, PrivateBilinear, fill_residuals
from training.rankers.schedules import Hyperparameters, Loss

LOUDEST: Final = 0.5
"""The most that a neuron says: the less, the less of what is released is noise of neurons that say nothing yet."""
CHUNK: Final = 64
"""Units worked on at once; it changes no bit of what is summed."""


def _on_grid(values: Float64) -> Float64:
    return np.asarray(np.rint(values / UNIT) * UNIT)


@dataclass(frozen=True)
class NetworkInputs:
    """What is public, as a network multiplies it.

    Attributes:
        code: float64[D, N], the numbers of each bin; pairs of facts say nothing, since neurons find them.
        attributes: float64[P, A].
        space: what they are of.
    """

    code: Float64
    attributes: Float64
    space: FeatureMap

    @classmethod
    def of(cls, space: FeatureMap) -> NetworkInputs:
        """Round what is public to the grid."""
        plain = space.code.size - space.pairs
        return cls(_on_grid(space.code.matrix()[:, :plain]), _on_grid(space.attributes), space)

    def shape(self, neurons: int) -> NetworkShape:
        """The network over them."""
        people, columns = self.code.shape[1], self.attributes.shape[1]
        return NetworkShape(people, neurons, columns, self.space.beside, float(self.code[0, 0]), LOUDEST)

    def people(self, bins: Int32) -> Float64:
        """The numbers of people, float64[n, N], by their bins."""
        out = np.zeros((len(bins), self.code.shape[1]))
        _fill_people(bins, self.code, out)
        return out


@njit
def _fill_people(bins: Int32, code: Float64, out: Float64) -> None:
    for person in range(len(bins)):
        for one in bins[person]:
            for at in range(code.shape[1]):
                out[person, at] += code[one, at]


@njit
def _fill_beside(
    rows: Int64, lists: Int64, at: tuple[Int64, Int64], bins: Int32, programme: Int32, own: tuple[float, int],
    fit_at: Int64, slot: Int32, fit_row: Int64, which: Int32, table: Float64, place: Int64, amount: Float64,
) -> None:  # fmt: skip
    """Fill in which weights beside the layers each row reads, and times what: its programme's own, then the fits."""
    unit, spot = at
    for number in range(len(rows)):
        what, mine = programme[rows[number]], bins[lists[number]]
        places, amounts = place[unit[number], spot[number]], amount[unit[number], spot[number]]
        if own[1] > 0:
            places[0], amounts[0] = what, own[0]
        for entry in range(fit_at[what], fit_at[what + 1]):
            spoken, here = fit_row[entry] + mine[slot[entry]], 1 + entry - fit_at[what]
            places[here], amounts[here] = own[1] + which[spoken], table[spoken]


@njit
def _fill_asked(
    firsts: Int64, score: Float64, label: Float64, seen: Float64, listwise: bool, asked: Float64
) -> None:  # fmt: skip
    """Fill asked, list by list, with what the loss asks of the scores."""
    for one in range(len(firsts) - 1):
        begin, end = firsts[one], firsts[one + 1]
        fill_residuals(score[begin:end], label[begin:end], seen[begin:end], listwise, asked[begin:end])


class _Places(NamedTuple):
    """Where the rows and lists of some units stand among them: int64 each."""

    rows: Int64
    unit: Int64
    spot: Int64
    lists: Int64
    firsts: Int64

    @classmethod
    def of(cls, sample: Sample, units: Int64) -> _Places:
        """Of units at some places; `lists` is the list of each row, `firsts` where each begins and the last ends."""
        rows, unit = sample.rows_of(units)
        lists = np.searchsorted(sample.list_at, rows, side="right") - 1
        begins = np.flatnonzero(np.diff(lists, prepend=-1))
        spot = rows - sample.list_at[sample.unit_at[units]][unit]
        return cls(rows, unit, spot, lists, np.r_[begins, rows.size])


def batch_of(sample: Sample, units: Int64, inputs: NetworkInputs) -> tuple[UnitBatch, _Places]:
    """The rows of some units, filled up to one size, and where each is among them."""
    at, space = _Places.of(sample, units), inputs.space
    fit, of_unit = space.fit, at.lists - sample.unit_at[units][at.unit]
    size = units.size, int(at.spot.max(initial=-1)) + 1
    heads = at.firsts[:-1]
    people = np.zeros((units.size, int(of_unit.max(initial=-1)) + 1, inputs.code.shape[1]))
    people[at.unit[heads], of_unit[heads]] = inputs.people(sample.bins[at.lists[heads]])
    lists, columns = np.zeros(size, dtype=np.int64), np.zeros((*size, inputs.attributes.shape[1]))
    lists[at.unit, at.spot], columns[at.unit, at.spot] = of_unit, inputs.attributes[sample.programme[at.rows]]
    reads = 1 + int(np.diff(fit.at).max(initial=0))
    place, amount = np.zeros((*size, reads), dtype=np.int64), np.zeros((*size, reads))
    _fill_beside(
        at.rows, at.lists, (at.unit, at.spot), sample.bins, sample.programme, (space.own, space.owned),
        fit.at, fit.slot, fit.row, fit.weight, fit.value, place, amount,
    )  # fmt: skip
    return UnitBatch(people, lists, columns, place, _on_grid(amount)), at


@dataclass(frozen=True)
class NetworkSum:
    """The clipped gradients of units under some weights, added up: what one step takes of the rows."""

    objective: Objective
    neurons: int
    weights: Float64
    clip: float
    chunk: int = CHUNK

    def __call__(self, sample: Sample, units: Int64) -> Total:
        """Clip and add up the gradients of some units."""
        inputs = NetworkInputs.of(self.objective.space)
        gradients = NetworkGradients(inputs.shape(self.neurons), self.weights, self.clip)
        for first in range(0, units.size, self.chunk):
            self._add(gradients, sample, units[first : first + self.chunk], inputs)
        return gradients.total

    def _add(self, gradients: NetworkGradients, sample: Sample, units: Int64, inputs: NetworkInputs) -> None:
        batch, at = batch_of(sample, units, inputs)
        start, listwise = self.objective.start, self.objective.loss == "listwise"
        label, seen = sample.label[at.rows], start.attention[sample.cell[at.rows]]
        base = start.base[sample.programme[at.rows]]

        def pull(score: Float64) -> Float64:
            asked, out = np.empty(at.rows.size), np.zeros(score.shape)
            _fill_asked(at.firsts, base + score[at.unit, at.spot], label, seen, listwise, asked)
            out[at.unit, at.spot] = asked
            return out

        if at.rows.size:
            gradients.add(batch, pull)


class NeuronWeights(NamedTuple):
    """What neurons are made of, float64[H, N], and what each gives programmes' attributes, float64[H, A]."""

    hidden: Float64
    outer: Float64


class LearnedNeurons(NamedTuple):
    """What was learned, as scores read it; released, so that anybody may hold it."""

    linear: LearnedPoints
    inputs: NetworkInputs
    weights: NeuronWeights

    def score(self, sample: Sample, rows: Int64) -> Float64:
        """The score of some rows, had they been noticed: float64[rows]."""
        lists, back = np.unique(np.searchsorted(sample.list_at, rows, side="right") - 1, return_inverse=True)
        said = neurons_of(self.inputs.people(sample.bins[lists]) @ self.weights.hidden.T)
        given = self.inputs.attributes @ self.weights.outer.T
        crossed = (said[back] * given[sample.programme[rows]]).sum(axis=1)
        return np.asarray(self.linear.score(sample, rows) + crossed)


class PrivateNetwork(PrivateBilinear):
    """One hidden layer of hard tangents, learned by private steps from a public start in which it says nothing.

    What stands beside the hidden layer, one neuron that is the same for everybody and the weights of programmes and
    fits, is that of `PrivateBilinear`, whose crosses are 0 but for everybody's.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        loss: Loss = "pointwise",
        rate: float = 12.0,
        momentum: float = 0.8,
        average: float = 0.5,
        neurons: int = 32,
        gain: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Keep the settings; nothing is checked before `fit`, as scikit-learn asks."""
        super().__init__(schedule, loss=loss, rate=rate, momentum=momentum, average=average)
        self.neurons = neurons
        self.gain = gain
        self.seed = seed

    def learned(self) -> LearnedNeurons:  # type: ignore[override]  # it scores as well, and holds more
        """What scores are made of."""
        check_is_fitted(self)
        return LearnedNeurons(super().learned(), self.inputs_, self.weights_of_neurons_)

    @property
    def shape_(self) -> NetworkShape:
        """The network that is learned."""
        return self.inputs_.shape(self.neurons)

    def begun(self, noise: Noise) -> NetworkSteps:
        """The steps from neurons of random numbers, by a public seed, that give programmes nothing yet."""
        self.inputs_ = NetworkInputs.of(self.space_)
        shape, rng = self.shape_, np.random.default_rng(self.seed)
        outer, hidden, beside = shape.sizes
        wide = rng.standard_normal(hidden) * self.gain / np.sqrt(2 * shape.always**2)  # of a typical person's length
        start = np.concatenate([np.zeros(outer), wide, np.zeros(beside)])
        return NetworkSteps(start, self.schedule, noise, self.momentum)

    def step_sum(self, weights: Float64) -> NetworkSum:
        """What one step takes of the rows."""
        objective = Objective(self.space_, self.start_, self.loss)
        return NetworkSum(objective, self.neurons, weights, self.schedule.clip)

    def keep(self, weights: Float64) -> None:
        """Keep what was learned: crosses of everybody and what stands beside them apart from neurons."""
        shape, (outer, hidden, _) = self.shape_, self.shape_.sizes
        crosses = weights[:outer].reshape(1 + self.neurons, shape.columns)
        cross = np.zeros(self.space_.shape)
        cross[0] = crosses[0]  # place 0 is everybody's, as the first neuron is
        self.weights_ = BilinearWeights(cross, weights[outer + hidden :])
        made = weights[outer : outer + hidden].reshape(self.neurons, shape.people)
        self.weights_of_neurons_ = NeuronWeights(made, LOUDEST * crosses[1:])

    def released_as(self, linear: Bilinear) -> HiddenLayer:
        """The scorer, its neurons in whole numbers and by bins."""
        weights = self.weights_of_neurons_
        hidden, outer = self.inputs_.code @ weights.hidden.T, self.space_.of_plain(weights.outer)
        return HiddenLayer(linear, whole(hidden, HEAVIEST), whole(outer, HEAVIEST))

    def drawn_to_start(self, kept: float) -> Self:
        """Keep so much of what was learned; what neurons are made of does not move scores by itself."""
        self.weights_of_neurons_ = self.weights_of_neurons_._replace(outer=kept * self.weights_of_neurons_.outer)
        super().drawn_to_start(kept)
        return self

    def learned_from_nothing(self) -> Float64:
        """The weights that began at 0."""
        outer = self.weights_of_neurons_.outer.ravel() / LOUDEST
        return np.asarray(np.r_[self.weights_.cross[0], outer, self.weights_.beside])

    def reach(self, row: Hyperparameters) -> float:
        """As `PrivateBilinear.reach`, of people whose neurons say as much as at the start."""
        said = (LOUDEST * min(self.gain, 1.0)) ** 2 * self.neurons
        return super().reach(replace(row, person=float(np.sqrt(said)), pairs=0.0))
