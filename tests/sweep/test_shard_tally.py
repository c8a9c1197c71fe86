"""Counts of shards add up to those of the whole, and are those that rows and states give."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from features.calendar import date_of
from features.snapshot import known
from features.value import UNKNOWN
from recommender.rules.clause import Answer, compares
from sweep.population_sweep import PopulationSweep
from sweep.shard_tally import NOWHERE, added
from tests.recommender.changes.lives import FIRST, calendar_of


@pytest.fixture(scope="module")
def sweep():
    return PopulationSweep(calendar_of(), FIRST)


def document(sweep, places):
    table, tally = sweep.swept(np.array(places))
    return tally.document(table, date_of(FIRST))


def test_shards_add_up(sweep):
    parts = [document(sweep, [0, 1]), document(sweep, [2]), document(sweep, [3])]
    assert added(parts) == added([document(sweep, [0, 1, 2, 3])])


def test_rows_are_counted_by_programme_and_district(sweep):
    rows, found = sweep.table(np.arange(4)).to_pylist(), document(sweep, range(4))
    assert found["changes"] == {"offered": len(rows)}
    counts = {name: one["offered"] for name, one in found["programmes"].items()}
    assert counts == Counter(row["programme"] for row in rows)
    soon = sum(1 for row in rows if row["closes"] and 0 <= (row["closes"] - date_of(FIRST)).days <= 14)
    assert sum(one["closing"] for one in found["programmes"].values()) == soon
    of_nobody = sum(1 for row in rows if row["person"] == "nobody")
    assert found["districts"][NOWHERE] == {"people": 1, "offers": of_nobody}
    assert (found["swept"], found["judged"], found["people"]) == (4, 4, 4)


def test_a_fact_is_wanted_by_those_whom_a_rule_that_reads_it_leaves_undecided(sweep):
    rules, wanted, unjudged = sweep.after, Counter(), 0
    for place in range(4):
        states = sweep.calendar.states(place, FIRST)
        undecided = [name for name, one in states.items() if one.offerable and one.answer == Answer.UNKNOWN]
        unjudged += bool(undecided)
        t = rules.declaration.zone.end_of_day(date_of(FIRST))
        history = sweep.calendar.history
        row = known(rules.declaration, history, history.people[place], t, rules.catalogue.receipts).snapshot
        lacks = {
            fact
            for name in undecided
            for who in rules.catalogue.by_id[name].who.values()
            for one in compares(who)
            if one.fact in row.columns and row.value(one.fact) == UNKNOWN
            for fact in rules.asks(one.fact)
        }
        wanted.update(lacks)
    found = document(sweep, range(4))
    assert found["unjudged"] == unjudged
    told = {name: count for name, count in found["wanting"].items() if name in wanted}
    assert told == dict(wanted)
