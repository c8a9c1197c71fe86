"""Drawn rounds: the lists of a log in which chance decided what stood where among a few, as rounds of a logged bandit.

A list holds a draw where the log says with what chance each of m programmes stood in its place. Of m that were
shuffled each place is a round, for each programme had one chance in m of it; where a slot was filled, the slot alone
is. What is compared is which of them each order would have put there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float32, Float64, Int64
from recommender.offers.exploration import CERTAIN, MOST_TOGETHER
from training.policy.logged_bandit import LoggedBandit

if TYPE_CHECKING:
    from training.data.examples import Examples
    from training.data.labelled import WhatPassed

_SLACK: Final = 2
"""How far a logged chance may be from the one that was meant, in millionths: it is written rounded down."""


@dataclass(frozen=True)
class DrawnRounds:
    """n places that were drawn among at most A programmes.

    Attributes:
        rows: int64[n, A], which row of the examples each programme is, by their place in the catalogue; -1 where a draw
            is of fewer.
        stood: int64[n], which of them stood there.
        draw: int64[n], of which draw the place is, from 0.
    """

    rows: Int64
    stood: Int64
    draw: Int64

    def __len__(self) -> int:
        """How many places."""
        return len(self.stood)

    def bandit(self, examples: Examples, expected: Float64) -> LoggedBandit:
        """The places as rounds: what stood there, and whether it was taken up.

        Args:
            examples: whose rows these are.
            expected: float64[rows of examples], the chance that each is taken up, as one tells who never saw them.
        """
        there = self.rows >= 0
        shown = self.rows[np.arange(len(self)), self.stood]
        logged = there / there.sum(axis=1, keepdims=True)
        predicted = np.where(there, expected[self.rows], 0.0)
        return LoggedBandit(self.stood, examples.label[shown], logged, examples.person[shown], predicted)

    def policy(self, score: Float64) -> Float64:
        """What an order would have put there: float64[n, A], 1 for the greatest score; of equal ones a share each."""
        best = np.where(self.rows >= 0, score[self.rows], -np.inf)
        top = best == best.max(axis=1, keepdims=True)
        return np.asarray(top / top.sum(axis=1, keepdims=True))


def logged_chances(told: Iterable[WhatPassed], examples: Examples, codes: Int64) -> Float32:
    """With what chance each example stood in its place, in millionths, as the log says it; NaN where it does not.

    Args:
        told: what passed between people and programmes, each person in one part.
        examples: m rows made of it.
        codes: int64[P], identifier codes of the catalogue's programmes.
    """
    found = np.full(len(examples), np.nan, np.float32)
    said = [(part.places, part.happened[~np.isnan(part.happened.propensity)]) for part in told]
    logged = np.concatenate([
        np.empty((0, 3), np.int64),
        *(np.stack([places[one.person], one.time, one.programme], axis=1) for places, one in said),
    ])  # fmt: skip
    if not len(logged) or not len(examples):
        return found
    ours = np.stack([examples.person, examples.t, codes[examples.programme]], axis=1)
    _, place = np.unique(np.concatenate([logged, ours]), axis=0, return_inverse=True)
    at = np.full(int(place.max()) + 1, -1, np.int64)
    at[place[: len(logged)]] = np.arange(len(logged))
    known = at[place[len(logged) :]]
    found[known >= 0] = np.concatenate([one.propensity for _, one in said])[known[known >= 0]]
    return found


def drawn_rounds(examples: Examples, chances: Float32) -> DrawnRounds:
    """Find the draws of whole lists; a list of which not every place of every draw is logged tells nothing.

    Args:
        examples: m rows.
        chances: float32[m], as `logged_chances` tells them.
    """
    lists = examples.lists
    drawn = np.flatnonzero(chances < CERTAIN)
    drawn = drawn[np.lexsort((examples.position[drawn], lists[drawn]))]
    found: list[tuple[Int64, int, int]] = []
    many = 0
    for some in np.split(drawn, np.flatnonzero(np.diff(lists[drawn])) + 1):
        for draw in _draws(some, chances[some].astype(np.int64)):
            order = np.argsort(examples.programme[draw], kind="stable")
            among = np.r_[draw[order], np.full(MOST_TOGETHER - draw.size, -1)]
            shuffled = np.ptp(chances[draw]) <= _SLACK
            places = np.argsort(order)[: draw.size if shuffled else 1]
            found += [(among, at, many) for at in places.tolist()]
            many += 1
    rows, stood, of = zip(*found, strict=True) if found else ((), (), ())
    table = np.array(rows, np.int64).reshape(-1, MOST_TOGETHER)
    return DrawnRounds(table, np.array(stood, np.int64), np.array(of, np.int64))


def _draws(rows: Int64, chances: Int64) -> list[Int64]:
    """Split the drawn rows of one list, in the order of their places; nothing where they do not add up to draws."""
    found, begin = [], 0
    while begin < rows.size:
        many = round(CERTAIN / int(chances[begin]))
        draw = chances[begin : begin + many].tolist()
        # each place has the chance of a shuffle, or that of a place behind a slot (`recommender.offers.exploration`)
        fits = all(
            any(abs(chance - CERTAIN * one // many) <= _SLACK for one in ((1, after, many - after) if after else (1,)))
            for after, chance in enumerate(draw)
        )
        if not 2 <= many <= MOST_TOGETHER or len(draw) < many or not fits:
            return []
        found.append(rows[begin : begin + many])
        begin += many
    return found
