"""Canaries: people made up for an audit, put among others, each of whom wants something that no one else is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.value import UNKNOWN
from privacy.learning.audit import Claim, Evidence, Watched, judged
from privacy.request import Request
from privacy.spend import Spend
from recommender.ranking.attributes import NUMBERS
from recommender.ranking.scorer import Pairs, Scorer
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import All
from recommender.rules.window_rule import WindowRule
from training.data.examples import NOTHING_HIDDEN, Examples
from training.data.material import learning_showings
from training.data.ranking_dataset import RankingDataset
from training.rankers.private_ranker import learn, vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from features.snapshot import Snapshots
    from privacy.learning.noise import Noise
    from recommender.rules.programme import Programme
    from training.data.material import TrainingData
    from training.rankers.private_ranker import PrivateFit
    from training.rankers.schedules import TrainingPlan


SHOWN = 8
"""Lists of a canary: so many that its gradient is longer than any clip, however well its wishes were learned."""


_PLAIN: Final[dict[str, Any]] = {
    "who": MappingProxyType({"citizen": All(())}), "windows": (WindowRule("open_ended"),), "triggers": (),
}  # fmt: skip
"""It asks nothing and comes at no event, so that what is learned of it is learned of its category."""


@dataclass(frozen=True)
class Canaries:
    """Canaries and the catalogue they choose from.

    Canary i is shown a programme that no one else is, again and again. Every other one takes it up each time, and the
    others never: together they ask for nothing that others are shown. That programme is of a category of its own, so
    that most of a canary's gradient lies in what everybody wants of that category.

    Attributes:
        catalogue: with two programmes more for each canary; the second, never shown, makes the category one.
        first: the place of the first of them.
        count: how many canaries.
    """

    catalogue: Catalogue
    first: int
    count: int

    @classmethod
    def among(cls, catalogue: Catalogue, count: int) -> Canaries:
        """Widen a catalogue by so many canaries' programmes."""
        copies = tuple(_copied(catalogue, at, which) for at in range(count) for which in "ab")
        return cls(Catalogue((*catalogue.programmes, *copies)), len(catalogue), count)

    @property
    def shown(self) -> Int64:
        """Which programme each is shown."""
        return self.first + 2 * np.arange(self.count)

    @property
    def takes(self) -> Bool:
        """Which of them take it up."""
        return np.asarray(np.arange(self.count) % 2 == 0)

    @property
    def along(self) -> Float64:
        """Which way each one's gradient points: up where it takes up what it is shown, else down."""
        return np.where(self.takes, 1.0, -1.0)

    def columns(self, names: Sequence[str]) -> Int64:
        """The column of each canary's category among those of programmes, and the one of all: int64[count, 2].

        Weights of everybody stand first, so that they are also the places of these among all that a step releases.
        """
        at = {name: place for place, name in enumerate(names)}
        always = len(names) + len(NUMBERS)  # after a flag for each number
        return np.array([(at[f"category={_category(canary)}"], always) for canary in range(self.count)], dtype=np.int64)

    def directions(self, fit: PrivateFit, columns: Int64) -> Float64:
        """Where each one's gradient points in its two columns, and nobody else's does: float64[count, 2], of length 1.

        A programme is learned beside what is shown on average, so that everybody's gradient has a part in the column of
        a canary's category; what the average says of that, the column of all programmes takes off again.
        """
        middle = np.zeros(self.count) if fit.middle is None else fit.middle[columns[:, 0]]
        both = np.stack([np.ones(self.count), middle / fit.scorer.reading.scale[columns[:, 1]]], axis=1)
        return np.asarray(self.along[:, None] * both / np.linalg.norm(both, axis=1, keepdims=True))

    def added(self, lists: RankingDataset, unit: Int64, included: Bool) -> tuple[RankingDataset, Int64]:
        """People's lists and those of the canaries that are included, and whose each row is.

        Args:
            lists: at least one row; of canaries nothing is known.
            unit: int64[m], the privacy unit of each row.
            included: bool[count].
        """
        mine = self._examples(lists.examples, np.flatnonzero(included))
        together = Examples(*(
            np.concatenate([getattr(lists.examples, name), getattr(mine, name)])
            for name in Examples.__dataclass_fields__
        ))  # fmt: skip
        at = np.concatenate([lists.at, lists.at[-1] + 1 + np.arange(len(mine))])
        whose = np.concatenate([unit, unit.max() + 1 + mine.person - lists.examples.person.max()])
        people, nobody = lists.people, _unknown(lists.people, len(mine))
        known = replace(
            people,
            people=people.people + nobody.people,
            t=np.concatenate([people.t, nobody.t]),
            values=np.concatenate([people.values, nobody.values]),
        )
        return RankingDataset(together, known, at), whose

    def _examples(self, others: Examples, chosen: Int64) -> Examples:
        """The rows of the chosen canaries: lists of one, each at a time of its own."""
        rows = chosen.size * SHOWN
        label = np.repeat(self.takes[chosen], SHOWN)
        return Examples(
            person=others.person.max() + 1 + np.repeat(np.arange(chosen.size), SHOWN),
            t=others.t[0] + np.tile(np.arange(SHOWN), chosen.size),
            programme=np.repeat(self.shown[chosen], SHOWN),
            position=np.ones(rows, dtype=np.float32),
            channel=np.full(rows, others.channel[0], dtype=np.float32),
            label=label.astype(np.float64),
            opened=label,
            looked=np.ones(rows),
            weight=np.ones(rows),
            hidden=np.full(rows, NOTHING_HIDDEN, dtype=np.int64),
        )

    def wishes(self, scorer: Scorer, people: Snapshots) -> Float64:
        """How much more, or less, a released model scores a new programme of each canary's category than one of none.

        Returns float64[count]: the more, the more the canary is suspected.
        """
        new = Catalogue(tuple(_copied(self.catalogue, at, "new") for at in range(self.count + 1)))
        attributes = scorer.attributes(new, people.declaration)
        offered = Pairs(np.zeros(self.count + 1, dtype=np.int64), np.arange(self.count + 1))
        scores = scorer.score(_unknown(people, 1), attributes, offered).score
        return np.asarray((scores[:-1] - scores[-1]) * self.along)


