"""The hidden take-up function: P(takes up | offered), drawn from the seed, known to the simulator alone.

    logit p = level + person + appeal + pull * rules(person, programme) + latent(person, programme)

`appeal` is a programme's own: mostly what its publisher says (size, effort, form, category, words), a modest rest its
own. `rules` are random threshold rules over one to three conditions on traits, qualities and fresh moments. `latent`
is what cannot be observed: a few traits of the person, independent of everything observable, loaded by qualities of
the programme, and a liking of its own for every pair. The level and the spread of appeal are set on a pilot
population, so that the mean take-up and the share that popularity alone reaches are what the seed drew for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.synthetic.circumstances import TRAITS, Circumstances
from data.synthetic.offerings import Offerings
from data.synthetic.random_streams import RandomStreams, pair_normal
from features.arrays import Bool, Float64, Int64

LATENT_TRAITS = 3
LIKING = 0.35  # standard deviation, in logits, of what one person makes of one programme
PULLS = (1.0, 0.85, 0.7, 0.55)  # tried in turn, until popularity comes near the share that was drawn
NEAR = 0.015
SPREADS = (0.85, 1.9)  # bounds of the standard deviation of appeal over programmes, in logits
PULL = (0.75, 1.0)  # standard deviation of what the rules add, in logits
RULES = 26
POPULARITY_SHARE = (0.83, 0.87)  # of the reachable NDCG@5, what popularity alone reaches on the pilot
MEAN_TAKE_UP = (0.15, 0.22)
LOOKS = 10.0  # how many programmes somebody looks at on the board during the log, for what popularity will have counted
CROWD = 0.8  # how strongly the board shows what is popular
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)


@dataclass(frozen=True)
class Rule:
    """One threshold rule: adds `weight` where every condition is met.

    `traits` and `qualities` list (column, threshold, above) conditions on the person and on the programme; `fresh` is
    the threshold on how fresh the programme's moment of life is for the person, or 0 where the rule does not ask.
    """

    weight: float
    traits: tuple[tuple[int, float, bool], ...]
    qualities: tuple[tuple[int, float, bool], ...]
    fresh: float


@dataclass(frozen=True)
class TakeUp:
    """The function of one world over one catalogue."""

    salt: int
    level: float
    pull: float
    appeal: Float64
    person: Float64
    """Weights of the traits that shift a person's answers to everything."""
    rules: tuple[Rule, ...]
    centre: Float64
    """What the rules add to each programme on average, taken off again."""
    loadings: Float64
    """P x LATENT_TRAITS."""

    def observable(self, people: Circumstances, offered: Offerings) -> Float64:
        """The part of the logit that could be worked out from the log: m x P."""
        pulled = self.pull * (rule_sums(self.rules, people, offered) - self.centre)
        return np.asarray(self.level + self.appeal + (people.traits @ self.person)[:, None] + pulled)

    def latent(self, traits: Float64, person: Int64, programme: Int64) -> Float64:
        """The part that cannot be observed; `person` counts people in the whole world, `traits` has one row a pair."""
        own = LIKING * pair_normal(self.salt, person, programme)
        return np.asarray((traits * self.loadings[programme]).sum(axis=1) + own)

    def spread(self, programme: Int64) -> Float64:
        """The standard deviation of the latent part of pairs with these programmes."""
        return np.asarray(np.sqrt((self.loadings[programme] ** 2).sum(axis=1) + LIKING**2))


def expectation(observable: Float64, spread: Float64) -> Float64:
    """The expected probability of pairs over what is latent, which is normal on the logit: Gauss-Hermite quadrature."""
    total = np.zeros(len(observable))
    for node, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        total += weight * probability(observable + spread * node)
    return total


