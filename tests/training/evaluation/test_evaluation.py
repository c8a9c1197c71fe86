"""Orders stand beside one another on the same candidates, for everybody and for each group."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.log.event import Event
from features.log.history import history_of
from features.log.interactions import APPLIED, Interactions
from features.snapshot import snapshots
from recommender.ranking.scorer import Pairs
from training.data.labelled import WhatPassed
from training.data.ranking_dataset import Candidates, KnownTakeUp
from training.evaluation.evaluation import by_group, cold_start, groups_of, popularity, standings, to_withhold

BORN = {"young": "2000-01-01", "old": "1950-01-01", "unknown": None}


@pytest.fixture(scope="module")
def people(declaration):
    t = declaration.zone.end_of_day(date(2026, 6, 30))
    events = []
    for at, (person, born) in enumerate(BORN.items()):
        facts = {"sex": "female"} | ({"birth_date": born} if born else {})
        events.append(Event(f"{at}", "registry", person, "fact.stated", t - 900, t - 900, facts))
        shown = {"programme": "toy.a", "position": 1, "channel": "letter" if person == "old" else "web"}
        if born:
            events.append(Event(f"{at}-s", "board", person, "benefit.shown", t - 800, t - 800, shown))
    found = history_of(events, declaration)
    rows = found.rows_of(list(BORN))
    return snapshots(declaration, found, rows, np.full(3, t))


@pytest.fixture(scope="module")
def told(people):
    """Three people with the same three candidates; programme 2 is what everybody wants."""
    pairs = Pairs(np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3))
    chance = np.tile([0.1, 0.2, 0.9], 3)
    return Candidates(people, pairs), KnownTakeUp(chance, chance)


def test_everybody_is_in_the_group_of_what_is_known_of_them(people):
    groups = groups_of(people)
    assert groups["age 19-34"].tolist() == [True, False, False]
    assert groups["age 65-79"].tolist() == [False, True, False]
    assert groups["reached offline"].tolist() == [False, True, False]
    assert groups["reached online"].tolist() == [True, False, False]
    assert not any(member[2] for member in groups.values())


def test_groups_without_anybody_are_left_out_and_the_others_compared(people, told):
    some, truth = told
    orders = {"popularity": -truth.probability, "lightgbm": truth.probability}
    rows = by_group(groups_of(people), standings(some, orders, truth), "lightgbm")
    assert [row["group"] for row in rows] == ["age 19-34", "age 65-79", "reached offline", "reached online"]
    assert all(row["gap_closed"] == 1.0 for row in rows)
    assert set(rows[0]["ndcg@5"]) == {"popularity", "lightgbm", "reachable"}


def test_popularity_counts_one_kind_of_event_by_programme():
    codes = np.array([7, 3, 5])
    rows = np.array([3, 3, 7, 99])
    kind = np.array([2, 2, 2, 2], dtype=np.int8)
    blank = np.zeros(4)
    told = (blank.astype(np.float32),) * 3
    events, people = Interactions(kind, rows, rows, rows, rows, *told), np.arange(100)
    parts = [WhatPassed(people, events[:2]), WhatPassed(people, events[2:])]
    assert popularity(parts, codes, APPLIED).tolist() == [1, 2, 0]
    assert popularity([WhatPassed(people, events[:0])], codes, APPLIED).tolist() == [0, 0, 0]


def test_a_programme_tried_as_new_is_judged_on_the_lists_that_hold_it(told):
    some, truth = told
    few = Candidates(some.people, some.pairs[:6])  # the third person has no list
    seen = KnownTakeUp(truth.probability[:6], truth.reachable[:6])
    tried = cold_start(few, seen, -seen.probability, seen.probability, 2, "toy.c")
    assert (tried.lists, tried.trained) == (2, 1.0)
    assert tried.kept < 1
    nobody = cold_start(few, seen, seen.probability, seen.probability, 9, "toy.z")
    assert nobody.lists == 0
    assert np.isnan(nobody.kept)


def test_programmes_to_withhold_spread_from_the_most_to_the_least_wanted(told):
    some, _ = told
    applied = np.array([5.0, 0.0, 9.0])
    assert to_withhold(some, applied, 2) == [2, 0]
    assert to_withhold(some, applied, 0) == []
    assert to_withhold(some, np.zeros(3), 2) == []
