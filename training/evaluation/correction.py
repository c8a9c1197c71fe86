"""Correction: boosts by group and kind of programme that close the gaps between groups at a stated price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Float64, Int64
from recommender.offers.order_correction import SIDES
from training.evaluation.fairness import FEWEST, Entitlements, share_gap
from training.measures import SURE


class CorrectionTerms(NamedTuple):
    """What a correction has to keep to.

    Attributes:
        most_gap: the most that a group's share of reached worth may differ from the rest's, after it.
        aim: the gap that is aimed at on the people it is chosen on, because others will differ.
        most_price: the largest share of all reached worth that it may cost.
        steps: how much one boost may add, in standard deviations of the scores.
        dislike: what each unit of a boost has to bring, in squared gaps: what brings less is taken for chance.
        rounds: how many boosts are tried to be added or taken back at most.
        k: how many places of a list count.
        together: whether a boost is also tried with all that the group has already raised a step, too.
    """

    most_gap: float = 0.02
    aim: float = 0.01
    most_price: float = 0.01
    steps: tuple[float, ...] = (0.25, 1.0, 3.0)
    dislike: float = 0.0005
    rounds: int = 60
    k: int = 5
    together: bool = False


@dataclass(frozen=True)
class Boosts:
    """What is added to the scores of programmes of a kind, for who is of a group or is not: never less than 0.

    Attributes:
        added: float64[G, 2, kinds], the second by `SIDES`.
        scale: what 1 is in scores.
    """

    added: Float64
    scale: float

    def applied(self, score: Float64, owed: Entitlements, kind: Int64) -> Float64:
        """The scores with what is added; somebody of whom a group is unknown gets nothing for it.

        Args:
            score: float64[m].
            owed: whose rows these are, and who they are.
            kind: int64[m], of each row's programme.
        """
        boosted = score.astype(np.float64)
        for group in range(self.added.shape[0]):
            whose = owed.answers[owed.person, group]
            for side, answer in enumerate(SIDES.values()):
                boosted += self.scale * self.added[group, side][kind] * (whose == answer)
        return boosted

    def to_rows(self, groups: Sequence[str], kinds: Sequence[str]) -> list[dict[str, Any]]:
        """Every boost as reports write it."""
        sides = tuple(SIDES)
        return [
            {"group": groups[g], "of": sides[side], "kind": kinds[k], "adds": float(self.added[g, side, k])}
            for g, side, k in zip(*np.nonzero(self.added), strict=True)
        ]

    def more(self, at: tuple[int, int, int], by: float) -> Boosts:
        """The same with one boost more, or one taken back."""
        added = self.added.copy()
        added[at] = max(added[at] + by, 0.0)
        return replace(self, added=added)


class Reach(NamedTuple):
    """What an order reaches: each group's gap to the rest, float64[G] (NaN: too small to tell), and all worth in it."""

    gaps: Float64
    errors: Float64
    total: float

    def price(self, before: Reach) -> float:
        """The share of all reached worth that is lost against another order; below 0 where more is reached."""
        return 1.0 - self.total / before.total if before.total else 0.0


def reach(owed: Entitlements, score: Float64, k: int) -> Reach:
    """What an order reaches of what is due."""
    first = owed.first(score, k)
    columns = [owed.answers[:, group] for group in range(owed.answers.shape[1])]
    told = [
        share_gap(owed.due * first, owed.due, owed.person, mine[owed.person])
        if min((mine == side).sum() for side in SIDES.values()) >= FEWEST
        else None
        for mine in columns
    ]
    gaps = np.array([np.nan if one is None else one.gap for one in told])
    errors = np.array([np.nan if one is None else one.error for one in told])
    return Reach(gaps, errors, float((owed.due * first).sum()))


class _Lists(NamedTuple):
    """People's lists side by side, as trying hundreds of boosts needs them; rows beyond a list's end are due nothing.

    Attributes:
        score, due: float64[n, longest].
        kind: int64[n, longest].
        sides: float64[G, 2, n]: who is of each group, and who is of the rest; nobody, where either is too few.
    """

    score: Float64
    due: Float64
    kind: Int64
    sides: Float64

    @classmethod
    def of(cls, owed: Entitlements, score: Float64, kind: Int64) -> _Lists:
        people = owed.answers.shape[0]
        length = np.bincount(owed.person, minlength=people)
        column = np.arange(owed.person.size) - np.repeat(np.cumsum(length) - length, length)
        shape, at = (people, max(int(length.max(initial=0)), 1)), (owed.person, column)
        filled = np.full(shape, -np.inf), np.zeros(shape), np.full(shape, -1)
        for table, values in zip(filled, (score, owed.due, kind), strict=True):
            table[at] = values
        sides = np.stack([side == owed.answers.T for side in SIDES.values()], axis=1).astype(np.float64)
        sides[sides.sum(axis=2).min(axis=1) < FEWEST] = 0.0
        return cls(*filled, sides)

    def reached(self, score: Float64, k: int) -> Reach:
        """What scores reach; of equal scores at the end of the first k all count."""
        first = score >= np.partition(score, -min(k, score.shape[1]), axis=1)[:, -min(k, score.shape[1])][:, None]
        got = (self.due * first).sum(axis=1)
        whole = self.sides @ self.due.sum(axis=1)
        share = np.divide(self.sides @ got, whole, out=np.zeros_like(whole), where=whole > 0)
        return Reach(share[:, 0] - share[:, 1], np.zeros(len(share)), float(got.sum()))

    def boosted(self, boosts: Boosts) -> Float64:
        """The scores with what is added."""
        score = self.score.copy()
        for group, side, kind in zip(*np.nonzero(boosts.added), strict=True):
            score += self.boost(group, side, kind) * (boosts.scale * boosts.added[group, side, kind])
        return score

    def boost(self, group: int, side: int, kind: int) -> Float64:
        """1 where a boost adds to a score."""
        return np.asarray(self.sides[group, side][:, None] * (self.kind == kind))


