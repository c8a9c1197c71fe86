"""A person's year: which pairs count, and what was offered in time."""

from __future__ import annotations

import pytest

from recommender.changes.offer_state import OfferState, WindowState
from recommender.rules.clause import Answer
from recommender.rules.window import OPEN, UPCOMING
from research.contact_year import IN_TIME, OURS, POPULAR, YearLife

LAST = 400


def state(closes, amount=(100, 300), window=OPEN):
    return OfferState(Answer.YES, WindowState(window, None, closes, None), amount, held=False, apart=False)


@pytest.mark.parametrize(
    ("one", "unmeasured"),
    [
        (state(None), {"t.a"}),
        (state(LAST + 1), {"t.a"}),
        (state(300, amount=None), {"t.a"}),
        (state(300, window=UPCOMING), set()),
    ],
    ids=["no end", "ends later", "no amount", "not open yet"],
)
def test_what_states_no_sum_or_does_not_close_within_the_year_is_no_pair(one, unmeasured):
    life = YearLife()
    life.look({"t.a": one}, 10, LAST)
    assert (life.pairs, life.unmeasured) == ({}, unmeasured)


def test_a_pair_is_worth_the_middle_and_counts_where_it_stands_until_it_had_to_be_offered():
    life = YearLife()
    life.look({"t.a": state(100), "t.b": state(300)}, 10, LAST)
    life.look({"t.b": state(300)}, 100 - IN_TIME, LAST)
    pairs = {name: pair for (name, _), pair in life.pairs.items()}
    assert (pairs["t.b"].value, pairs["t.b"].counts, pairs["t.a"].counts) == (200, True, False)


@pytest.mark.parametrize(
    ("known", "told", "in_time"), [(10, 86, True), (10, 87, False), (95, 96, True), (95, 97, False)]
)
def test_in_time_is_fourteen_days_before_the_end_or_a_day_after_it_is_known(known, told, in_time):
    life = YearLife()
    life.look({"t.a": state(100)}, known, LAST)
    life.tell(OURS, ["t.a"], told)
    (pair,) = life.pairs.values()
    assert (pair.in_time(OURS), pair.in_time(POPULAR)) == (in_time, False)


def test_what_was_told_before_it_was_a_yes_offers_nothing():
    life = YearLife()
    life.tell(OURS, ["t.a"], 5)
    life.look({"t.a": state(100)}, 10, LAST)
    (pair,) = life.pairs.values()
    assert not pair.in_time(OURS)
