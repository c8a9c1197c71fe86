"""Private worlds: what the private ranker reaches in a named world, beside its twin, a tuned LightGBM and popularity.

Learned from as `proffer train --ranker private` does: of whoever agreed, whole households, within the bounds of a unit,
what is settled by the end of the log, at the part of epsilon that is left after units are counted. That their number is
not noised is all that differs. Every order is of the same rows, and is judged on the same people: those whom nobody
learns from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from data.synthetic.dials import named, worlds
from features.arrays import Float64
from features.log.interactions import APPLIED
from privacy.account import SYNTHETIC
from privacy.gate import Admission
from privacy.learning.noise import secure
from privacy.request import RunRequest
from privacy.unit import PrivacyUnit
from research import named_worlds
from training.data.admission import admitted
from training.data.material import TrainingData, learned_from, learning_showings
from training.data.ranking_dataset import Candidates
from training.evaluation.evaluation import order, popularity, standings
from training.measures import share_of_gap
from training.rankers.forest_ranker import ForestSettings
from training.rankers.private_ranker import learn, vocabulary_of
from training.rankers.schedules import Learner, TrainingPlan, plan
from training.runs.private_run import UnitLists, lists_of, stages

Tell = Callable[[str], None]

MONTHS: Final = 36
PEOPLE: Final = 8_000
EVERY: Final = "all"
"""Names all worlds at once."""


@dataclass(frozen=True)
class PrivateWorld:
    """NDCG@5 of each order in one world.

    Attributes:
        world: its name.
        units: how many households were learned from.
        judged: how many people were judged.
        ndcg: by order.
        seconds: of processor time, by what was done; people are made by other processes, which are not in it.
    """

    world: str
    units: int
    judged: int
    ndcg: Mapping[str, float]
    seconds: Mapping[str, float]

    @property
    def gap(self) -> float:
        """The private ranker's share of the way from popularity to reachable; below 0 where it is below popularity."""
        return share_of_gap(self.ndcg["private"], self.ndcg["popularity"], self.ndcg["reachable"]) or 0.0

    def row(self) -> dict[str, object]:
        """A line of the table."""
        figures = {order: f"{found:.3f}" for order, found in self.ndcg.items()}
        share = f"{100 * self.gap:.0f} %" if self.gap > 0 else "below popularity"
        return {"world": self.world, "households": self.units, **figures, "share": share}


def measure(
    progress: Tell, world: str, people: int, request: RunRequest, beside: Learner | None = None
) -> dict[str, Any]:
    """Judge every order in one named world, or in every one of them.

    Args:
        progress: takes a line about what begins.
        world: its name, or `all`.
        people: how many citizens each world has.
        request: at which epsilon and delta.
        beside: another learner, with and without noise, beside the one that ships.
    """
    found = []
    for name in worlds() if world == EVERY else [named(world).name]:
        progress(f"{name}: making {people:,} people")
        with named_worlds.made(name, people, MONTHS) as data:
            found.append(judged(name, data, request, progress, beside))
        progress(f"{name}: {found[-1].row()} {found[-1].seconds}")
    mean = {order: sum(one.ndcg[order] for one in found) / len(found) for order in found[0].ndcg}
    ours = mean.pop("private")
    return {
        "name": "private",
        "work": f"{len(found)} worlds of {people:,} people x {MONTHS} months, seed {named_worlds.SEED}, "
        f"epsilon {request.epsilon}, delta {request.delta}",
        "unit": "NDCG@5, on average", "ours": ours, "peers": mean,
        "ratio": {peer: ours / value for peer, value in mean.items()}, "equal_results": True,
        "details": [one.row() for one in found],
    }  # fmt: skip


def asked(epsilon: Decimal, delta: Decimal) -> RunRequest:
    """A run on people who do not exist."""
    return RunRequest(SYNTHETIC, PrivacyUnit.HOUSEHOLD, epsilon, delta, "offers", "nobody in particular")


def judged(
    name: str, data: TrainingData, request: RunRequest, progress: Tell, beside: Learner | None = None
) -> PrivateWorld:
    """Learn every order of what a private run would read, and judge them on people it holds out."""
    log, some, truth = named_worlds.judged_by(data)
    told = admitted(log.history, Admission(request), data.hold_out, until=data.end)
    found = lists_of(data, told, held_out=False)
    terms = found.units, stages(request).left, request.delta, len(data.catalogue.programmes)
    chosen = plan(*terms)
    works: dict[str, Callable[[], Float64]] = {
        "popularity": lambda: popularity(learned_from(data, told), data.codes, APPLIED)[some.pairs.programme],
        "private": lambda: learned_scores(data, found, chosen, some),
        "without noise": lambda: learned_scores(data, found, chosen.without_noise(), some),
        "tuned LightGBM": lambda: named_worlds.tuned_order(
            learning_showings(data, told, ForestSettings().most_rows, named_worlds.SEED), some, data.catalogue,
            vocabulary_of(data.catalogue, found.lists.people.declaration),
        ),
    }  # fmt: skip
    if beside is not None:
        other = plan(*terms, learner=beside)
        works[beside] = lambda: learned_scores(data, found, other, some)
        works[f"{beside} without noise"] = lambda: learned_scores(data, found, other.without_noise(), some)
    orders, seconds = dict[str, Float64](), dict[str, float]()
    for what, work in works.items():
        progress(f"{name}: {what}, of {found.units:,} households")
        begun = time.process_time()
        orders[what] = work()
        seconds[what] = round(time.process_time() - begun, 1)
    ranked = standings(some, orders, truth)
    ndcg = {order: ranked[order].mean for order in (*works, "reachable")}
    return PrivateWorld(name, found.units, int(ranked["private"].lists.size), ndcg, seconds)


def learned_scores(data: TrainingData, found: UnitLists, chosen: TrainingPlan, some: Candidates) -> Float64:
    """Scores by the ranker that a plan gives."""
    return order(learn(found.lists, data.catalogue, chosen, secure(), unit=found.unit).scorer, some, data.catalogue)
