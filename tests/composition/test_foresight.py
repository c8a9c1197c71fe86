"""Whom an earlier sweep does not name has no change: a sweep of the others alone gives the rows and counts of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from composition.foresight import SweepRules, foresight_of
from composition.settings import SHIPPED
from composition.sweeping import SweepSettings, population_sweep
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of, day_of
from features.log.columnar import read_segments
from features.log.history import history_of
from features.log.packed_rows import PackedRows
from sweep.change_index import ChangeIndex
from tests.examples import examples
from tests.recommender.changes.lives import DECLARATION, FIRST, event

DEFINITIONS = reading.read_definitions()
RULES = SweepRules(DEFINITIONS, SHIPPED, None)
AHEAD = 40


@cache
def sweep_of(day, since=None):
    settings = SweepSettings(DEFINITIONS, date_of(day), None if since is None else date_of(since))
    return population_sweep(settings, history_of([], DECLARATION))


@cache
def outlook(day):
    return foresight_of(RULES, sweep_of(day), None, AHEAD).outlook


def index_of(history, day):
    """What a sweep of the day leaves."""
    places = np.arange(len(history.people))
    return outlook(day).index(sweep_of(day).over(history), places, PackedRows.of(history).marks)


def agree(index, history, since, day, first=None):
    """Sweep whom an index names, and everybody; return how many are named."""
    sweep = replace(sweep_of(day, since), first=first).over(history)
    known = ChangeIndex.known(PackedRows.of(history).marks, [index], sweep.turned)
    places = np.flatnonzero(known.due(day, sweep.turned))
    table, tally = sweep.swept(places, known.own(day)[places])
    everybody, counts = sweep.swept(np.arange(len(history.people)))
    assert table.to_pylist() == everybody.to_pylist()
    assert replace(tally, swept=counts.swept) == counts
    return places.size


@pytest.fixture(scope="module")
def history(made_once):
    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    return read_segments(made_once("swept", make) / "events.parquet", DECLARATION)


LAST = day_of(date(2025, 11, 3))


@pytest.mark.parametrize("first", [None, 2])
@pytest.mark.parametrize("later", [1, 7, AHEAD])
def test_synthetic_people_without_news_are_swept_alike(history, later, first):
    named = agree(index_of(history, LAST), history, LAST, LAST + later, first)
    assert later == AHEAD or named < len(history.people) / 4


def test_a_programme_that_turns_names_those_whom_its_rules_do_not_exclude(history):
    day, turned = day_of(date(2025, 12, 3)), "kr.gijang-disability-transport"
    index = index_of(history, day)
    may = int(index.may[turned].sum())
    assert 0 < may < len(history.people)
    assert sweep_of(day + 2, day).turned == {turned}
    assert may <= agree(index, history, day, day + 2) < len(history.people)
    index.may[turned][:] = False
    with pytest.raises(AssertionError):
        agree(index, history, day, day + 2)


facts = st.fixed_dictionaries(
    {},
    optional={
        "birth_date": st.dates(date(1940, 1, 1), date(2008, 1, 1)).map(str),
        "region": st.sampled_from(["11440", "41111", "26350"]),
        "income_percent": st.integers(0, 300),
        "children": st.lists(st.dates(date(2005, 1, 1), date(2026, 8, 1)).map(str), max_size=4),
        "pregnant": st.booleans(),
    },
)
happenings = st.lists(
    st.tuples(
        st.sampled_from(["life.child_born", "life.job_lost", "life.widowed", "life.parental_leave_started"]),
        st.integers(-300, AHEAD),
    ),
    max_size=3,
)


@examples(20)
@given(st.lists(st.tuples(facts, happenings), min_size=1, max_size=6), st.sampled_from([1, 2, 12, AHEAD]))
def test_any_people_with_news_are_swept_alike(people, later):
    events = []
    for place, (stated, lived) in enumerate(people):
        who = f"p{place}"
        events.append(event(who, 0, "fact.stated", "2026-09-02", stated))
        events += [event(who, i, kind, str(date_of(FIRST + when)), {}) for i, (kind, when) in enumerate(lived, 1)]
    t = DECLARATION.zone.end_of_day(date_of(FIRST))
    before = history_of([one for one in events if one.recorded < t], DECLARATION)
    agree(index_of(before, FIRST), history_of(events, DECLARATION), FIRST, FIRST + later)


@examples(10)
@given(
    st.lists(st.tuples(facts, happenings), min_size=2, max_size=6),
    st.sampled_from([1, 11]),
    st.sampled_from([12, 13, AHEAD]),
)
def test_an_index_that_a_sweep_took_over_says_what_a_new_one_says(people, later, last):
    events = []
    for place, (stated, _) in enumerate(people):
        events.append(event(f"p{place}", 0, "fact.stated", "2026-09-02", stated))
    history = history_of(events, DECLARATION)
    index, day = index_of(history, FIRST), FIRST + later
    sweep = sweep_of(day, FIRST)
    short = foresight_of(RULES, sweep, None, AHEAD - later).outlook
    known = ChangeIndex.known(index.mark, [index], sweep.turned | short.names)
    places = np.flatnonzero(known.due(day, sweep.turned))
    carried = known.updated(places, short.index(sweep.over(history), places, index.mark[places]))
    agree(carried, history, day, FIRST + last)
