"""Canaries: people made up for an audit, put among others, each of whom wants something that no one else is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int64
from privacy.learning.audit import Claim, Directions, Evidence, Watched, judged
from privacy.request import Request
from privacy.spend import Spend
from recommender.ranking.scorer import Pairs, Scorer
from recommender.rules.catalogue import Catalogue
from training.data.examples import NOTHING_HIDDEN, Examples
from training.data.material import learning_showings
from training.data.ranking_dataset import RankingDataset
from training.rankers.private_ranker import learn

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.snapshot import Snapshots
    from privacy.learning.noise import Noise
    from recommender.rules.programme import Programme
    from training.data.material import TrainingData
    from training.rankers.schedules import TrainingPlan


SHOWN = 8
"""Lists of a canary: so many that its gradient is longer than any clip, however well its wishes were learned."""


@dataclass(frozen=True)
class Canaries:
    """Canaries and the catalogue they choose from.

    Canary i is shown two programmes that no one else is, again and again, and takes up the first each time. The two are
    copies of one programme, so that all its gradient lies in their own effects.

    Attributes:
        catalogue: with two programmes more for each canary.
        first: the place of the first of them.
        count: how many canaries.
    """

    catalogue: Catalogue
    first: int
    count: int

    @classmethod
    def among(cls, catalogue: Catalogue, count: int) -> Canaries:
        """Widen a catalogue by so many canaries' programmes."""
        like = catalogue.programmes[-1]
        copies = tuple(_copied(like, f"{at:05d}-{which}") for at in range(count) for which in "ab")
        return cls(Catalogue((*catalogue.programmes, *copies)), len(catalogue), count)

    @property
    def taken(self) -> Int64:
        """Which programme each takes up; the next one is what it leaves."""
        return self.first + 2 * np.arange(self.count)

    @property
    def directions(self) -> Directions:
        """Where among the programmes' own effects each canary's gradient lies: up for what it takes, else down."""
        return Directions(
            np.column_stack([self.taken, self.taken + 1]), np.tile([0.5**0.5, -(0.5**0.5)], (self.count, 1))
        )

    def added(self, lists: RankingDataset, unit: Int64, included: Bool) -> tuple[RankingDataset, Int64]:
        """People's lists and those of the canaries that are included, and whose each row is.

        Args:
            lists: at least one row; canaries are known as the person of the first.
            unit: int64[m], the privacy unit of each row.
            included: bool[count].
        """
        mine = self._examples(lists.examples, np.flatnonzero(included))
        together = Examples(*(
            np.concatenate([getattr(lists.examples, name), getattr(mine, name)])
            for name in Examples.__dataclass_fields__
        ))  # fmt: skip
        copies = np.zeros(len(mine) // 2, dtype=np.int64)
        at = np.concatenate([lists.at, lists.at[-1] + 1 + np.arange(len(mine)) // 2])
        whose = np.concatenate([unit, unit.max() + 1 + mine.person - lists.examples.person.max()])
        return RankingDataset(together, _extended(lists.people, copies), at), whose

    def _examples(self, others: Examples, chosen: Int64) -> Examples:
        """The rows of the chosen canaries: lists of two, each at a time of its own."""
        rows = chosen.size * SHOWN * 2
        taken = np.repeat(self.taken[chosen], SHOWN)
        return Examples(
            person=others.person.max() + 1 + np.repeat(np.arange(chosen.size), SHOWN * 2),
            t=np.repeat(others.t[0] + np.tile(np.arange(SHOWN), chosen.size), 2),
            programme=np.column_stack([taken, taken + 1]).ravel(),
            position=np.ones(rows, dtype=np.float32),
            channel=np.full(rows, others.channel[0], dtype=np.float32),
            label=np.tile([1.0, 0.0], rows // 2),
            opened=np.tile([True, False], rows // 2),
            looked=np.ones(rows),
            weight=np.ones(rows),
            hidden=np.full(rows, NOTHING_HIDDEN, dtype=np.int64),
        )

    def wishes(self, scorer: Scorer, people: Snapshots) -> Float64:
        """How much more a released model offers each canary what it would take up than the other: float64[count]."""
        attributes = scorer.attributes(self.catalogue, people.declaration)
        offered = np.column_stack([self.taken, self.taken + 1]).ravel()
        scores = scorer.score(people, attributes, Pairs(np.zeros(offered.size, dtype=np.int64), offered)).score
        return np.asarray(scores[0::2] - scores[1::2])


def _copied(programme: Programme, name: str) -> Programme:
    return replace(programme, id=f"~canary.{name}")  # sorts after every other id


def _extended(people: Snapshots, rows: Int64) -> Snapshots:
    return replace(
        people,
        people=people.people + tuple(people.people[row] for row in rows.tolist()),
        t=np.concatenate([people.t, people.t[rows]]),
        values=np.concatenate([people.values, people.values[rows]]),
    )


@dataclass(frozen=True)
class Trial:
    """What was seen in one run by two observers.

    Attributes:
        steps: of one who sees what every step releases.
        model: of one who sees the released model only, by what it scores.
        units: how many units there were beside the canaries.
    """

    steps: Evidence
    model: Evidence
    units: int

    @property
    def refuted(self) -> bool:
        """Whether either refutes the claim."""
        return self.steps.refutes or self.model.refutes

    def to_document(self) -> dict[str, Any]:
        """As the verb prints it."""
        seen = {"steps": self.steps.to_document(), "model": self.model.to_document()}
        return {**seen, "others": self.units, "refuted": self.refuted}


class AuditedRun(NamedTuple):
    """The run that is tried; `unit` int64[rows] says whose each row of `lists` is, `claim` what is said of the run."""

    lists: RankingDataset
    unit: Int64
    catalogue: Catalogue
    plan: TrainingPlan
    claim: Claim


def tried(
    run: AuditedRun, noise: Noise, coins: Noise, canaries: int = 1000, advance: Callable[[], object] = lambda: None
) -> Trial:
    """Train the private ranker once with canaries among the units, and see what can be inferred of who took part.

    Args:
        run: what others were shown (at least one row), how to learn, and what is claimed of it.
        noise: what the run draws from.
        coins: who of the canaries takes part.
        canaries: how many.
        advance: called after each step.
    """
    lists, unit, catalogue, chosen, claim = run
    among = Canaries.among(catalogue, canaries)
    included = coins.uniform(canaries) < 0.5
    shown, whose = among.added(lists, unit, included)
    watched = Watched.on(chosen.schedule, among.directions, advance)
    alone = replace(chosen, schedule=watched, loss="listwise")  # what two copies share cancels out of such a gradient
    lesson = learn(shown, among.catalogue, alone, noise, unit=whose)
    steps = judged(watched.suspicion(), included, claim)
    model = judged(among.wishes(lesson.scorer, lists.people), included, claim)
    return Trial(steps, model, np.unique(unit).size)


def among_people(
    material: TrainingData,
    chosen: TrainingPlan,
    claim: Claim,
    noise: Noise,
    canaries: int,
    advance: Callable[[], object],
) -> Trial:
    """The same among synthetic people, each a unit.

    Raises:
        Rejected: the people may be real; canaries are put among synthetic people only.
    """
    log = material.gate.admit(Request("privacy audit", Spend.infinite()))
    lists = learning_showings(material, log, _MOST, 0)
    run = AuditedRun(lists, lists.examples.person, material.catalogue, chosen, claim)
    return tried(run, noise, noise, canaries, advance)


_MOST = 200_000
