"""From gated rows to an artefact, and from an artefact to its report: the main paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from privacy.gate import DataKind, Price, Request, Spend
from training import artefact
from training.evaluation import (
    Candidates,
    ColdStart,
    by_group,
    cold_start,
    groups_of,
    logistic_order,
    observed,
    order,
    popularity,
    standings,
    to_withhold,
)
from training.examples import APPLIED, OPENED
from training.material import candidates, learnable, learned_from, tellable, told_truth
from training.models import OBJECTIVES
from training.ranker import Lesson, Lists, Settings, choose, learn
from training.report import RANKER, Report

if TYPE_CHECKING:
    from recommender.forest import Forest
    from training.examples import Log
    from training.material import Material

Reals = NDArray[np.float64]

Tell = Callable[[str], None]
"""Says what is being done now; a front door shows it beside a progress bar."""


def request(settings: Settings) -> Request:
    """What a fit of LightGBM asks of the gate: rows without noise, at an infinite price."""
    return Request(f"{RANKER} ({settings.objective})", Spend.infinite())


def price(material: Material, settings: Settings) -> Price:
    """What a run would cost, without opening a row; raises Rejected where it would not be admitted."""
    return material.gate.price(request(settings))


@dataclass(frozen=True)
class Taught:
    """A run's outcome: what was learned, how it does on people it never saw, and what it cost."""

    lesson: Lesson
    report: Report
    kind: DataKind
    spend: Spend
    settings: Settings

    def figures(self) -> dict[str, float]:
        """The figures that are tracked: on validation people, then on held-out ones."""
        return {**self.lesson.figures, **self.report.figures()}

    def told(self) -> dict[str, Any]:
        """What the run was told, and what it was allowed to spend."""
        spend = {f"spend_{name}": value for name, value in self.spend.to_document().items()}
        return {**asdict(self.settings), **spend, "data_kind": self.kind.value}

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact."""
        origin = artefact.Provenance(run_id, trained_at, self.kind, self.spend, asdict(self.settings))
        return artefact.pack(self.lesson, self.report.to_document(), origin)


def train(material: Material, settings: Settings, compare: bool = False, tell: Tell = lambda _: None) -> Taught:
    """Learn from those who are not held out, then report on those who are.

    Args:
        material: rows behind their gate.
        settings: how to learn.
        compare: learn by every objective and keep the one that orders validation people best.
        tell: hears what is being done.

    Raises:
        Rejected: the gate does not admit a fit without noise to these rows; nothing was learned.
    """
    asked = request(settings)
    with material.gate.admit(asked) as log:
        tell("reading what people were shown")
        lists = learnable(material, log, settings.most_rows, settings.seed)
        tell("growing trees")
        ways = [replace(settings, objective=name) for name in OBJECTIVES] if compare else [settings]
        lesson, settings = choose([(learn(lists, material.catalogue, way), way) for way in ways])
        tell("judging held-out people")
        report = judged(material, log, lesson.forest, lists, settings)
    return Taught(lesson, report, material.gate.stamp.kind, asked.spend, settings)


def evaluate(
    material: Material, forest: Forest, settings: Settings, withhold: int = 0, tell: Tell = lambda _: None
) -> Report:
    """Report how a ranker does on held-out people, beside baselines learned from the others.

    Args:
        material: rows and, where there is one, the truth.
        forest: the ranker.
        settings: how programmes withheld to try a cold start are learned without.
        withhold: how many programmes to try as new; each costs a training run.
        tell: hears what is being done.

    Raises:
        Rejected: the gate does not admit exact figures about these rows, or the ranker has other features.
    """
    with material.gate.admit(Request("evaluation", Spend.infinite())) as log:
        tell("reading what people were shown")
        lists = learnable(material, log, settings.most_rows, settings.seed)
        tell("judging held-out people")
        report = judged(material, log, forest, lists, settings)
        tried = cold_starts(material, log, forest, lists, settings, withhold, tell)
    return replace(report, cold_starts=tried)


def judged(material: Material, log: Log, forest: Forest, lists: Lists, settings: Settings) -> Report:
    """Judge a ranker on held-out people, beside baselines learned from `lists`."""
    told = tellable(material, log, settings.most_rows, settings.seed)
    seen = observed(forest, told, material.catalogue)
    found = candidates(material, log)
    spoken = told_truth(material, found)
    people, pairs = len(found.people), len(found.pairs)
    if spoken is None:
        return Report({}, [], seen, people, pairs)
    some, truth = spoken
    standing = standings(some, _orders(material, log, forest, lists, some), truth)
    return Report(standing, by_group(groups_of(some.people), standing, RANKER), seen, people, pairs)


def _orders(material: Material, log: Log, forest: Forest, lists: Lists, some: Candidates) -> dict[str, Reals]:
    past, codes = learned_from(material, log), material.codes
    return {
        "popularity": popularity(past, codes, APPLIED)[some.pairs.programme],
        "views": popularity(past, codes, OPENED)[some.pairs.programme],
        "logistic": logistic_order(some, lists, material.catalogue, forest.vocabulary),
        RANKER: order(forest, some, material.catalogue),
    }


def cold_starts(
    material: Material, log: Log, forest: Forest, lists: Lists, settings: Settings, withhold: int, tell: Tell
) -> tuple[ColdStart, ...]:
    """Learn again without one programme after another, and rank it as if it had been published today."""
    spoken = told_truth(material, candidates(material, log)) if withhold else None
    if spoken is None:
        return ()
    some, truth = spoken
    trained = order(forest, some, material.catalogue)
    tried = []
    for at in to_withhold(some, popularity(learned_from(material, log), material.codes, APPLIED), withhold):
        name = material.catalogue.programmes[at].id
        tell(f"learning without {name}")
        new = learn(lists, material.catalogue, settings, withheld=(at,)).forest
        tried.append(cold_start(some, truth, order(new, some, material.catalogue), trained, at, name))
    return tuple(tried)
