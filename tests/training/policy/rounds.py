"""Rounds of a small bandit whose truth is known, as arrays."""

import numpy as np

from training.policy.logged_bandit import LoggedBandit

PROGRAMMES = 6


def sharp(logits, times):
    chances = np.exp(times * logits)
    return chances / chances.sum(axis=1, keepdims=True)


def drawn(rng, many=1500, units=None):
    """Rounds, a policy nearer to what is wanted than the logged one, and what it truly brings in them on average."""
    kind = rng.integers(0, 4, units or many)
    unit = rng.integers(0, units, many) if units else None
    who = kind if unit is None else kind[unit]
    wanted = np.random.default_rng(7).normal(-1.0, 1.0, (4, PROGRAMMES))
    mean = 1 / (1 + np.exp(-wanted))
    logged, policy = sharp(wanted, 0.3)[who], sharp(wanted, 1.2)[who]
    action = (rng.random(many)[:, None] > logged.cumsum(axis=1)).sum(axis=1).clip(0, PROGRAMMES - 1)
    reward = (rng.random(many) < mean[who, action]).astype(float)
    predicted = np.clip(mean + np.random.default_rng(8).normal(0, 0.05, mean.shape), 0, 1)[who]
    share = np.full(4, 0.25)
    truth = float((share[:, None] * sharp(wanted, 1.2) * mean).sum())
    return LoggedBandit(action, reward, logged, unit, predicted), policy, truth
