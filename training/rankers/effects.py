"""Effects learned: each programme's odds beyond what the trees explain, under a prior that public attributes place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.linalg
import scipy.optimize

from features.arrays import Bool, Float64, Int64
from recommender.ranking.attributes import ProgrammeAttributes
from recommender.ranking.item_effect import ItemEffects, PublicPrior
from training.measures import slopes

if TYPE_CHECKING:
    from training.data.examples import Examples

LOOSE = 9.0
"""Variance of the prior that keeps an effect finite where every answer was the same; three in log-odds is loose."""
_BASE = 25.0
_STEPS = 40


class Uncertainty(NamedTuple):
    """How unsure what is read of each of P programmes is: a covariance, diag(variance) - together @ together.T.

    Attributes:
        variance: float64[P], of each alone.
        together: float64[P, C], what sums over programmes are known better by; no column where each is read alone.
    """

    variance: Float64
    together: Float64

    def beside(self, own: float) -> Uncertainty:
        """The same with so much variance of each programme's own."""
        return self._replace(variance=self.variance + own)

    def solved(self, values: Float64) -> Float64:
        """The inverse times a column float64[P] or columns float64[P, K] (Woodbury's identity)."""
        plain = values / (self.variance[:, None] if values.ndim > 1 else self.variance)
        return np.asarray(plain + self._beside @ np.linalg.solve(self._left, self.together.T @ plain))

    def precision(self) -> Float64:
        """The diagonal of the inverse, float64[P]."""
        beside = self._beside
        return np.asarray(1 / self.variance + (beside * np.linalg.solve(self._left, beside.T).T).sum(axis=1))

    def log_determinant(self) -> float:
        """Of the covariance."""
        return float(np.log(self.variance).sum() + np.linalg.slogdet(self._left)[1])

    @property
    def _beside(self) -> Float64:
        return np.asarray(self.together / self.variance[:, None])

    @property
    def _left(self) -> Float64:
        return np.asarray(np.eye(self.together.shape[1]) - self.together.T @ self._beside)


def raw_effects(
    programme: Int64, label: Float64, score: Float64, count: int, weight: Float64 | None = None,
    looked: Float64 | None = None,
) -> tuple[Float64, Float64]:  # fmt: skip
    """Each programme's effect in P = looked x sigmoid(score + effect), alone, and its variance (Laplace approximation).

    Args:
        programme: int64[m], places from 0 to count - 1.
        label: float64[m], 0 or 1.
        score: float64[m], log-odds without the programme.
        count: how many programmes there are; one that no row is of gets 0 and the variance of the prior.
        weight: float64[m], how many rows each stands for; None is 1 each.
        looked: float64[m], how likely each was looked at; None is 1 each.

    Returns:
        effect and variance, float64[count] each.
    """
    each, seen = (np.ones(label.size) if some is None else some for some in (weight, looked))
    effect, curve = np.zeros(count), np.full(count, 1 / LOOSE)
    for _ in range(_STEPS):
        up, bend = slopes(score + effect[programme], label, seen)
        slope = np.bincount(programme, weights=each * up, minlength=count) - effect / LOOSE
        curve = np.bincount(programme, weights=each * bend, minlength=count) + 1 / LOOSE
        effect = effect + np.clip(slope / curve, -1.0, 1.0)
    return effect, 1.0 / curve


def mean_odds(examples: Examples) -> float:
    """The log-odds with which anything is taken up that is looked at."""
    taken, looked = (np.average(some, weights=examples.weight) for some in (examples.label, examples.looked))
    mean = min(float(taken / looked), 0.99)
    return math.log(mean / (1 - mean))


def own_odds(examples: Examples, attributes: ProgrammeAttributes) -> Float64:
    """The log-odds with which each programme is taken up where it is looked at, shrunken: float64[P]."""
    base = mean_odds(examples)
    effects = effects_beyond(examples, np.full(len(examples), base), 1.0, attributes)
    return np.asarray(base + effects.of(attributes)[0])


def effects_beyond(examples: Examples, score: Float64, unit: float, attributes: ProgrammeAttributes) -> ItemEffects:
    """Every programme's effect beyond what the rows' log-odds, float64[m], say already, in so many log-odds a unit."""
    many, place = len(attributes.ids), examples.programme
    effect, variance = raw_effects(place, examples.label, score, many, examples.weight, examples.looked)
    return learn_effects(attributes, effect / unit, variance / unit**2, np.bincount(place, minlength=many) > 0)


def blocks_of(names: Sequence[str]) -> tuple[str, ...]:
    """The kind of each attribute column: its tag's key, `text`, or `number`; flags of the unknown come after.

    >>> blocks_of(["log_amount", "form=cash", "text.0"])
    ('number', 'form', 'text', 'unknown', 'unknown', 'unknown')
    """
    kinds = [name.split("=")[0] if "=" in name else "text" if name.startswith("text.") else "number" for name in names]
    return (*kinds, *("unknown" for _ in kinds))


