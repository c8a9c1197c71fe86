"""Who has heard of what: a state of person and programme that showings and neighbours change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.circumstances import Circumstances
from data.synthetic.dials import Dials
from data.synthetic.offerings import Offerings
from data.synthetic.random_streams import RandomStreams, pair_uniform
from data.synthetic.takeup import TakeUp, probability
from features.arrays import Bool, Float64, Int64
from features.calendar import DAY_SECONDS

_QUARTER = 91 * DAY_SECONDS
_FAR_FROM_SCREENS = 1.0  # how much less is heard of by those farthest from screens, in log-odds


def fame(chance: RandomStreams, offered: Offerings, dials: Dials) -> Float64:
    """How well known each programme is when the log begins, in log-odds: what most take up is most talked about."""
    rates = np.clip(offered.rates, 0.02, 0.98)
    known = np.log(rates / (1 - rates))
    rest = chance.stream("fame").normal(0, 0.6, len(offered))
    return np.asarray(np.log(dials.heard / (1 - dials.heard)) + 0.7 * (known - known.mean()) + rest)


@dataclass
class Awareness:
    """What the people of one block have heard of, and what the log lets one believe of that.

    Attributes:
        dials: of the world.
        salt: of the draws by pair.
        base: n x P, log-odds of having heard of a programme when the log begins.
        district: int64[n], where each person lives, numbered from 0.
        begin: the second at which the log begins.
        first: the number of the block's first person in the world.
        told: n x P, what somebody looked at on the board or asked for.
        missed: n x P, the chance of what the board showed to have been overlooked every time, given that it was never
            opened; 0 where it was.
        asked: districts x quarters x P, applications so far.
    """

    dials: Dials
    salt: int
    base: Float64
    district: Int64
    begin: int
    first: int
    told: Bool
    missed: Float64
    asked: Float64

    @classmethod
    def at_first(
        cls, chance: RandomStreams, takeup: TakeUp, offered: Offerings, people: Circumstances, home: Int64, span: Int64
    ) -> Awareness:
        """When the log begins: `home` is each person's district code, `span` (begin, end, first person's number)."""
        begin, end, first = span.tolist()
        less = _FAR_FROM_SCREENS * people.trait("distance")
        less = less + takeup.dials.vulnerable_heard * takeup.is_vulnerable(people)
        base = fame(RandomStreams(chance.seed), offered, takeup.dials) - (less - less.mean())[:, None]
        district = np.unique(home, return_inverse=True)[1].astype(np.int64)
        quarters = int((end - begin) // _QUARTER) + 2
        asked = np.zeros((int(district.max(initial=0)) + 1, quarters, len(offered)))
        none = np.zeros(base.shape, np.bool_)
        salt = RandomStreams(chance.seed).salt("heard of")
        return cls(takeup.dials, salt, base, district, begin, first, none, np.ones(base.shape), asked)

    def chance(self, person: Int64, t: Int64) -> Float64:
        """P(has heard of it, not counting the board) at each instant: m x P."""
        quarter = (t - self.begin) // _QUARTER
        before = np.concatenate([np.zeros_like(self.asked[:, :1]), self.asked.cumsum(axis=1)], axis=1)
        near = before[self.district[person], quarter]
        return probability(self.base[person] + self.dials.neighbours * np.log1p(near))

    def heard(self, person: Int64, t: Int64) -> Bool:
        """What each person has heard of at each instant: m x P."""
        programme = np.arange(self.base.shape[1])
        drawn = pair_uniform(self.salt, (person + self.first)[:, None], programme[None, :])
        return np.asarray(self.told[person] | (drawn < self.chance(person, t)), np.bool_)

    def believed(self, person: Int64, t: Int64) -> Float64:
        """P(has heard of it | the log): m x P; every showing may have been overlooked, unless it was opened."""
        return np.asarray(1 - (1 - self.chance(person, t)) * self.missed[person])

    def show(self, pairs: tuple[Int64, Int64], looked: Bool, opened: Bool, overlooked: Float64) -> None:
        """The board showed pairs of (person, programme); `overlooked` is P(did not look | did not open)."""
        np.logical_or.at(self.told, pairs, looked)
        np.multiply.at(self.missed, pairs, np.where(opened, 0.0, overlooked))

    def apply(self, person: Int64, programme: Int64, t: Int64) -> None:
        """People apply: they know it now, and their neighbours hear of it from the next quarter on."""
        self.told[person, programme], self.missed[person, programme] = True, 0.0
        np.add.at(self.asked, (self.district[person], (t - self.begin) // _QUARTER, programme), 1.0)
