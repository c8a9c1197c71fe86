"""Promotion: whether a challenger may take the champion's place, judged on the same held-out people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from recommender.rules.clause import Answer
from training.evaluation.drawn_values import POPULAR
from training.evaluation.evaluation_report import Report
from training.evaluation.judgement import evaluate_model
from training.evaluation.promotion_gate import (
    GateFigure,
    GateTerms,
    Says,
    calibration_says,
    groups_say,
    not_worse_says,
    order_says,
)
from training.evaluation.report_sections import by_answers, by_truth
from training.measures import SURE, losses, standard_error

if TYPE_CHECKING:
    from features.arrays import Float64, Int8, Int64
    from recommender.ranking.model import Model
    from training.data.material import TrainingData
    from training.evaluation.judged_rows import JudgedRows

NDCG: Final = "ndcg@5"
LOG_LOSS: Final = "held-out log-loss"
CALIBRATION: Final = "calibration"
DRAWN: Final = "taken up where a lot decided"
JUDGED: Final = "people held out when it learned"
WITHOUT: Final = "without a model"


@dataclass(frozen=True)
class Check:
    """One comparison.

    Attributes:
        name: of what.
        challenger, other: both figures.
        against: whose the other is.
        higher_is_better: which way round.
        error: how far chance may have moved the difference, at 95 %.
        says: what the gate says; None: that the challenger is not worse is enough.
        needed: whether a gate that cannot tell refuses.
    """

    name: str
    challenger: float
    against: str
    other: float
    higher_is_better: bool
    error: float | None = None
    says: Says | None = None
    needed: bool = True

    @property
    def passed(self) -> bool:
        """Whether this does not stand in the way."""
        if self.says is not None:
            return self.says == "passed" or (self.says == "cannot_tell" and not self.needed)
        better, worse = (self.challenger, self.other) if self.higher_is_better else (self.other, self.challenger)
        return better >= worse

    def to_document(self) -> dict[str, Any]:
        """As `promote --json` prints it."""
        said = {} if self.says is None else {"says": self.says, "error": self.error}
        return {
            "check": self.name, "passed": self.passed, "challenger": self.challenger, self.against: self.other, **said,
        }  # fmt: skip

    def __str__(self) -> str:
        """One line for people."""
        told = "" if self.error is None else f" (+/- {self.error:.6f})"
        state = "ok    " if self.passed else "FAILED"
        unsure = "; cannot tell" if self.says == "cannot_tell" else ""
        ours, other = (str(one) if isinstance(one, int) else f"{one:.6f}" for one in (self.challenger, self.other))
        figures = f"challenger {ours}, {self.against} {other}"
        return f"{state} {self.name}: {figures}{told}{unsure}"


def compare(material: TrainingData, challenger: Model, champion: Model | None) -> tuple[Check, ...]:
    """Judge both on the same held-out people; the first model of a home is compared with no model at all."""
    theirs = None if champion is None else evaluate_model(material, champion)
    return checks(evaluate_model(material, challenger), theirs, material)


def checks(challenger: Report, champion: Report | None, material: TrainingData) -> tuple[Check, ...]:
    """Everything a challenger has to show: against the champion or, for the first model, against popularity.

    Its order is better by more than chance (the first model's: not worse), against the truth where that is known and
    by what people took up where it is not; no declared group is worse by more than the margin; its probabilities are
    not worse, and as near to what happened as is demanded. Where chance decided what stood where among a few, it does
    not lose to popularity.
    """
    rows, terms = challenger.rows, GateTerms(**material.gate_terms)
    assert rows is not None, "what was just judged holds its rows"
    alone = _Compared.of(material, rows, rows, (challenger.ranker, "popularity"))
    mean = Check(LOG_LOSS, challenger.observed.log_loss, WITHOUT, challenger.observed.base_log_loss, False)
    found = [] if alone is None else alone.checks(WITHOUT, terms, first=True)
    if champion is not None:
        # of the order alone popularity is a floor for everybody; groups are held against the champion
        found = [*_beside(material, challenger, champion, terms), *found[:1]]
    found += _drawn(challenger)
    first = np.flatnonzero(~(rows.told.examples.position > 1))  # of which every kind of model says its chances
    predicted, label = rows.predicted[challenger.ranker][first], rows.told.examples.label[first]
    bias = _figure(_by_person(rows.told.examples.person[first], predicted - label))
    said = calibration_says(bias, terms)
    means = (float(predicted.mean()), "observed", float(label.mean())) if first.size else (0.0, "observed", 0.0)
    return (*found, mean, Check(CALIBRATION, *means, False, bias.error, said, needed=False))


def _beside(material: TrainingData, challenger: Report, champion: Report, terms: GateTerms) -> list[Check]:
    """What a challenger has to show against the champion."""
    rows, others = challenger.rows, champion.rows
    assert rows is not None, "what was just judged holds its rows"
    assert others is not None, "what was just judged holds its rows"
    people = _Compared.of(material, rows, others, (challenger.ranker, champion.ranker))
    found = [] if people is None else people.checks("champion", terms, first=False)
    figure = _figure(_losses(others, champion.ranker) - _losses(rows, challenger.ranker))
    losses = challenger.observed.log_loss, "champion", champion.observed.log_loss
    return [*found, Check(LOG_LOSS, *losses, False, figure.error, not_worse_says(figure), needed=False)]


def _drawn(challenger: Report) -> list[Check]:
    """Whether it does not lose to popularity where chance decided what stood where; nothing where it did nowhere."""
    if not challenger.drawn:
        return []
    ours, popular = challenger.drawn[challenger.ranker], challenger.drawn[POPULAR]
    values = [0.0 if one.value is None else one.value.value for one in (ours, popular)]
    error = None if ours.value is None else ours.gain.high - ours.gain.value
    return [Check(DRAWN, values[0], POPULAR, values[1], True, error, ours.says, needed=False)]


def far_fewer(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> tuple[Check, ...]:
    """Whether the challenger learned from half as many people as the champion, at least; nothing where it is not known.

    Who is held out is a share of all people, so the reports of both tell by those whom each was judged on when it
    learned.
    """
    people = [report.get("held_out", {}).get("people") for report in (challenger, champion)]
    if any(not isinstance(count, int) for count in people):
        return ()
    return (Check(JUDGED, people[0], "half the champion's", people[1] // 2, higher_is_better=True),)


@dataclass(frozen=True)
class _Compared:
    """Two orders' NDCG@5 of the same people, and who is of which group: float64[n] twice, int8[n, G]."""

    ours: Float64
    theirs: Float64
    answers: Int8
    names: tuple[str, ...]

    @classmethod
    def of(
        cls, material: TrainingData, rows: JudgedRows, beside: JudgedRows, orders: tuple[str, str]
    ) -> _Compared | None:
        """Both orders, against the truth where it is known, else by what was taken up; None where no list tells."""
        judge = by_answers if rows.truth is None else by_truth
        both = [judge(one) for one in (rows, beside)]
        if not both[0]:
            return None
        ours, theirs = both[0][orders[0]], both[1][orders[1]]
        if rows.truth is not None:
            answers = rows.owed.answers[ours.people]
        else:
            told = rows.answered
            _, row = np.unique(told.person, return_index=True)
            answers = told.answers[row[np.searchsorted(told.person[row], ours.people)]]
        names = tuple(group.name for group in material.groups)
        return cls(ours.values[NDCG], theirs.values[NDCG], answers, names)

    def checks(self, against: str, terms: GateTerms, *, first: bool) -> list[Check]:
        """Of the order as a whole, and of each declared group."""
        whole = _figure(self.ours - self.theirs)
        means = float(self.ours.mean()), against, float(self.theirs.mean())
        found = [Check(NDCG, *means, True, whole.error, order_says(whole, first=first))]
        members = {name: self.answers[:, at] == Answer.YES for at, name in enumerate(self.names)}
        figures = {name: _figure((self.ours - self.theirs)[some]) for name, some in members.items()}
        for name, said in groups_say(figures, terms).items():
            some = members[name]
            if not figures[name].known:  # of so few nothing is told, not even their means
                found.append(Check(f"{NDCG} of {name}", 0.0, against, 0.0, True, None, said, needed=False))
                continue
            both = float(self.ours[some].mean()), against, float(self.theirs[some].mean())
            found.append(Check(f"{NDCG} of {name}", *both, True, figures[name].error, said, needed=False))
        return found


def _figure(values: Float64) -> GateFigure:
    """The mean of independent values, and how far chance moves it."""
    if not values.size:
        return GateFigure(float("nan"), float("nan"), 0)
    return GateFigure(float(values.mean()), SURE * standard_error(values), values.size)


def _by_person(person: Int64, values: Float64) -> Float64:
    _, place = np.unique(person, return_inverse=True)
    return np.asarray(np.bincount(place, values) / np.bincount(place))


def _losses(rows: JudgedRows, name: str) -> Float64:
    """The mean log-loss of each person's offers."""
    return _by_person(rows.told.examples.person, losses(rows.told.examples.label, rows.predicted[name]))