def choose_boosts(owed: Entitlements, score: Float64, kind: Int64, kinds: int, terms: CorrectionTerms) -> Boosts:
    """Choose boosts on some people, one after another, as long as they bring the groups nearer to each other.

    Each round looks at the groups whose gap is above what is aimed at, the worst first, and adds to, or takes back
    from, the one kind of programme that helps most for what it costs.

    Args:
        owed: what is due to these people.
        score: float64[m], the order that is corrected.
        kind: int64[m], of each row's programme.
        kinds: how many there are.
        terms: what is aimed at.
    """
    lists = _Lists.of(owed, score, kind)
    chosen = Boosts(np.zeros((owed.answers.shape[1], len(SIDES), kinds)), float(score.std()) or 1.0)
    at = before = lists.reached(lists.score, terms.k)
    now = _loss(before, before, chosen, terms)
    for _ in range(terms.rounds):
        for tries in _tries(chosen, at, kind, terms):
            reached = [lists.reached(lists.boosted(one), terms.k) for one in tries]
            losses = [_loss(there, before, one, terms) for there, one in zip(reached, tries, strict=True)]
            best = int(np.argmin(losses))
            if losses[best] < now - 1e-12:
                chosen, at, now = tries[best], reached[best], losses[best]
                break
        else:
            return chosen
    return chosen


def _tries(chosen: Boosts, at: Reach, kind: Int64, terms: CorrectionTerms) -> Iterator[list[Boosts]]:
    """For each group that is too far from the rest, the worst first, what could be done about it.

    A boost may push out what was raised before; so it is tried with all of that raised by as much, too.
    """
    for group in np.argsort(-np.abs(at.gaps)).tolist():
        if abs(at.gaps[group]) <= terms.aim:
            return
        behind = int(at.gaps[group] > 0)
        tries = list[Boosts]()
        for step in terms.steps:
            together = replace(chosen, added=chosen.added.copy())
            together.added[group, behind] += step * (chosen.added[group, behind] > 0)
            bases = [chosen, together] if terms.together and chosen.added[group, behind].any() else [chosen]
            tries += [one.more((group, behind, k), step) for one in bases for k in np.unique(kind).tolist()]
        ahead = np.flatnonzero(chosen.added[group, 1 - behind]).tolist()
        yield tries + [chosen.more((group, 1 - behind, k), -step) for k in ahead for step in terms.steps]


def _loss(at: Reach, before: Reach, boosts: Boosts, terms: CorrectionTerms) -> float:
    """How far the gaps are above what is aimed at, squared, what is above the price, and a little for every boost."""
    above = np.maximum(np.abs(at.gaps) - terms.aim, 0.0)
    dear = max(at.price(before) - terms.most_price / 2, 0.0)
    return float((above**2).sum()) + dear + terms.dislike * float(boosts.added.sum())


@dataclass(frozen=True)
class Correction:
    """An order before and after its correction, everybody by boosts that were chosen on other people.

    Attributes:
        order: the corrected order's name.
        groups, kinds: the names, in the order of the boosts.
        boosts: what would be added, chosen on everybody.
        before, after: what it reaches.
        people: how many it was judged on.
        others: figures of the order before and after beside the price, by name.
        knowing: what an order by exactly what is due reaches: where much is due to a group, it does not fit into so few
            places, and no order closes that gap but by showing others less than could be shown to them.
    """

    order: str
    groups: tuple[str, ...]
    kinds: tuple[str, ...]
    boosts: Boosts
    before: Reach
    after: Reach
    people: int
    others: Mapping[str, tuple[float, float]]
    knowing: Reach

    @property
    def price(self) -> float:
        """The share of all reached worth that the correction costs."""
        return self.after.price(self.before)

    def to_document(self) -> dict[str, Any]:
        """As reports write it."""
        before, after, errors = self.before.gaps.tolist(), self.after.gaps.tolist(), self.after.errors.tolist()
        knowing = self.knowing.gaps.tolist()
        told = [place for place in range(len(self.groups)) if not np.isnan(self.after.gaps[place])]
        return {
            "order": self.order, "people": self.people, "price": self.price,
            "gaps": [
                {"group": self.groups[at], "before": before[at], "after": after[at], "error": SURE * errors[at],
                 "knowing": knowing[at]}
                for at in told
            ],
            "others": {name: {"before": one, "after": other} for name, (one, other) in self.others.items()},
            "boosts": self.boosts.to_rows(self.groups, self.kinds),
        }  # fmt: skip
