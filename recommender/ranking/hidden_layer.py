"""The hidden layer: neurons of a person's bins x a programme's attributes in whole numbers, beside a bilinear part."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit
from recommender.ranking.bilinear import FILES as LINEAR_FILES
from recommender.ranking.bilinear import UNIT, WIDEST, Bilinear, Folded, whole
from recommender.ranking.manifest import Format, same_features

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
    from recommender.ranking.bilinear import AttributeScaler
    from recommender.ranking.scorer import Pairs, Scores
    from recommender.rules.catalogue import Catalogue

KIND: Final = "network"
FORMAT: Final = 1
NEURONS_FILE: Final = "neurons.npz"
ARTEFACT: Final = Format(KIND, FORMAT, (*LINEAR_FILES, NEURONS_FILE))

_SHIFT: Final = 16
_ONE: Final = 1 << _SHIFT
"""1 in `UNIT`: a neuron says at most that, and at least its negative."""


@dataclass(frozen=True)
class FoldedNeurons(Folded):
    """A catalogue's programmes with what each neuron gives them, int64[P, H] in `UNIT`."""

    neurons: Int64


@njit
def _fill_said(bins: Int32, hidden: Int64, said: Int64) -> None:
    """Fill said with what each neuron says of each person: the sum over their bins, cut off at 1 and -1."""
    for person in range(len(bins)):
        for one in bins[person]:
            for neuron in range(said.shape[1]):
                said[person, neuron] += hidden[one, neuron]
        for neuron in range(said.shape[1]):
            said[person, neuron] = min(max(said[person, neuron], -_ONE), _ONE)


@njit
def _add_neurons(said: Int64, given: Int64, person: Int64, programme: Int64, points: Int64) -> None:
    """Add to the points of each pair, in place, what neurons say of the person times what they give the programme."""
    for row in range(len(points)):
        mine, theirs, total = said[person[row]], given[programme[row]], 0
        for neuron in range(len(mine)):
            total += mine[neuron] * theirs[neuron]
        points[row] += total


@dataclass(frozen=True)
class HiddenLayer:
    """A trained network with one hidden layer; a `recommender.ranking.scorer.Scorer`, to the last bit everywhere.

    A neuron is a hard tangent, so that it needs nothing but sums and comparisons of whole numbers.

    Attributes:
        linear: what is said of everybody alike, the effects of programmes and the fits, and the line to probabilities.
        hidden: int64[D, H], in `UNIT`: what each bin adds to each neuron.
        outer: int64[H, A], in `UNIT`: what each neuron gives each attribute.
    """

    linear: Bilinear
    hidden: Int64
    outer: Int64

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], declaration_hash: str | None = None) -> HiddenLayer:
        """Check an artefact's bytes and make the scorer they hold; as `Bilinear.from_files`.

        Raises:
            Rejected: a file is missing or altered, the format is another, or the model was trained on other features.
        """
        linear = Bilinear.of_files(files, ARTEFACT.manifest(files, declaration_hash))
        with np.load(io.BytesIO(files[NEURONS_FILE]), allow_pickle=False) as read:
            return cls(linear, read["hidden"], read["outer"])

    def files(self) -> dict[str, bytes]:
        """Its files but for the manifest; nothing in them is pickled."""
        out = io.BytesIO()
        np.savez(out, hidden=self.hidden, outer=self.outer)
        return {**self.linear.files(), NEURONS_FILE: out.getvalue()}

    @property
    def features_hash(self) -> str:
        """The features it was trained on."""
        return self.linear.features_hash

    @property
    def catalogue_hash(self) -> str:
        """The catalogue it was trained on."""
        return self.linear.catalogue_hash

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the artefact is and where it comes from."""
        return self.linear.manifest

    @property
    def reading(self) -> AttributeScaler:
        """How programmes become columns."""
        return self.linear.reading

    @property
    def vocabulary(self) -> Vocabulary:
        """How it reads programmes."""
        return self.linear.vocabulary

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> FoldedNeurons:
        """The catalogue's programmes, what every bin and what every neuron gives each of them."""
        return self._with_neurons(self.linear.attributes(catalogue, declaration))

    def _with_neurons(self, folded: Folded) -> FoldedNeurons:
        given = whole(self.linear.reading.of(folded), WIDEST) @ self.outer.T
        plain = {field.name: getattr(folded, field.name) for field in fields(folded)}
        return FoldedNeurons(**plain, neurons=(given + _ONE // 2) >> _SHIFT)

    def score(self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs) -> Scores:
        """Score every pair: points to order by, and the calibrated P(takes up | offered).

        Raises:
            Rejected: the snapshots were computed with other features than the model was trained on.
        """
        same_features(self.features_hash, people.features_hash)
        read = attributes
        if not isinstance(read, FoldedNeurons):
            read = self._with_neurons(self.linear.with_points(attributes, people.declaration))
        bins = self.linear.bins.of_people(people)
        said = np.zeros((len(bins), self.hidden.shape[1]), dtype=np.int64)
        _fill_said(bins, self.hidden, said)
        points = self.linear.points_of(bins, read, pairs)
        _add_neurons(said, read.neurons, pairs.person, pairs.programme, points)
        return self.linear.scored(points)


def neurons_of(said: Float64) -> Float64:
    """What neurons say of sums, float64, as scoring cuts them off.

    >>> neurons_of(np.array([-3.0, 0.25, 1.5]))
    array([-1.  ,  0.25,  1.  ])
    """
    return np.asarray(np.clip(np.rint(said / UNIT) * UNIT, -1.0, 1.0))