def probability(logit: Float64) -> Float64:
    """The probability of a logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def _conditions(columns: Float64, wanted: tuple[tuple[int, float, bool], ...]) -> Float64:
    met = np.ones(len(columns))
    for column, threshold, above in wanted:
        met *= (columns[:, column] > threshold) == above
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
    persons = np.column_stack([_conditions(people.traits, rule.traits) for rule in rules])
    programmes = np.column_stack([rule.weight * _conditions(offered.qualities, rule.qualities) for rule in rules])
    timeless = np.array([rule.fresh == 0 for rule in rules])
    total = persons[:, timeless] @ programmes[:, timeless].T
    if not timeless.all():
        freshness = timely(people, offered)
        for k in np.flatnonzero(~timeless):
            total += (freshness > rules[k].fresh) * persons[:, k, None] * programmes[:, k]
    return np.asarray(total)


def _draw_rule(rng: np.random.Generator, people: Circumstances, offered: Offerings, order: int) -> Rule:
    """A rule of one to three conditions, with thresholds where they split people and programmes."""
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


def _scaled(values: Float64) -> Float64:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


def _appeal(rng: np.random.Generator, offered: Offerings, candidates: Bool, meant: Bool) -> Float64:
    """What each programme is worth to anybody: size draws, effort and papers deter, then form, category and words.

    What is open to many is talked about and trusted; what cannot be ruled out for many and is meant for few is not
    asked for.
    """
    open_to = np.maximum(candidates.mean(axis=0), 1e-3)
    fitting = (meant & candidates).mean(axis=0) / open_to
    public = (
        rng.uniform(0.5, 0.8) * _scaled(offered.quality("size"))
        - rng.uniform(0.35, 0.6) * _scaled(offered.quality("effort"))
        - rng.uniform(0.1, 0.3) * _scaled(offered.quality("papers"))
        + rng.uniform(0.15, 0.35) * _scaled(offered.quality("plain"))
        + rng.uniform(0.35, 0.5) * _scaled(np.log(open_to))
        + rng.uniform(0.25, 0.4) * _scaled(fitting)
        + 0.3 * _scaled(rng.normal(size=int(offered.categories.max()) + 1)[offered.categories])
        + 0.2 * _scaled(rng.normal(size=int(offered.forms.max()) + 1)[offered.forms])
        + 0.2 * _scaled(offered.words @ rng.normal(size=offered.words.shape[1]))
    )
    return 0.93 * _scaled(public) + 0.37 * rng.normal(size=len(offered))


def latent_traits(chance: RandomStreams, people: int) -> Float64:
    """The unobservable traits of the people of a block: standard normal, independent of everything else."""
    return chance.stream("latent traits").normal(size=(people, LATENT_TRAITS))


@dataclass(frozen=True)
class Pilot:
    """A small population on one day, on which a world's constants are set: pairs of people and candidate programmes.

    `pairs` is m x P; everything else has one row a pair, in row order.
    """

    pairs: Bool
    person: Int64
    programme: Int64
    pulled: Float64
    """What traits and rules add to the logit."""
    spread: Float64
    """The standard deviation of what is latent."""
    latent: Float64
    aired: Float64
    """For each programme, the share of the log during which its rules are in force."""

    def dense(self, values: Float64) -> Float64:
        """One value a pair as m x P, below everything where there is no pair."""
        table = np.full(self.pairs.shape, -np.inf)
        table[self.person, self.programme] = values
        return table


def draw(
    chance: RandomStreams, people: Circumstances, offered: Offerings, candidates: Bool, meant: Bool, aired: Float64
) -> TakeUp:
    """The function of one seed over one catalogue, set on a pilot population.

    Args:
        chance: the world's.
        people: the pilot's circumstances.
        offered: the programmes.
        candidates: m x P, what the rules do not exclude.
        meant: m x P, what an office that knows everything would grant.
        aired: for each programme, the share of the log during which its rules are in force.
    """
    rng = chance.stream("take-up")
    orders = rng.choice([1, 2, 3], size=RULES, p=[0.08, 0.57, 0.35])
    rules = tuple(_draw_rule(rng, people, offered, int(order)) for order in orders)
    appeal, loadings = _appeal(rng, offered, candidates, meant), rng.normal(0, 0.16, (len(offered), LATENT_TRAITS))
    person = np.zeros(len(TRAITS))
    person[TRAITS.index("need")], person[TRAITS.index("distance")] = rng.uniform(0.2, 0.5), -rng.uniform(0.2, 0.5)
    share, mean, strength = rng.uniform(*POPULARITY_SHARE), rng.uniform(*MEAN_TAKE_UP), rng.uniform(*PULL)
    sums = rule_sums(rules, people, offered)
    centre = (sums * candidates).sum(axis=0) / np.maximum(candidates.sum(axis=0), 1)
    spread = float((sums - centre)[candidates].std()) if candidates.any() else 0.0
    world = TakeUp(chance.salt("liking"), 0.0, strength / max(spread, 1e-9), appeal, person, rules, centre, loadings)
    found, salt = world, int(rng.integers(2**32))
    for weaker in PULLS:
        start = replace(world, pull=world.pull * weaker)
        pilot = _pilot(start, people, sums, candidates, aired, np.random.default_rng(salt))
        found = _set(start, pilot, share, mean)
        if popularity_share(found, pilot) > share - NEAR:
            break
    return found


def _pilot(
    world: TakeUp, people: Circumstances, sums: Float64, candidates: Bool, aired: Float64, rng: np.random.Generator
) -> Pilot:
    person, programme = np.nonzero(candidates)
    pulled = world.pull * (sums - world.centre) + (people.traits @ world.person)[:, None]
    traits = rng.normal(size=(len(candidates), LATENT_TRAITS))
    return Pilot(
        candidates, person, programme, pulled[candidates], world.spread(programme),
        world.latent(traits[person], person, programme), aired,
    )  # fmt: skip


def _set(world: TakeUp, pilot: Pilot, share: float, mean: float) -> TakeUp:
    """Bisect how far appeal spreads, so that popularity reaches the drawn share of what is reachable."""
    low, high = SPREADS
    found = world
    for _ in range(9):
        middle = (low + high) / 2
        appeal = middle * world.appeal
        found = replace(world, appeal=appeal, level=_level(appeal[pilot.programme] + pilot.pulled, pilot.spread, mean))
        low, high = (low, middle) if popularity_share(found, pilot) > share else (middle, high)
    return found


def _level(logits: Float64, spread: Float64, mean: float) -> float:
    """The level at which the mean take-up is what was drawn (Newton; the latent part by its probit approximation)."""
    shrunk, level = 1 / np.sqrt(1 + np.pi * spread**2 / 8), 0.0
    for _ in range(25 if len(logits) else 0):
        p = probability((logits + level) * shrunk)
        level += float(np.clip((mean - p.mean()) / max(float((p * (1 - p)).mean()), 1e-6), -2, 2))
    return level


def popularity_share(world: TakeUp, pilot: Pilot) -> float:
    """NDCG@5 of ordering by how often each programme is taken up, as a share of ordering by what is reachable."""
    logits = world.level + world.appeal[pilot.programme] + pilot.pulled
    expected = expectation(logits, pilot.spread)
    taken = applications(expected, pilot)
    gain = pilot.dense(probability(logits + pilot.latent))
    popular = ndcg(gain, pilot.dense(taken[pilot.programme]))
    return popular / max(ndcg(gain, pilot.dense(expected)), 1e-9)


def applications(expected: Float64, pilot: Pilot) -> Float64:
    """How many of the pilot will have applied for each programme on a board that shows what is popular, once each."""
    count = pilot.pairs.shape[1]
    liked = np.bincount(pilot.programme, weights=expected, minlength=count) * pilot.aired
    weight = np.maximum(liked, 1e-6)[pilot.programme] ** CROWD
    shown = weight / np.bincount(pilot.person, weights=weight)[pilot.person]
    applied = 1 - np.exp(-LOOKS * shown * expected * pilot.aired[pilot.programme])
    return np.bincount(pilot.programme, weights=applied, minlength=count).astype(np.float64)


def ndcg(gain: Float64, score: Float64, places: int = 5) -> float:
    """Mean NDCG at five of everybody with more than one candidate (linear gain; Jarvelin and Kekalainen 2002).

    Both tables are m x P and hold -inf where a programme is no candidate.

    >>> ndcg(np.array([[1.0, 0.0, -np.inf]]), np.array([[0.1, 0.9, -np.inf]]))
    0.6309297535714575
    """
    listed = np.isfinite(gain).sum(axis=1) > 1
    gain, score = gain[listed], score[listed]
    if not len(gain):
        return 1.0
    places = min(places, gain.shape[1])
    discount = 1 / np.log2(np.arange(places) + 2)
    worth = np.where(np.isfinite(gain), gain, 0.0)
    reached = np.take_along_axis(worth, np.argsort(-score, axis=1, kind="stable")[:, :places], axis=1) @ discount
    ideal = -np.sort(-worth, axis=1)[:, :places] @ discount
    return float((reached / np.maximum(ideal, 1e-12)).mean())