def directions_of(attributes: ProgrammeAttributes) -> Float64:
    """What programmes with public attributes have in common, as orthonormal columns: float64[P, C], C at most P."""
    public, kinds = PublicPrior.fit(attributes.values), np.array(blocks_of(attributes.names))
    return np.asarray(scipy.linalg.orth(public.of(attributes.values)[:, (kinds != "id") & (public.inverse > 0)]))


def learn_effects(
    attributes: ProgrammeAttributes, effect: Float64, variance: Float64, seen: Bool, together: Float64 | None = None
) -> ItemEffects:
    """Place the prior and shrink every effect towards it.

    Each kind of attribute has one variance for its weights, so that kinds which explain nothing are shrunk away; those
    variances and the spread of what is a programme's own maximise the evidence (MacKay 1992; Gelman et al., Bayesian
    Data Analysis, 3rd ed., ch. 15).

    Args:
        attributes: P programmes.
        effect: float64[P], from `raw_effects`.
        variance: float64[P], likewise.
        seen: bool[P], which programmes there were rows of; the others say nothing and are not among the result's codes.
        together: float64[P, C], what is known better of sums over programmes; see `Uncertainty`.
    """
    unsure = Uncertainty(variance[seen], np.zeros((int(seen.sum()), 0)) if together is None else together[seen])
    public = PublicPrior.fit(attributes.values[seen])
    design = public.of(attributes.values[seen])
    kinds = np.array(blocks_of(attributes.names))
    shared = kinds != "id"  # what is a programme's own is the residual, not a public attribute
    names = sorted({kind for kind in kinds[shared] if (public.inverse[kinds == kind] > 0).any()})
    members = [np.flatnonzero((kinds == name) & (public.inverse > 0)) for name in names]
    own, *spent = _evidence([design[:, places] / np.sqrt(places.size) for places in members], effect[seen], unsure)
    prior = np.zeros(design.shape[1])
    for places, share in zip(members, spent, strict=True):
        prior[places] = share / places.size
    weights, covariance, base, residual = _posterior(design, prior, own, effect[seen], unsure)
    codes = attributes.codes[seen]
    order = np.argsort(codes)
    return ItemEffects(base, public, weights, covariance, float(np.sqrt(own)), codes[order], residual[order])


def _evidence(parts: Sequence[Float64], effect: Float64, unsure: Uncertainty) -> Float64:
    """The variance of what is a programme's own, then of each kind of attribute: of each part's columns together."""
    columns = np.column_stack([np.ones(effect.size), *parts])
    kind = np.repeat(np.arange(1 + len(parts)), [1, *(part.shape[1] for part in parts)])

    def unlikely(logs: Float64) -> float:
        own, *spent = np.exp(logs)
        spread, found = unsure.beside(own), np.sqrt(np.array([_BASE, *spent]))[kind]
        lower, mean = _weighed(columns * found, spread, effect)
        off = effect @ spread.solved(effect) - mean @ mean
        # The last term is a wide prior on the variances themselves: with few programmes the evidence is flat.
        certain = spread.log_determinant() / 2 + np.log(np.diag(lower)).sum()
        return float(off / 2 + certain + 0.02 * np.sum((logs + 1) ** 2))

    start = np.full(1 + len(parts), -1.0)
    found = scipy.optimize.minimize(unlikely, start, method="L-BFGS-B", bounds=[(-9.0, 3.0)] * start.size)
    return np.asarray(np.exp(found.x))


def _weighed(columns: Float64, spread: Uncertainty, effect: Float64) -> tuple[Float64, Float64]:
    """The root of the precision of weights whose prior is 1, and what of the effects they explain, in that root.

    In the space of weights, so that a catalogue of thousands costs no more than its length (Woodbury's identity).
    """
    lower = np.linalg.cholesky(np.eye(columns.shape[1]) + columns.T @ spread.solved(columns))
    explained = scipy.linalg.solve_triangular(lower, columns.T @ spread.solved(effect), lower=True)
    return np.asarray(lower, np.float64), np.asarray(explained, np.float64)


def _posterior(
    design: Float64, prior: Float64, own: float, effect: Float64, unsure: Uncertainty
) -> tuple[Float64, Float64, float, Float64]:
    """The weights of the attributes, their covariance, the base, and what is each programme's own."""
    spread, scale = unsure.beside(own), np.sqrt(np.r_[_BASE, prior])
    lower, mean = _weighed(np.column_stack([np.ones(effect.size), design]) * scale, spread, effect)
    root = scipy.linalg.solve_triangular(lower, np.diag(scale), lower=True)
    base, *weights = root.T @ mean
    # what neither the base nor the weights explain, shrunk as far as it is unsure
    residual = own * spread.solved(effect - base - design @ np.array(weights))
    return np.array(weights), (root.T @ root)[1:, 1:], float(base), np.asarray(residual)