def _category(canary: int) -> str:
    return f"~canary.{canary:05d}"  # sorts after every other


def _copied(catalogue: Catalogue, canary: int, name: str) -> Programme:
    own, category = f"{_category(canary)}-{name}", _category(canary)
    return replace(catalogue.programmes[0], id=own, category=category, **_PLAIN)


def _unknown(people: Snapshots, count: int) -> Snapshots:
    """Somebody of whom nothing is known, so many times."""
    return replace(
        people,
        people=people.people[:1] * count,
        t=np.repeat(people.t[:1], count),
        values=np.full((count, people.values.shape[1]), UNKNOWN),
        members=people.members[np.zeros(count, dtype=np.int64)],
    )


@dataclass(frozen=True)
class Trial:
    """What was seen in one run by two observers.

    Attributes:
        steps: of one who sees what steps start from, and what every step releases.
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
    counted = among.shown + np.where(among.takes, 0, len(among.catalogue))  # how often taken up, how often shown
    start = Watched.on(chosen.first.programmes, counted)
    columns = among.columns(vocabulary_of(among.catalogue, lists.people.declaration).names)
    steps = Watched.on(chosen.schedule, columns, advance)
    alone = replace(chosen, schedule=steps, first=chosen.first._replace(programmes=start))
    lesson = learn(shown, among.catalogue, alone, noise, unit=whose)
    along = among.directions(lesson, columns)
    released = judged(start.suspicion() + steps.suspicion(along), included, claim)
    model = judged(among.wishes(lesson.scorer, lists.people), included, claim)
    return Trial(released, model, np.unique(unit).size)


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
