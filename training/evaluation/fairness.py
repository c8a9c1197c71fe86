"""Fairness: whom each order of the programmes serves, group by group, with intervals over people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from recommender.rules.clause import Answer
from training.measures import SURE, places

if TYPE_CHECKING:
    from recommender.rules.people_group import PeopleGroup

FEWEST: Final = 30
"""Of a group of fewer people, or beside fewer others, no figure is given."""
STRATA: Final = 5
"""People are compared with people of like need: within so many parts of equal size, from least need to most."""
MEASURES: Final = ("reached", "recall", "exposure", "calibration")


class GroupGap(NamedTuple):
    """A figure of a group beside that of the rest, and the standard error of the difference over people."""

    inside: float
    rest: float
    error: float

    @property
    def gap(self) -> float:
        """How much higher the group's figure is."""
        return self.inside - self.rest

    def to_document(self) -> dict[str, float | None]:
        """As reports write it; None where there is no such figure."""
        figures = {"group": self.inside, "rest": self.rest, "gap": self.gap, "error": SURE * self.error}
        return {name: value if np.isfinite(value) else None for name, value in figures.items()}


def clustered_share(part: Float64, whole: Float64, person: Int64) -> tuple[float, float]:
    """The sum of `part` over that of `whole`, and its standard error where people, and not rows, are drawn by chance.

    >>> clustered_share(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([0, 1]))
    (0.5, 0.5)
    """
    _, place = np.unique(person, return_inverse=True)
    parts, wholes = np.bincount(place, part), np.bincount(place, whole)
    total, people = wholes.sum(), wholes.size
    if not total:
        return float("nan"), float("nan")
    share = parts.sum() / total
    spread = float(((parts - share * wholes) ** 2).sum()) * people / max(people - 1, 1)
    return float(share), spread**0.5 / float(total)


def share_gap(part: Float64, whole: Float64, person: Int64, answer: Int8) -> GroupGap:
    """The share of a group and of the rest: rows of people of whom `answer` is YES, and of whom it is NO."""
    (inside, one), (rest, other) = (
        clustered_share(part[rows], whole[rows], person[rows]) for rows in (answer == Answer.YES, answer == Answer.NO)
    )
    return GroupGap(inside, rest, (one * one + other * other) ** 0.5)


def equal_need_gap(value: Float64, need: Float64, answer: Int8) -> GroupGap:
    """The mean of a group and of the rest, as if both had everybody's needs (direct standardisation).

    Args:
        value: float64[n], of each person.
        need: float64[n], how much each needs; people are parted into `STRATA` by it.
        answer: int8[n], who is of the group and who of the rest.
    """
    edges = np.quantile(need, np.linspace(0, 1, STRATA + 1)[1:-1]) if need.size else np.zeros(0)
    stratum = np.searchsorted(edges, need, side="right")
    sides = [answer == Answer.YES, answer == Answer.NO]
    counts = np.array([np.bincount(stratum[side], minlength=STRATA) for side in sides])
    told = (counts > 1).all(axis=0)
    weight = np.bincount(stratum, minlength=STRATA) * told
    if not weight.sum():
        return GroupGap(float("nan"), float("nan"), float("nan"))
    weight = weight / weight.sum()
    means, variances = np.zeros((2, STRATA)), np.zeros((2, STRATA))
    for at, side in enumerate(sides):
        for part in np.flatnonzero(told):
            some = value[side & (stratum == part)]
            means[at, part], variances[at, part] = some.mean(), some.var(ddof=1) / some.size
    inside, rest = means @ weight
    return GroupGap(float(inside), float(rest), float((variances @ weight**2).sum() ** 0.5))


@dataclass(frozen=True)
class Entitlements:
    """What people can be offered, what of it is theirs by right, and who they are.

    Attributes:
        person: int64[m], ascending: whose each row is.
        due: float64[m]: what of it is due, weighed by its worth: 0 where nothing is. Where it is known who would take
            up what, times that chance.
        need: float64[m]: the chance that it is wanted and due, whatever it is worth; where nobody knows, whether it is
            due.
        answers: int8[people, G]: who is of which group.
    """

    person: Int64
    due: Float64
    need: Float64
    answers: Int8

    def first(self, score: Float64, k: int) -> Bool:
        """bool[m]: what an order puts among the first k of a list."""
        return np.asarray(places(self.person, score) < k)


