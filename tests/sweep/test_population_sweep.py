"""A sweep since a day finds what two whole sweeps differ in, and computes only those for whom something can change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.changes.offer_change import difference
from recommender.rules.catalogue import Catalogue
from sweep.pair_difference import CHANGED
from sweep.population_sweep import PopulationSweep
from tests.recommender.changes.lives import FIRST, calendar_of


@pytest.fixture(scope="module")
def calendar():
    return calendar_of()


def everybody(calendar):
    return np.arange(len(calendar.history.people), dtype=np.int64)


def differences(sweep):
    """What differs for everybody, each person computed on both days."""
    for place, name in enumerate(sweep.calendar.history.people):
        before = sweep.calendar.states(place, sweep.since, sweep.before)
        for change in difference(before, sweep.calendar.states(place, sweep.as_of)):
            yield name, change


@pytest.mark.parametrize(("first", "last"), [(-50, 0), (0, 1), (0, 30), (40, 50), (10, 120)])
def test_a_sweep_since_a_day_is_the_difference_of_two_whole_ones(calendar, first, last):
    sweep = PopulationSweep(calendar, FIRST + last, FIRST + first)
    assert list(sweep.changes(everybody(calendar))) == list(differences(sweep))


def test_people_for_whom_nothing_can_change_are_not_computed(calendar):
    quiet = replace(calendar, turns={})
    sweep = PopulationSweep(quiet, FIRST + 3, FIRST + 2)
    assert sweep.concerned(everybody(calendar)).size < len(calendar.history.people)
    busy = PopulationSweep(quiet, FIRST, FIRST - 60)
    assert busy.concerned(everybody(calendar)).tolist() == [0, 1, 2, 3]


def test_without_an_earlier_day_all_that_may_be_offered_is_listed(calendar):
    table = PopulationSweep(calendar, FIRST).table(everybody(calendar))
    assert set(table["change"].to_pylist()) == {"offered"}
    states = calendar.states(0, FIRST)
    mine = [row for row in table.to_pylist() if row["person"] == calendar.history.people[0]]
    assert [row["programme"] for row in mine] == sorted(name for name, state in states.items() if state.offerable)


def test_a_programme_that_a_new_catalogue_adds_is_offered_and_one_it_drops_is_withdrawn(calendar):
    rules = calendar.rules_of(FIRST)
    dropped = rules.catalogue.programmes[0].id
    fewer = Catalogue.of(one for one in rules.catalogue.texts if one.id != dropped)
    older = calendar_of(fewer)
    adds = PopulationSweep(calendar, FIRST, FIRST - 1, before=older.rules_of(FIRST - 1))
    drops = PopulationSweep(older, FIRST, FIRST - 1, before=calendar.rules_of(FIRST - 1))
    assert adds.turned >= {dropped} <= drops.turned
    for sweep in (adds, drops):
        assert list(sweep.changes(everybody(calendar))) == list(differences(sweep))


def test_a_row_says_what_differs_and_how_the_offer_stands(calendar):
    rows = PopulationSweep(calendar, FIRST + 120, FIRST).table(everybody(calendar)).to_pylist()
    assert {row["change"] for row in rows} == {"offered", "withdrawn", CHANGED}
    gone = [row for row in rows if row["change"] == "withdrawn" and row["answer"] == "no"]
    assert all(row["window"] is row["amount_from"] is None for row in gone)
    assert all(row["differs"] for row in rows)
