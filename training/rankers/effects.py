"""Effects learned: each programme's odds beyond what the trees explain, under a prior that public attributes place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.optimize

from features.arrays import Bool, Float64, Int64
from recommender.ranking.attributes import ProgrammeAttributes
from recommender.ranking.item_effect import ItemEffects, PublicPrior

LOOSE = 9.0
"""Variance of the prior that keeps an effect finite where every answer was the same; three in log-odds is loose."""
_BASE = 25.0
_STEPS = 40


def raw_effects(
    programme: Int64, label: Float64, score: Float64, count: int, weight: Float64 | None = None
) -> tuple[Float64, Float64]:
    """Each programme's effect in logit P = score + effect, alone, and its variance (Laplace approximation).

    Args:
        programme: int64[m], places from 0 to count - 1.
        label: float64[m], 0 or 1.
        score: float64[m], log-odds without the programme.
        count: how many programmes there are; one that no row is of gets 0 and the variance of the prior.
        weight: float64[m], how many rows each stands for; None is 1 each.

    Returns:
        effect and variance, float64[count] each.
    """
    each = np.ones(label.size) if weight is None else weight
    effect, curve = np.zeros(count), np.full(count, 1 / LOOSE)
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-(score + effect[programme])))
        slope = np.bincount(programme, weights=each * (label - p), minlength=count) - effect / LOOSE
        curve = np.bincount(programme, weights=each * p * (1 - p), minlength=count) + 1 / LOOSE
        effect = effect + np.clip(slope / curve, -1.0, 1.0)
    return effect, 1.0 / curve


def blocks_of(names: Sequence[str]) -> tuple[str, ...]:
    """The kind of each attribute column: its tag's key, `text`, or `number`; flags of the unknown come after.

    >>> blocks_of(["log_amount", "form=cash", "text.0"])
    ('number', 'form', 'text', 'unknown', 'unknown', 'unknown')
    """
    kinds = [name.split("=")[0] if "=" in name else "text" if name.startswith("text.") else "number" for name in names]
    return (*kinds, *("unknown" for _ in kinds))


def learn_effects(attributes: ProgrammeAttributes, effect: Float64, variance: Float64, seen: Bool) -> ItemEffects:
    """Place the prior and shrink every effect towards it.

    Each kind of attribute has one variance for its weights, so that kinds which explain nothing are shrunk away; those
    variances and the spread of what is a programme's own maximise the evidence (MacKay 1992; Gelman et al., Bayesian
    Data Analysis, 3rd ed., ch. 15).

    Args:
        attributes: P programmes.
        effect: float64[P], from `raw_effects`.
        variance: float64[P], likewise.
        seen: bool[P], which programmes there were rows of; the others say nothing and are not among the result's codes.
    """
    public = PublicPrior.fit(attributes.values[seen])
    design = public.of(attributes.values[seen])
    kinds = np.array(blocks_of(attributes.names))
    shared = kinds != "id"  # what is a programme's own is the residual, not a public attribute
    names = sorted({kind for kind in kinds[shared] if (public.inverse[kinds == kind] > 0).any()})
    members = [np.flatnonzero((kinds == name) & (public.inverse > 0)) for name in names]
    shares = [design[:, places] @ design[:, places].T / places.size for places in members]
    own, *spent = _evidence(shares, effect[seen], variance[seen])
    prior = np.zeros(design.shape[1])
    for places, share in zip(members, spent, strict=True):
        prior[places] = share / places.size
    weights, covariance, base, residual = _posterior(design, prior, own, effect[seen], variance[seen])
    codes = attributes.codes[seen]
    order = np.argsort(codes)
    return ItemEffects(base, public, weights, covariance, float(np.sqrt(own)), codes[order], residual[order])


def _evidence(shares: list[Float64], effect: Float64, variance: Float64) -> Float64:
    """The variance of what is a programme's own, then of each kind of attribute."""

    def unlikely(logs: Float64) -> float:
        own, *spent = np.exp(logs)
        spread = np.diag(variance + own) + _BASE
        spread = spread + sum(one * share for one, share in zip(spent, shares, strict=True))
        lower = np.linalg.cholesky(spread)
        off = np.linalg.solve(lower, effect)
        # The last term is a wide prior on the variances themselves: with few programmes the evidence is flat.
        return float(off @ off / 2 + np.log(np.diag(lower)).sum() + 0.02 * np.sum((logs + 1) ** 2))

    start = np.full(1 + len(shares), -1.0)
    found = scipy.optimize.minimize(unlikely, start, method="L-BFGS-B", bounds=[(-9.0, 3.0)] * start.size)
    return np.asarray(np.exp(found.x))


def _posterior(
    design: Float64, prior: Float64, own: float, effect: Float64, variance: Float64
) -> tuple[Float64, Float64, float, Float64]:
    """The weights of the attributes, their covariance, the base, and what is each programme's own."""
    spread = np.diag(variance + own) + _BASE + (design * prior) @ design.T
    gain = np.linalg.solve(spread, np.column_stack([effect, design * prior]))
    weights = prior * (design.T @ gain[:, 0])
    covariance = np.diag(prior) - (design * prior).T @ gain[:, 1:]
    base = _BASE * float(gain[:, 0].sum())
    residual = np.asarray(
        own * gain[:, 0], dtype=np.float64
    )  # what neither the base nor the weights explain, shrunk as far as it is unsure
    return weights, covariance, base, residual