@dataclass(frozen=True)
class Told:
    """What held-out people were offered and did: whose rows, what they did, and who they were then (int8[rows, G])."""

    person: Int64
    label: Float64
    answers: Int8


@dataclass(frozen=True)
class GroupFairness:
    """A group beside the rest: figures by order and measure; none of a small group.

    Attributes:
        group: which.
        people, rest, unknown: how many are of it, are not, and of how many the facts do not tell.
        figures: by order, then by measure.
    """

    group: PeopleGroup
    people: int
    rest: int
    unknown: int
    figures: Mapping[str, Mapping[str, GroupGap]]

    @property
    def suppressed(self) -> bool:
        """Whether the group or the rest is too small for any figure to be given."""
        return min(self.people, self.rest) < FEWEST

    def to_document(self) -> dict[str, Any]:
        """As reports write it; sizes below the limit are not told exactly either."""
        named = {"group": self.group.name, "label": self.group.label.to_document()}
        if self.suppressed:
            return {**named, "suppressed": True, "fewest": FEWEST}
        figures = {
            order: {name: gap.to_document() for name, gap in found.items()} for order, found in self.figures.items()
        }
        sizes = {"people": self.people, "rest": self.rest, "unknown": self.unknown}
        return {**named, "suppressed": False, **sizes, "orders": figures}


def fairness(
    groups: Sequence[PeopleGroup], owed: Entitlements, scores: Mapping[str, Float64], told: Told,
    predicted: Mapping[str, Float64], k: int = 5,
) -> tuple[GroupFairness, ...]:  # fmt: skip
    """How each order serves each group.

    `reached`: of the worth that is due, the share that stands in the first k of people's lists; `recall`: of what is
    wanted and due, the share that does, between people of like need; `exposure`: how much of the attention that the
    first place gets each thing that is due gets (Singh & Joachims 2018); `calibration`: the predicted less the observed
    share of offers that were taken up.

    Args:
        groups: in the order of the columns of the answers.
        owed: what is due to whom.
        scores: of the rows of `owed`, by order.
        told: what held-out people were offered.
        predicted: the chance of taking up each row of `told`, by order that has chances.
        k: how many places of a list count.
    """
    found: list[GroupFairness] = []
    gaps = {name: list(_of_order(owed, score, k)) for name, score in scores.items()}
    for column, group in enumerate(groups):
        mine = owed.answers[:, column]
        figures = {name: of_groups[column] for name, of_groups in gaps.items()}
        for name, chance in predicted.items():
            off = chance - told.label
            gap = share_gap(off, np.ones_like(off), told.person, told.answers[:, column])
            figures.setdefault(name, {})["calibration"] = gap
        people, rest, unknown = (int((mine == answer).sum()) for answer in (Answer.YES, Answer.NO, Answer.UNKNOWN))
        found.append(GroupFairness(group, people, rest, unknown, {} if min(people, rest) < FEWEST else figures))
    return tuple(found)


def _of_order(owed: Entitlements, score: Float64, k: int) -> Iterator[dict[str, GroupGap]]:
    """The gaps of each group in turn; where an order puts things is worked out once for all of them."""
    people, place = owed.answers.shape[0], places(owed.person, score)
    first = place < k
    need = np.bincount(owed.person, owed.need, people).astype(np.float64)
    wanting = need > 0
    recall = np.bincount(owed.person, owed.need * first, people)[wanting] / need[wanting]
    theirs = owed.due > 0
    attention, person = 1.0 / np.log2(place[theirs] + 2.0), owed.person[theirs]
    for answer in owed.answers.T:
        whose = answer[owed.person]
        yield {
            "reached": share_gap(owed.due * first, owed.due, owed.person, whose),
            "recall": equal_need_gap(recall, need[wanting], answer[wanting]),
            "exposure": share_gap(attention, np.ones_like(attention), person, whose[theirs]),
        }
