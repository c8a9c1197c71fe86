"""A snapshot knows its columns; facts stated in a file leave everything else unknown."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from features.calendar import day_of
from features.kernel.history_oracle import OracleHistory
from features.log.event import Event
from features.log.history import history_of
from features.problem import Rejected
from features.snapshot import Snapshot, from_facts, known, snapshots
from features.value import NONE, UNKNOWN, identifier_code, is_known
from tests.examples import examples
from tests.features.histories import DECLARATION, PEOPLE, PROGRAMMES, START, asked

T = DECLARATION.zone.end_of_day(date(2026, 11, 1))
FACTS = {"birth_date": "1990-05-01", "region": "11440", "pay": 72, "mover": True, "children": ["2025-03-01"]}


def test_a_facts_file_gives_what_it_states_and_what_follows():
    person = from_facts(DECLARATION, FACTS, T, person="ann")
    assert person.person == "ann"
    assert person.today() == day_of(date(2026, 11, 1))
    values = {name: person.value(name) for name in ("age", "region", "pay", "mover", "children_count", "youngest")}
    assert values == {"age": 36, "region": 11440, "pay": 72, "mover": 1, "children_count": 1, "youngest": 20}
    assert person.known()["child_ages"] == [1]


def test_whatever_a_facts_file_does_not_state_is_unknown():
    person = from_facts(DECLARATION, {}, T, receives=PROGRAMMES)
    assert set(person.values[0].tolist()) == {UNKNOWN}
    assert person.known() == {}


def test_an_empty_list_of_children_is_none_and_not_unknown():
    person = from_facts(DECLARATION, {"children": []}, T)
    assert person.value("children_count") == 0
    assert person.value("youngest") == person.value("child_ages") == person.value("children") == NONE
    assert person.known()["children"] == "none"


def test_receipts_are_stated_by_programme():
    stated = {"receives.a.one": True, "receives.c": False}
    person = from_facts(DECLARATION, stated, T, receives=("a.one", "b.two", "c"))
    assert [person.value(f"receives.{name}") for name in ("a.one", "b.two", "c")] == [1, UNKNOWN, 0]
    assert person.known() == {"receives.a.one": True, "receives.c": False}


def test_a_birthday_counts_from_the_end_of_its_day():
    for day, age in ((date(2026, 4, 30), 35), (date(2026, 5, 1), 36)):
        assert from_facts(DECLARATION, FACTS, DECLARATION.zone.end_of_day(day)).value("age") == age


def test_every_problem_of_a_facts_file_is_found_at_once():
    bad = {"incom": 5, "birth_date": "2027-01-01", "pay": -500, "region": "x", "age": 5}
    with pytest.raises(Rejected) as caught:
        from_facts(DECLARATION, bad, T, where=("facts.json",))
    assert [problem.where for problem in caught.value.problems] == [f"facts.json: {name}" for name in bad]


@pytest.mark.parametrize("facts", [[], "text", None])
def test_facts_that_are_no_object_are_refused(facts):
    with pytest.raises(Rejected, match="is not a JSON object"):
        from_facts(DECLARATION, facts, T)


def test_facts_before_the_epoch_are_refused():
    with pytest.raises(Rejected, match="before the epoch"):
        from_facts(DECLARATION, {}, DECLARATION.zone.end_of_day(date(1999, 12, 30)))


def test_a_stated_value_that_lapses_is_unknown_again_and_not_false_unless_that_is_known():
    def ill_or_moved(**facts):
        built = history_of([Event("1", "s", "ann", "fact.stated", START, START, facts)], DECLARATION)
        late = np.array([START + 40 * 86_400])
        return snapshots(DECLARATION, built, built.rows_of(["ann"]), late).row(0)

    assert ill_or_moved(mover=True).value("mover") == 0  # moves are complete, and there was none for a month
    assert ill_or_moved(mover=False).value("mover") == 0
    assert ill_or_moved(quiet=True).value("quiet") == 1


def test_snapshots_name_their_people_and_carry_the_hash():
    built = history_of([Event("1", "s", "ann", "life.moved", START, START, {"region": "11"})], DECLARATION)
    found = snapshots(DECLARATION, built, np.array([0, -1]), np.array([START + 1, START + 1]), ("a.one",))
    assert found.people == ("ann", "")
    assert len(found) == 2
    assert found.features_hash == DECLARATION.hash
    assert found.columns[-1] == "receives.a.one"
    assert found.column("region").tolist() == [11, UNKNOWN]
    assert isinstance(found.row(1), Snapshot)
    assert found.index("birth_date") == 0
    with pytest.raises(KeyError):
        found.column("nonsense")


@examples(30)
@given(asked())
def test_what_is_known_in_one_pass_is_what_snapshots_and_the_visible_rows_say(history):
    events, (t, *_) = history
    built = history_of(events, DECLARATION)
    for person in (*PEOPLE, "nobody"):
        found = known(DECLARATION, built, person, t, PROGRAMMES)
        many = snapshots(DECLARATION, built, built.rows_of([person]), np.array([t]), PROGRAMMES)
        assert found.snapshot.values.tolist() == many.values.tolist()
        says = {name: int(many.column(f"receives.{name}")[0]) for name in PROGRAMMES}
        assert found.holdings == {identifier_code(name) for name, value in says.items() if is_known(value) and value}
        assert list(found.occurrences) == sorted(set(found.occurrences), key=lambda one: (one.day, one.event))
        assert all(one.day <= found.snapshot.today() for one in found.occurrences)


@examples(30)
@given(asked())
def test_the_days_of_moves_are_those_the_oracle_sees(history):
    events, (t, *_) = history
    built = history_of(events, DECLARATION)
    for person in PEOPLE:
        told = {one.day for one in known(DECLARATION, built, person, t).occurrences if one.event == "life.moved"}
        lived = OracleHistory(DECLARATION, events, person, t, complete=True).events
        moved = {
            DECLARATION.zone.local_seconds(event.time) // 86_400 for event, _ in lived if event.type == "life.moved"
        }
        assert moved <= told
        assert len(told - moved) <= 1  # the latest date of a list that a move adds its day to


def test_of_several_statements_the_last_one_holds_until_an_event_says_otherwise():
    when = [START + day * 86_400 for day in range(4)]
    events = [
        Event("1", "s", "ann", "fact.stated", when[0], when[0], {"receives.a.one": True}),
        Event("2", "s", "ann", "benefit.ended", when[1], when[1], {"programme": "a.one"}),
        Event("3", "s", "ann", "benefit.granted", when[2], when[2], {"programme": "a.one"}),
    ]
    built = history_of(events, DECLARATION)
    held = [known(DECLARATION, built, "ann", t).holdings for t in (when[0], *(moment + 1 for moment in when[:3]))]
    assert [len(codes) for codes in held] == [0, 1, 0, 1]
    assert held[1] == held[3] == {identifier_code("a.one")}


def test_a_frame_has_nullable_types_with_unknown_as_missing_and_absent_apart():
    facts = {"birth_date": "1990-05-01", "region": "11440", "pay": 72, "mover": True, "children": [], "level": "high"}
    frame = (known_now := from_facts(DECLARATION, facts, T, ("a.one",), "ann")).frame()
    assert frame.index.names == ["person", "t"]
    assert frame.index[0] == ("ann", pd.Timestamp(T, unit="s", tz="UTC"))
    assert list(frame.columns) == list(known_now.columns)
    one = frame.iloc[0]
    assert (one["birth_date"], one["region"], one["pay"], one["mover"], one["level"]) == (
        pd.Timestamp("1990-05-01"), "11440", 72, True, "high"
    )  # fmt: skip
    names = ("birth_date", "region", "pay", "mover", "children_count", "level", "receives.a.one", "child_ages")
    assert [str(frame[name].dtype) for name in names] == [
        "datetime64[s]", "string", "Int64", "boolean", "Int64", "category", "boolean", "object"
    ]  # fmt: skip
    absent = known_now.absent()
    assert [bool(pd.isna(one[name])) for name in ("youngest", "receives.a.one")] == [True, True]
    assert [bool(absent.iloc[0][name]) for name in ("youngest", "receives.a.one")] == [True, False]


@examples(20)
@given(asked())
def test_a_frame_says_what_its_columns_say(history):
    events, times = history
    built = history_of(events, DECLARATION)
    rows = np.repeat(built.rows_of([*PEOPLE, "nobody"]), len(times))
    found = snapshots(DECLARATION, built, rows, np.tile(times, len(PEOPLE) + 1), PROGRAMMES)
    frame, absent = found.frame(), found.absent()
    for name in found.columns:
        values = found.column(name)
        assert frame[name].isna().tolist() == [not is_known(value) for value in values.tolist()]
        assert absent[name].tolist() == (values == NONE).tolist()
    pay = frame["pay"].dropna()
    assert pay.tolist() == [value for value in found.column("pay").tolist() if is_known(value)]
    ages = [found.row(place).known().get("child_ages", "none") for place in range(len(found))]
    assert [list(one) for one in frame["child_ages"].dropna()] == [one for one in ages if one != "none"]


def test_nobody_who_takes_no_frame_loads_pandas():
    code = "import sys; import features.snapshot, features.log.interactions; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
