"""The hidden take-up function: P(takes up | offered), known to the simulator alone.

    logit p = level + person + pull * rules(person, programme) + own taste + timing + season + habit
              - stigma + turn of taste + latent(person, programme)

`level` is a programme's own, set so that those it is meant for take one offer up as often as its kind's published rate
says (take_up_kinds.yaml). `latent` is what no record of circumstances shows: a few traits of the person, loaded by
category and programme, which only answers betray, and a liking of its own for every pair. What each part weighs is a
dial of the world (`data.synthetic.dials`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.circumstances import Circumstances
from data.synthetic.dials import Dials
from data.synthetic.months import day_at
from data.synthetic.offerings import Offerings
from data.synthetic.random_streams import RandomStreams, pair_normal
from data.synthetic.taste_rules import Rule, rule_sums, timely
from features.arrays import Float64, Int64

LATENT_TRAITS = 3
SHARPNESS = np.array([1.0, 2.0, 4.0])
"""How fast what a moment adds fades: `timely` to one of these powers, by programme."""
HORIZON_DAYS = 60.0
"""How long somebody who is not offered a programme has to come by themselves, for P(takes up | not offered)."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)


@dataclass(frozen=True)
class Situation:
    """Some people at some instants: circumstances, the instants (UTC seconds), and what they did before.

    `familiar` is m x categories: the root of how many programmes of a category the person has applied for.
    """

    people: Circumstances
    t: Int64
    familiar: Float64


@dataclass(frozen=True)
class TakeUp:
    """The function of one world over one catalogue."""

    dials: Dials
    salt: int
    level: Float64
    pull: float
    person: Float64
    """Weights of the traits that shift a person's answers to everything."""
    rules: tuple[Rule, ...]
    own: Float64
    """P x traits: each programme's own weights, about the traits' `middle`."""
    middle: Float64
    loadings: Float64
    """P x LATENT_TRAITS."""
    sharpness: Float64
    """P: powers of `timely`."""
    peak: Float64
    """P: the day of the year on which a programme is wanted most."""
    turn: Float64
    """P: what is added from `turned` on."""
    own_turned: Float64
    """P x traits: own weights from `turned` on."""
    turned: int
    """The UTC second at which taste turns."""
    hard: Float64
    """P: how embarrassing and laborious it is to ask, about 0."""
    cut: float
    """Whose `exposure` is above it is served badly."""
    meant: Float64
    """P: the share of those the rules leave open whom an office would grant it."""

    def observable(self, at: Situation, offered: Offerings) -> Float64:
        """The part of the logit that could be worked out from the log: m x P."""
        people, dials = at.people, self.dials
        total = self.level + (people.traits @ self.person)[:, None]
        total = total + self.pull * rule_sums(self.rules, people, offered)
        late = (at.t >= self.turned)[:, None]
        centred = people.traits - self.middle
        total += np.where(late, self.turn + centred @ self.own_turned.T, centred @ self.own.T)
        total += dials.timing * timely(people, offered) ** self.sharpness
        day = (day_at(at.t) % 365.25)[:, None]
        total += dials.season * np.cos(2 * np.pi * (day - self.peak) / 365.25)
        total += dials.habit * at.familiar[:, offered.categories]
        total -= dials.stigma * seen(people)[:, None] * offered.quality("shame")
        total += dials.vulnerable_need * self.is_vulnerable(people)[:, None] * self.hard
        return np.asarray(total)

    def is_vulnerable(self, people: Circumstances) -> Float64:
        """Whether the board serves each person badly: float64[m], 0 or 1."""
        return np.asarray(exposure(people) > self.cut, np.float64)

    def latent(self, traits: Float64, person: Int64, programme: Int64) -> Float64:
        """The part that cannot be observed; `person` counts people in the whole world, `traits` has one row a pair."""
        own = self.dials.liking * pair_normal(self.salt, person, programme)
        return np.asarray((traits * self.loadings[programme]).sum(axis=1) + own)

    def spread(self, programme: Int64) -> Float64:
        """The standard deviation of the latent part of pairs with these programmes."""
        return np.asarray(np.sqrt((self.loadings[programme] ** 2).sum(axis=1) + self.dials.liking**2))

    def unasked(self, offered_probability: Float64, heard: Float64) -> Float64:
        """P(takes up | not offered) within HORIZON_DAYS: somebody has heard of it and comes by themselves."""
        return unasked(offered_probability, heard, self.dials.own_visits)


def unasked(probability_: Float64, heard: Float64, own_visits: float) -> Float64:
    """P(takes up | not offered): one who has heard of it comes unasked at a Poisson rate, and asks as if offered.

    >>> float(unasked(np.array([0.5]), np.array([1.0]), 0.0)[0])
    0.0
    """
    return np.asarray(heard * -np.expm1(-own_visits * HORIZON_DAYS / 365.25 * probability_))


def exposure(people: Circumstances) -> Float64:
    """How badly the board serves people: far from screens, poor, ill or disabled."""
    return np.asarray(people.trait("distance") + 0.6 * people.trait("need") + 0.4 * people.trait("frail"))


def seen(people: Circumstances) -> Float64:
    """How much asking is seen by others, 0..1: most in the country and among the settled."""
    return np.asarray(np.clip(0.4 + 0.35 * people.trait("rural") + 0.25 * people.trait("rooted"), 0, 1))


def expectation(observable: Float64, spread: Float64) -> Float64:
    """The expected probability of pairs over what is latent, which is normal on the logit: Gauss-Hermite quadrature."""
    total = np.zeros(observable.shape)
    for node, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        total += weight * probability(observable + spread * node)
    return total


def probability(logit: Float64) -> Float64:
    """The probability of a logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def shrunk(logit: Float64, spread: Float64 | float) -> Float64:
    """`expectation` by its probit approximation (MacKay 1992, eq. 10), to within .01."""
    return probability(logit / np.sqrt(1 + np.pi * np.square(spread) / 8))


def latent_traits(chance: RandomStreams, people: int) -> Float64:
    """The unobservable traits of the people of a block: standard normal, independent of everything else."""
    return chance.stream("latent traits").normal(size=(people, LATENT_TRAITS))
