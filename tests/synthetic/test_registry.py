"""What registries record: late, sometimes wrong, never of the future, and of the start only what is true."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from data.synthetic import writing
from data.synthetic.event_rows import SOURCE
from data.synthetic.kinds import LIFE, TYPE, TYPES
from data.synthetic.public_knowledge import block_history
from data.synthetic.registry import Names, as_it_was, identifiers, recorded, stated_at_start
from features.log.columnar import read_segments
from features.snapshot import snapshots
from features.value import UNKNOWN

pytestmark = pytest.mark.slow


def test_the_history_in_memory_is_the_one_read_back_from_the_file(lives, small_world, tmp_path):
    pyarrow.parquet.write_table(writing.events_table(lives.log, lives.names), tmp_path / "events.parquet")
    declaration, people = small_world.rules.declaration, lives.known.history.people
    read = read_segments(tmp_path / "events.parquet", declaration)
    span = lives.course.months
    for t in (span.begin + 86_400, (span.begin + span.end) // 2, span.end):
        at = np.full(len(people), t)
        ours = snapshots(declaration, lives.known.history, np.arange(len(people)), at)
        theirs = snapshots(declaration, read, read.rows_of(people), at)
        assert (ours.values == theirs.values).all()


def test_what_is_stated_at_the_start_is_true(lives, small_world):
    declaration, course = small_world.rules.declaration, lives.course
    true = stated_at_start(course)
    at = np.full(len(course), course.months.begin + 86_400)
    known = snapshots(declaration, lives.known.history, np.arange(len(course)), at)
    for name in ("birth_date", "sex", "married", "disabled", "household_size", "income_percent", "home_owner"):
        stated = known.column(name)
        said = (stated != UNKNOWN) & (true[name] != UNKNOWN)
        assert said.mean() > 0.6
        assert (stated[said] == true[name][said]).mean() > 0.99  # an event of the first day may have changed it


def test_some_facts_are_left_unknown_and_others_never(lives, small_world):
    course = lives.course
    at = np.full(len(course), course.months.begin + 86_400)
    known = snapshots(small_world.rules.declaration, lives.known.history, np.arange(len(course)), at)
    assert (known.column("birth_date") != UNKNOWN).all()
    assert 0.1 < (known.column("income_percent") == UNKNOWN).mean() < 0.35
    assert (known.column("violence_victim") == UNKNOWN).mean() > 0.9


def test_facts_stated_agree_with_events(lives, small_world):
    """A person whom the log shows to have moved, married or lost a job is known as such as soon as that is recorded."""
    course, declaration = lives.course, small_world.rules.declaration
    log = lives.log
    wrong = {
        json.loads(text)["id"]
        for text in log.take(np.isin(log.kind, [TYPE["event.corrected"], TYPE["event.retracted"]])).data.to_pylist()
    }
    moved = log.take((log.kind == TYPE["life.moved"]) & (log.recorded > course.months.begin + 40 * 86_400))
    last = {person: row for row, person in enumerate(moved.person.tolist())}
    agree = []
    for person, row in last.items():
        t = np.array([int(moved.recorded[row]) + 1])
        region = snapshots(declaration, lives.known.history, np.array([person]), t).column("region")[0]
        agree.append(str(region) == json.loads(moved.data[row].as_py())["region"])
    assert len(agree) > 40
    assert wrong
    assert np.mean(agree) > 0.95  # not all: moves may be recorded in another order than they happened


def test_records_come_late_but_the_log_of_who_knows_everything_does_not(lives, small_world):
    late = lives.log.recorded - lives.log.happened
    assert late.min() >= 0
    assert (late[lives.log.kind < len(LIFE)] > 86_400).mean() > 0.5
    true = as_it_was(lives.course, lives.names, small_world.rules.facts)
    assert (true.recorded == true.happened).all()
    assert set(np.unique(true.kind)) <= {*range(len(LIFE)), TYPE["fact.stated"]}


def test_a_fact_nobody_declared_is_not_stated(lives, small_world):
    log = recorded(lives.course, small_world.rates, small_world.chance, Names(0), frozenset({"sex", "children"}))
    stated = log.take((log.kind == TYPE["fact.stated"]) & (log.happened < lives.course.months.begin + 86_400))
    assert {key for text in stated.data.to_pylist() for key in json.loads(text)} == {"sex", "children"}


def test_what_never_happened_is_taken_back_and_then_not_known_any_more(lives, small_world):
    erring = replace(small_world.rates, errors={"corrected": 0.0, "retracted": 0.2, "duplicated": 0.1})
    log = recorded(lives.course, erring, small_world.chance, lives.names, small_world.rules.facts)
    people, declaration, span = len(lives.course), small_world.rules.declaration, lives.course.months
    back = log.take(log.kind == TYPE["event.retracted"])
    assert len(back) > 100
    assert not (log.kind == TYPE["event.corrected"]).any()
    sure = replace(small_world.rates, errors={"corrected": 0.0, "retracted": 0.0, "duplicated": 0.0})
    clean = recorded(lives.course, sure, small_world.chance, lives.names, small_world.rules.facts)
    believed = dict(zip(identifiers(log, lives.names).to_pylist(), range(len(log)), strict=True))
    phantoms = {believed[json.loads(text)["id"]] for text in back.data.to_pylist()}
    taken_back = set(np.unique(back.person).tolist()) - {
        int(person)
        for row, person in enumerate(log.person)
        if log.source[row] == SOURCE["agency"] and row not in phantoms and log.kind[row] < len(LIFE)
    }
    rows = np.array(sorted(taken_back))
    at = np.full(len(rows), span.end)
    with_errors, without = (
        snapshots(declaration, block_history(one, lives.names, people, small_world.rules.reader), rows, at)
        for one in (log, clean)
    )
    for fact in ("job_seeker", "ill", "bereaved_lately", "in_crisis", "worker"):
        assert (with_errors.column(fact) == without.column(fact)).mean() > 0.9  # delays were drawn anew


def test_children_of_an_event_have_names_of_their_own(lives):
    births = lives.log.take(lives.log.kind == TYPE["life.child_born"])
    about = [json.loads(text)["about"] for text in births.data.to_pylist()]
    children = [entry["person"] for people in about for entry in people if entry["role"] == "child"]
    assert len(children) == len(births)
    assert all(name.startswith("k") for name in children)
    parents = [entry["person"] for people in about for entry in people if entry["role"] == "parent"]
    assert all(name.startswith("c") and int(name[1:]) > 4000 for name in parents)


def test_identifiers_are_in_one_row_each_and_of_one_width(lives):
    table = writing.events_table(lives.log, lives.names)
    assert table.schema == writing.EVENTS
    assert set(pa.compute.utf8_length(table["id"]).to_pylist()) == {13}
    assert set(table["type"].to_pylist()) <= set(TYPES)
