"""Rows worked out for many people at once are those that each person's own states give, to the last field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composition import reading
from composition.sweeping import SweepSettings, population_sweep
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of
from features.log.columnar import read_segments
from features.log.history import history_of
from recommender.changes.offer_change import OFFERED, WITHDRAWN
from sweep.pair_difference import CHANGED
from sweep.population_sweep import PopulationSweep
from tests.recommender.changes.lives import DECLARATION, FIRST, LIVES, calendar_of, event

DEFINITIONS = reading.read_definitions()
LAST = date(2025, 10, 31)


def told(sweep, people):
    """The rows as the states of each person alone give them."""
    for name, change in sweep.changes(people):
        if change.kinds:
            first, after = change.kinds[0], change.after
            headline = first if first in (OFFERED, WITHDRAWN) else CHANGED
            standing = ("no", *[None] * 5)
            if after is not None:
                days = (None if day is None else date_of(day) for day in (after.window.opens, after.window.closes))
                standing = after.answer.name.lower(), after.window.state, *days, *(after.amount or (None, None))
            yield name, change.programme, headline, " ".join(change.kinds), *standing


def agree(sweep, people):
    rows = [tuple(row.values()) for row in sweep.table(people).to_pylist()]
    assert rows == list(told(sweep, people))
    return rows


@pytest.fixture(scope="module")
def history(made_once):
    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    return read_segments(made_once("swept", make) / "events.parquet", DECLARATION)


@pytest.mark.parametrize("since", [None, date(2025, 9, 1), date(2024, 6, 3)])
def test_synthetic_people_with_households_receipts_and_windows_are_told_alike(history, since):
    sweep = population_sweep(SweepSettings(DEFINITIONS, LAST, since), history)
    rows = agree(sweep, np.arange(len(history.people)))
    assert {row[2] for row in rows} == ({OFFERED} if since is None else {OFFERED, WITHDRAWN, CHANGED})
    assert any(row[8] != row[9] for row in rows), "no amount is a range"
    assert {"open", "unknown"} <= {row[5] for row in rows}


def test_a_sweep_in_small_blocks_gives_the_same_rows(history, monkeypatch):
    whole = population_sweep(SweepSettings(DEFINITIONS, LAST), history).table(np.arange(len(history.people)))
    monkeypatch.setattr("sweep.population_sweep.BLOCK", 7)
    again = population_sweep(SweepSettings(DEFINITIONS, LAST), history).table(np.arange(len(history.people)))
    assert again.to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("first", [None, FIRST - 300, FIRST - 1])
def test_hand_made_lives_are_told_alike(first):
    agree(PopulationSweep(calendar_of(), FIRST, first), np.arange(len(LIVES), dtype=np.int64))


CALENDAR = calendar_of()
facts = st.fixed_dictionaries(
    {},
    optional={
        "birth_date": st.dates(date(1940, 1, 1), date(2008, 1, 1)).map(str),
        "region": st.sampled_from(["11440", "41111", "26350"]),
        "income_percent": st.integers(0, 300),
        "children": st.lists(st.dates(date(2005, 1, 1), date(2026, 8, 1)).map(str), max_size=4),
        "pregnant": st.booleans(),
        "on_parental_leave": st.booleans(),
        "near_poverty": st.booleans(),
        "multiple_birth": st.booleans(),
    },
)
happenings = st.lists(
    st.tuples(
        st.sampled_from(["life.child_born", "life.job_lost", "life.widowed", "life.parental_leave_started"]),
        st.dates(date(2024, 1, 1), date(2026, 10, 19)).map(str),
    ),
    max_size=3,
)


@settings(max_examples=60)
@given(people=st.lists(st.tuples(facts, happenings), min_size=1, max_size=6), back=st.sampled_from([None, 1, 200]))
def test_any_people_are_told_alike(people, back):
    events = []
    for place, (stated, lived) in enumerate(people):
        who = f"p{place}"
        events.append(event(who, 0, "fact.stated", "2026-09-02", stated))
        events += [event(who, i, kind, when, {}) for i, (kind, when) in enumerate(lived, 1)]
    agree(
        PopulationSweep(
            replace(CALENDAR, history=history_of(events, DECLARATION)), FIRST, None if back is None else FIRST - back
        ),
        np.arange(len(people)),
    )
