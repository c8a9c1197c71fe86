"""Rules of taste: what is added where one to three conditions on a person, a programme and a moment are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.circumstances import TRAITS, Circumstances
from data.synthetic.dials import Dials
from data.synthetic.offerings import Offerings
from features.arrays import Float64

RULES = 26


@dataclass(frozen=True)
class Rule:
    """One threshold rule: adds `weight` where every condition is met.

    `traits` and `qualities` list (column, threshold, above) conditions on the person and on the programme; `fresh` is
    the threshold on how fresh the programme's moment of life is for the person, or 0 where the rule does not ask. With
    `parity` it is the number of the person's conditions met that counts: the weight is added where it is even, taken
    off where it is odd, so that no condition alone tells anything.
    """

    weight: float
    traits: tuple[tuple[int, float, bool], ...]
    qualities: tuple[tuple[int, float, bool], ...]
    fresh: float
    parity: bool = False

    def of_people(self, traits: Float64) -> Float64:
        """What the person's side comes to: float64[m], 0 or 1, or -1 or 1 with parity."""
        met = np.ones(len(traits))
        for column, threshold, above in self.traits:
            holds = (traits[:, column] > threshold) == above
            met *= 2.0 * holds - 1.0 if self.parity else holds
        return met

    def of_programmes(self, qualities: Float64) -> Float64:
        """The weight where the programme meets its conditions: float64[P]."""
        met = np.full(len(qualities), self.weight)
        for column, threshold, above in self.qualities:
            met *= (qualities[:, column] > threshold) == above
        return met


def timely(people: Circumstances, offered: Offerings) -> Float64:
    """How fresh the freshest moment is that a programme is about: m x P, 0..1."""
    freshest = np.zeros((len(people.fresh), len(offered)))
    for moment in range(people.fresh.shape[1]):
        programmes = np.flatnonzero(offered.moments[:, moment])
        freshest[:, programmes] = np.maximum(freshest[:, programmes], people.fresh[:, moment, None])
    return freshest


def rule_sums(rules: tuple[Rule, ...], people: Circumstances, offered: Offerings) -> Float64:
    """What the rules add up to: m x P."""
    if not rules:
        return np.zeros((len(people.traits), len(offered)))
    persons = np.column_stack([rule.of_people(people.traits) for rule in rules])
    programmes = np.column_stack([rule.of_programmes(offered.qualities) for rule in rules])
    timeless = np.array([rule.fresh == 0 for rule in rules])
    total = persons[:, timeless] @ programmes[:, timeless].T
    if not timeless.all():
        freshness = timely(people, offered)
        for k in np.flatnonzero(~timeless):
            total += (freshness > rules[k].fresh) * persons[:, k, None] * programmes[:, k]
    return np.asarray(total)


def draw_rules(rng: np.random.Generator, people: Circumstances, offered: Offerings, dials: Dials) -> tuple[Rule, ...]:
    """The rules of a world, with thresholds where they split these people and programmes."""
    shares = np.array([max(1 - dials.second - dials.third, 0.0), dials.second, dials.third])
    orders = rng.choice([1, 2, 3], size=RULES, p=shares / shares.sum())
    return tuple(_draw(rng, people, offered, int(order), rng.random() < dials.parity) for order in orders)


def _draw(rng: np.random.Generator, people: Circumstances, offered: Offerings, order: int, parity: bool) -> Rule:
    if parity and order > 1:
        traits = tuple(_condition(rng, people.traits, c) for c in rng.choice(len(TRAITS), order, replace=False))
        kind = _condition(rng, offered.qualities, int(rng.integers(offered.qualities.shape[1])))
        return Rule(float(rng.normal(0, 1)), traits, (kind,), 0.0, parity=True)
    fresh = float(rng.uniform(0.15, 0.6)) if order == 1 or rng.random() < 0.25 else 0.0
    asked = order - (fresh > 0)
    of_people = min(max(1, round(asked / 2 + rng.uniform(-0.4, 0.6))), asked) if asked else 0
    of_programmes = asked - of_people if fresh else max(asked - of_people, 1)
    traits = tuple(_condition(rng, people.traits, c) for c in rng.choice(len(TRAITS), of_people, replace=False))
    kinds = rng.choice(offered.qualities.shape[1], of_programmes, replace=False)
    weight = abs(rng.normal(0, 1)) if fresh else rng.normal(0, 1)
    return Rule(float(weight), traits, tuple(_condition(rng, offered.qualities, c) for c in kinds), fresh)


def _condition(rng: np.random.Generator, columns: Float64, column: int) -> tuple[int, float, bool]:
    values = columns[:, column]
    distinct = np.unique(values)
    if len(distinct) <= 3:
        threshold = float(distinct[:-1].mean()) if len(distinct) > 1 else 0.5
    else:
        threshold = float(np.quantile(values, rng.uniform(0.3, 0.7)))
    return int(column), threshold, bool(rng.random() < 0.5)
