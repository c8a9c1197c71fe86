"""Drawing the take-up function of a seed: its parts from the dials, the level of each programme on a pilot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.synthetic.circumstances import TRAITS, Circumstances
from data.synthetic.dials import Dials
from data.synthetic.offerings import Offerings
from data.synthetic.random_streams import RandomStreams
from data.synthetic.takeup import LATENT_TRAITS, SHARPNESS, Situation, TakeUp, exposure, probability
from data.synthetic.taste_rules import draw_rules, rule_sums
from features.arrays import Bool, Float64, Int64

LOOKS = 10.0  # how many programmes somebody looks at on the board during the log, for what popularity will have counted
_ROUNDS = 40  # of Newton's method, which is exact long before


@dataclass(frozen=True)
class Pilot:
    """A small population on one day, on which a world's constants are set.

    `candidates` is what the rules do not exclude, `sure` what they grant by what is known, `meant` what an office that
    knows everything would grant (m x P).
    """

    at: Situation
    candidates: Bool
    sure: Bool
    meant: Bool

    @property
    def meant_for(self) -> Float64:
        """The share of undecided candidates for whom each programme is meant; a half where there is none."""
        undecided = self.candidates & ~self.sure
        return np.asarray(((self.meant & undecided).sum(axis=0) + 1) / (undecided.sum(axis=0) + 2))

    @property
    def weights(self) -> Float64:
        """The pairs on which the level of each programme is set: those it is meant for; where it is for none, all."""
        for_whom = self.meant & self.candidates
        some = np.where(for_whom.any(axis=0), for_whom, self.candidates)
        return np.asarray(np.where(some.any(axis=0), some, True), np.float64)


def scaled(values: Float64) -> Float64:
    """Values with mean 0 and spread 1, or all 0."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


def targets(rng: np.random.Generator, offered: Offerings, dials: Dials) -> Float64:
    """What share of those a programme is meant for takes one offer up: its kind's rate, spread within the kind.

    A published rate counts who took up at any time, so it is what `looks` offers together bring.
    """
    once = 1 - (1 - np.clip(offered.rates, 0.01, 0.99)) ** (1 / dials.looks)
    public = (
        scaled(offered.quality("size"))
        - 0.7 * scaled(offered.quality("effort"))
        - 0.4 * scaled(offered.quality("papers"))
        + 0.4 * scaled(offered.quality("plain"))
        + 0.4 * scaled(rng.normal(size=int(offered.categories.max()) + 1)[offered.categories])
        + 0.4 * scaled(offered.words @ rng.normal(size=offered.words.shape[1]))
    )
    own = rng.normal(size=len(offered))
    spread = np.sqrt(1 - dials.own_appeal) * scaled(public) + np.sqrt(dials.own_appeal) * own
    return probability(np.log(once / (1 - once)) + dials.appeal * spread)


def draw(chance: RandomStreams, pilot: Pilot, offered: Offerings, dials: Dials, turned: int) -> TakeUp:
    """The function of one seed over one catalogue, set on a pilot population; taste turns at the second `turned`."""
    rng = chance.stream("take-up")
    people, wanted = pilot.at.people, targets(rng, offered, dials)
    rules = draw_rules(rng, people, offered, dials)
    sums = rule_sums(rules, people, offered)
    centred = sums - (sums * pilot.weights).sum(axis=0) / pilot.weights.sum(axis=0)
    spread = float(np.sqrt((centred**2 * pilot.weights).sum() / pilot.weights.sum()))
    person = np.zeros(len(TRAITS))
    person[TRAITS.index("need")], person[TRAITS.index("distance")] = rng.uniform(0.2, 0.5), -rng.uniform(0.2, 0.5)
    own = _own(rng, people, offered, dials)
    amount, found = dials.break_size, exposure(people)
    cut = float(np.quantile(found, 1 - dials.vulnerable)) if len(found) else np.inf
    world = TakeUp(
        dials, chance.salt("liking"), np.zeros(len(offered)), dials.pull / max(spread, 1e-9), person, rules, own,
        people.traits.mean(axis=0), loadings(rng, offered, dials), rng.choice(SHARPNESS, len(offered)),
        rng.uniform(0, 365.25, len(offered)), amount * rng.normal(size=len(offered)),
        own + amount * (_own(rng, people, offered, dials) - own), turned, hardness(offered), cut,
        pilot.meant_for,
    )  # fmt: skip
    return replace(world, level=levels(world, pilot, offered, wanted))


def _own(rng: np.random.Generator, people: Circumstances, offered: Offerings, dials: Dials) -> Float64:
    """Each programme's own weights, so that they spread a person's wants by the dial: P x traits."""
    spread = np.maximum(people.traits.std(axis=0), 1e-9) if len(people.traits) else np.ones(len(TRAITS))
    weights = rng.normal(size=(len(offered), len(TRAITS))) / spread
    return np.asarray(dials.own_taste / np.sqrt(len(TRAITS)) * weights)


def loadings(rng: np.random.Generator, offered: Offerings, dials: Dials) -> Float64:
    """How programmes load the latent traits: those of one category mostly alike."""
    shared = rng.normal(size=(int(offered.categories.max()) + 1, LATENT_TRAITS))[offered.categories]
    own = rng.normal(size=(len(offered), LATENT_TRAITS))
    return np.asarray(dials.latent / np.sqrt(LATENT_TRAITS) * (0.9 * shared + 0.44 * own))


def hardness(offered: Offerings) -> Float64:
    """How embarrassing and laborious it is to ask for each programme, about 0."""
    return scaled(scaled(offered.quality("shame")) + scaled(offered.quality("effort")))


def levels(world: TakeUp, pilot: Pilot, offered: Offerings, wanted: Float64) -> Float64:
    """The level of each programme at which the pilot's take-up is what is wanted: float64[P].

    Newton's method on all programmes at once; the latent part by its probit approximation.
    """
    logits, weight = world.observable(pilot.at, offered), pilot.weights
    shrink = 1 / np.sqrt(1 + np.pi * world.spread(np.arange(len(offered))) ** 2 / 8)
    level = np.zeros(len(offered))
    for _ in range(_ROUNDS if len(logits) else 0):
        p = probability((logits + level) * shrink)
        mean = (p * weight).sum(axis=0) / weight.sum(axis=0)
        slope = (p * (1 - p) * weight).sum(axis=0) / weight.sum(axis=0) * shrink
        level += np.clip((wanted - mean) / np.maximum(slope, 1e-4), -1, 1)
    return level


def applications(expected: Float64, pilot: Pilot, aired: Float64, crowd: float) -> Float64:
    """How many of the pilot will have applied for each programme on a board that shows what is popular, once each.

    `expected` is m x P, 0 where there is no candidate; `aired` the share of the log in which a programme is in force.
    """
    weight = np.where(pilot.candidates, np.maximum(expected.sum(axis=0) * aired, 1e-6) ** crowd, 0.0)
    shown = weight / np.maximum(weight.sum(axis=1), 1e-9)[:, None]
    return np.asarray((1 - np.exp(-LOOKS * shown * expected * aired)).sum(axis=0))


def familiar_to(applied: Bool, categories: Int64) -> Float64:
    """The root of how many programmes of each category people applied for: m x categories, of m x P."""
    each = np.eye(int(categories.max()) + 1)[categories]
    return np.asarray(np.sqrt(applied.astype(np.float64) @ each))
