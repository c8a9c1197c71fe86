"""Effect: what a programme adds to everybody's odds: what is public about it lets expect, and a residual of its own."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64

if TYPE_CHECKING:
    from recommender.ranking.attributes import ProgrammeAttributes


@dataclass(frozen=True)
class PublicPrior:
    """Attributes as a standardised design: each column filled where unknown, then a flag for each that it was unknown.

    Attributes:
        fill: float64[A], what stands where an attribute is unknown.
        centre: float64[2 A], subtracted.
        inverse: float64[2 A], multiplied; 0 leaves a column out that never varied.
    """

    fill: Float64
    centre: Float64
    inverse: Float64

    @classmethod
    def fit(cls, values: Float32) -> PublicPrior:
        """Learn what to fill in and how columns spread, from one catalogue's attributes float32[P, A]."""
        known = ~np.isnan(values)
        fill = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / np.maximum(known.sum(axis=0), 1)
        plain = cls(fill, np.zeros(2 * fill.size), np.ones(2 * fill.size)).of(values)
        spread = plain.std(axis=0)
        varies = spread > 1e-9
        return cls(fill, plain.mean(axis=0), np.where(varies, 1 / np.where(varies, spread, 1), 0.0))

    def of(self, values: Float32) -> Float64:
        """The design of some attributes: float64[P, 2 A], without a NaN."""
        unknown = np.isnan(values)
        filled = np.where(unknown, self.fill, values)
        return np.asarray((np.concatenate([filled, unknown], axis=1) - self.centre) * self.inverse)


@dataclass(frozen=True)
class ItemEffects:
    """Every programme's effect in log-odds, under a normal prior that public attributes place.

    effect = base + public . weights + own, own ~ N(0, spread^2). A programme that training saw has a posterior mean of
    its own (empirical Bayes; Efron & Morris 1975); one it never saw has own = 0 and the uncertainty of both parts.

    Attributes:
        base: the mean effect.
        public: how attributes are read.
        weights: float64[2 A], what they let expect.
        covariance: float64[2 A, 2 A], how unsure that is.
        spread: standard deviation of what is a programme's own.
        codes: int64[K], identifier codes of the programmes seen, ascending.
        own: float64[K], their shrunken residuals.
    """

    base: float
    public: PublicPrior
    weights: Float64
    covariance: Float64
    spread: float
    codes: Int64
    own: Float64

    def of(self, attributes: ProgrammeAttributes) -> tuple[Float64, Float64]:
        """Mean and variance of each programme's effect: float64[P] each; the variance of one that was seen is 0."""
        design = self.public.of(attributes.values)
        expected = self.base + design @ self.weights
        own, seen = self.own_of(attributes.codes)
        variance = np.zeros(len(seen))
        new = design[~seen]
        variance[~seen] = np.einsum("ij,jk,ik->i", new, self.covariance, new) + self.spread**2
        return expected + own, variance

    def own_of(self, codes: Int64) -> tuple[Float64, Bool]:
        """The residual of each code, exactly 0 where training never saw it, and whether it saw it."""
        if not self.codes.size:
            return np.zeros(codes.shape), np.zeros(codes.shape, dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.codes, codes), self.codes.size - 1)
        seen = self.codes[at] == codes
        return np.where(seen, self.own[at], 0.0), seen


@dataclass(frozen=True)
class Scale:
    """From raw tree sums to calibrated log-odds: add the programme's effect, then a line (Platt 1999)."""

    slope: float
    intercept: float
    effects: ItemEffects

    def log_odds(self, raw: Float64, programme: Int64, attributes: ProgrammeAttributes) -> Float64:
        """Log-odds of rows with these raw scores and places among `attributes`, float64[m].

        Where the effect is unsure, the log-odds of the mean probability over it: what to expect of a new programme is
        nearer to even than its likeliest value (MacKay 1992, the probit approximation).
        """
        mean, variance = self.effects.of(attributes)
        return self.line(raw, mean[programme], variance[programme])

    def line(self, raw: Float64, mean: Float64, variance: Float64) -> Float64:
        """Log-odds of rows with these raw scores, and the mean and variance of their programmes' effects."""
        score = self.slope * (raw + mean) + self.intercept
        return np.asarray(score / np.sqrt(1 + np.pi / 8 * self.slope**2 * variance))

    def to_bytes(self) -> bytes:
        """This scale as the bytes of an .npz without pickles."""
        out, effects = io.BytesIO(), self.effects
        np.savez(
            out, line=np.array([self.slope, self.intercept, effects.base, effects.spread]), fill=effects.public.fill,
            centre=effects.public.centre, inverse=effects.public.inverse, weights=effects.weights,
            covariance=effects.covariance, codes=effects.codes, own=effects.own,
        )  # fmt: skip
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Scale:
        """The inverse of `to_bytes`.

        Raises:
            ValueError: the bytes are none that `to_bytes` made.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as read:
                slope, intercept, base, spread = (float(value) for value in read["line"])
                public = PublicPrior(read["fill"], read["centre"], read["inverse"])
                weights, covariance = read["weights"], read["covariance"]
                effects = ItemEffects(base, public, weights, covariance, spread, read["codes"], read["own"])
        except (OSError, KeyError, EOFError, zipfile.BadZipFile) as failure:
            raise ValueError("is not a scale") from failure
        return cls(slope, intercept, effects)
