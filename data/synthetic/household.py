"""Households as first drawn: their kind, and the ages of those who live in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.random_streams import chosen
from data.synthetic.rates import Heads, Rates
from data.synthetic.residents import CITIZEN_AGE, SLOTS
from features.arrays import Bool, Float64, Int64


def _head_ages(rates: Rates, rng: np.random.Generator, kinds: Int64) -> Float64:
    ages = np.zeros(len(kinds))
    for number, heads in enumerate(rates.households.values()):
        rows = np.flatnonzero(kinds == number)
        ages[rows] = _ages(heads, rng, len(rows))
    return ages


def _ages(heads: Heads, rng: np.random.Generator, count: int) -> Float64:
    band = rng.choice(len(heads.first), size=count, p=heads.weights)
    width = heads.last[band] - heads.first[band]
    skew = np.where(heads.first[band] >= 80, rng.random(count) ** 2, rng.random(count))
    return np.asarray(heads.first[band] + width * skew)


@dataclass(frozen=True)
class Start:
    """Households as first drawn: kind by name, age and sex of the head, ages of the partner, children and elders."""

    kind: Int64
    head_age: Float64
    head_female: Bool
    partner_age: Float64
    child_ages: Float64
    """households x SLOTS, negative where there is no child."""
    at_home: Bool
    elder_ages: Float64
    """households x 2, negative where there is none."""

    @property
    def citizens(self) -> Int64:
        """How many citizens each household has."""
        grown = (self.at_home & (self.child_ages >= CITIZEN_AGE)).sum(axis=1)
        return np.asarray(1 + (self.partner_age > 0) + grown + (self.elder_ages > 0).sum(axis=1), np.int64)

    def take(self, rows: Int64) -> Start:
        """Some of the households."""
        return Start(
            self.kind[rows],
            self.head_age[rows],
            self.head_female[rows],
            self.partner_age[rows],
            self.child_ages[rows],
            self.at_home[rows],
            self.elder_ages[rows],
        )


ALONE, COUPLE, FAMILY, SINGLE_PARENT, THREE_GENERATIONS, GRANDPARENT, TOGETHER = range(7)


def _children(rng: np.random.Generator, kind: Int64, mother_age: Float64, parent: Bool) -> Float64:
    """Ages of the children of each household's head: spaced births, first at about thirty, earlier in older cohorts."""
    count = len(kind)
    first = np.maximum(rng.normal(np.where(mother_age > 60, 26.5, 30.5), 3.4, count), 19)
    wanted = rng.choice([0, 1, 2, 3, 4], size=count, p=[0.14, 0.34, 0.41, 0.09, 0.02])
    wanted = np.where(mother_age > 65, wanted + chosen(rng, kind, 0.7) + chosen(rng, kind, 0.3), wanted)
    wanted = np.where(parent, np.clip(wanted, 0, SLOTS), 0)
    spacing = np.cumsum(1.2 + rng.gamma(2.0, 0.9, (count, SLOTS)), axis=1)
    ages = mother_age[:, None] - first[:, None] - spacing + spacing[:, :1]
    ages[np.arange(SLOTS)[None, :] >= wanted[:, None]] = -1.0
    ages[spacing - spacing[:, :1] + first[:, None] > 44] = -1.0
    needs = np.isin(kind, [FAMILY, SINGLE_PARENT, THREE_GENERATIONS]) & (ages < 0).all(axis=1)
    ages[needs, 0] = rng.random(int(needs.sum())) * np.maximum(np.minimum(mother_age[needs] - 22, 27), 1)
    ages[kind == GRANDPARENT, 0] = rng.random(int((kind == GRANDPARENT).sum())) * 18
    return np.where(ages < 0, -1.0, ages)


def _at_home(rng: np.random.Generator, kind: Int64, ages: Float64) -> Bool:
    leaving = np.maximum(rng.normal(28.0, 5.0, ages.shape), 19)
    home = (ages >= 0) & (ages < leaving) & np.isin(kind, [FAMILY, SINGLE_PARENT, THREE_GENERATIONS])[:, None]
    last = np.where(ages >= 0, ages, 999.0).argmin(axis=1)
    rows = np.flatnonzero(np.isin(kind, [FAMILY, SINGLE_PARENT, THREE_GENERATIONS]) & ~home.any(axis=1))
    home[rows, last[rows]] = True
    home[kind == GRANDPARENT, 0] = True
    return home


def _start(rates: Rates, rng: np.random.Generator, count: int) -> Start:
    shares = np.array([heads.share for heads in rates.households.values()])
    kind = rng.choice(len(shares), size=count, p=shares / shares.sum())
    age = _head_ages(rates, rng, kind)
    female = chosen(
        rng,
        kind,
        np.select(
            [kind == ALONE, kind == SINGLE_PARENT, kind == GRANDPARENT],
            [np.where(age > 55, 0.62, 0.42), 0.76, 0.7],
            0.0,
        ),
    )
    partner = np.where(np.isin(kind, [COUPLE, FAMILY, THREE_GENERATIONS]), age - rng.normal(2.5, 2.5, count), 0.0)
    partner = np.where(kind == TOGETHER, age + rng.normal(0, 6, count), partner)
    partner = np.where(partner != 0, np.clip(partner, 19, 100), 0.0)
    married_once = np.select(
        [kind == ALONE, kind == TOGETHER], [np.interp(age, [30, 45, 60, 75], [0.0, 0.3, 0.8, 0.97]), 0.0], 1.0
    )
    parent = chosen(rng, kind, np.where(kind == GRANDPARENT, 0.0, married_once))
    mother_age = np.where(partner > 0, np.where(female, age, partner), age)
    ages = _children(rng, kind, mother_age, parent & (kind != TOGETHER))
    elder = np.full((count, 2), -1.0)
    three = np.flatnonzero(kind == THREE_GENERATIONS)
    elder[three, 0] = np.clip(age[three] + rng.normal(29, 4, len(three)), 50, 100)
    both = three[chosen(rng, three, 0.35)]
    elder[both, 1] = np.clip(elder[both, 0] + rng.normal(2.5, 2.5, len(both)), 50, 102)
    return Start(kind, age, female, partner, ages, _at_home(rng, kind, ages), elder)


def exactly(rates: Rates, rng: np.random.Generator, citizens: int) -> Start:
    """Households that hold exactly so many citizens: the last few live alone."""
    start = _start(rates, rng, max(int(citizens / 1.6), 8))
    inside = np.flatnonzero(np.cumsum(start.citizens) <= citizens)
    rest = citizens - int(start.citizens[inside].sum())
    spare = _start(rates, rng, 60 + 12 * rest)
    alone = np.flatnonzero(spare.kind == ALONE)[:rest]
    parts = (start.take(inside), spare.take(alone))
    return Start(*(np.concatenate([getattr(part, name) for part in parts]) for name in Start.__dataclass_fields__))
