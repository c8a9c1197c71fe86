"""A household is people: the kernel says of members what the oracle says, and one person is one member."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_declaration
from features.calendar import day_of
from features.kernel import snapshot_oracle
from features.kernel.lowering import lower
from features.kernel.members_oracle import MembersOracle
from features.log.event import Event, parse_time
from features.log.event_parser import parse_event
from features.log.history import history_of
from features.members import BORN, CERTAIN, ID, LIVES, MONTHS, OPEN, RAISES, RELATION, WHOLE, joined, nobody
from features.problem import Rejected
from features.snapshot import from_facts, snapshots
from features.value import NONE, UNKNOWN, identifier_code
from tests.examples import examples
from tests.features.families import FAMILY, PERSONS, families

KOREA = read_declaration()


@examples(300)
@given(families(), st.booleans())
def test_the_kernel_agrees_with_the_oracle_on_members_bit_for_bit(family, shuffled):
    events, t = family
    events = random.Random(0).sample(events, len(events)) if shuffled else events
    built = history_of(events, FAMILY)
    found = snapshots(FAMILY, built, built.rows_of(PERSONS), np.full(len(PERSONS), t))
    for place, person in enumerate(PERSONS):
        life = snapshot_oracle.OracleSnapshot(FAMILY, events, person, t, complete=True)
        members = MembersOracle(FAMILY, person, life.events)
        assert [tuple(row) for row in found.members[place].cells.tolist()] == members.cells(life.today)
        since = [members.since(name, life.today, complete=True) for name in FAMILY.household.relations]
        assert found.members.since[place].tolist() == since
        assert found.values[place].tolist() == list(snapshot_oracle.snapshot(FAMILY, events, person, t))


def happened(number, kind, day, subject="c1", source="registry", about=(), **data):
    time = parse_time(f"{day}T09:00:00+09:00")
    return Event(f"e{number}", source, subject, kind, time, time + number, data, tuple(about))


def as_of(events, person="c1", day=date(2026, 11, 28)):
    built = history_of(events, KOREA)
    return snapshots(KOREA, built, built.rows_of([person]), np.array([KOREA.zone.end_of_day(day)])).row(0)


NONE_YET = happened(0, "fact.stated", "2026-01-01", children=[])


K1, K2, BY_HOSPITAL = ("k1", "child"), ("k2", "child"), {"source": "hospital"}
OTHER, THIRD = ("c2", "parent"), ("c3", "parent")


def born(number, *about, **how):
    return happened(number, "life.child_born", "2026-03-31", about=about, **how)


def adopted(number, *about, **how):
    return happened(number, "life.child_adopted", "2026-06-01", about=about, **how)


RESTATED = happened(2, "fact.stated", "2026-05-01", children=["2026-03-31"])
DIED = happened(3, "life.relative_died", "2026-07-01", about=[("k1", "deceased")])


@pytest.mark.parametrize(
    ("children", "events"),
    [
        (1, [born(1, K1), born(2, K1, **BY_HOSPITAL)]),
        (1, [born(1, K1), born(2, **BY_HOSPITAL)]),
        (1, [born(1), born(2, K1, **BY_HOSPITAL)]),
        (1, [born(1, OTHER), born(2, ("c1", "parent"), subject="c2")]),
        (1, [born(1), adopted(2, born="2026-03-31")]),
        (1, [born(1, K1), adopted(2, K1)]),
        (1, [born(1, K1), RESTATED, adopted(3, K1)]),
        (2, [born(1, K1, K2)]),
        (2, [born(1, K1, K2), born(2, K2, **BY_HOSPITAL)]),
        (2, [born(1), born(2)]),  # two reports of one registry are twins
        (2, [born(1, OTHER), born(2, THIRD, **BY_HOSPITAL)]),
        (1, [born(1, K1), born(2, K2), DIED]),
        (0, [born(1, K1), adopted(2, K1, ("c1", "former_parent"), subject="c9")]),
    ],
)
def test_a_child_told_of_twice_is_one_child_in_whatever_order_it_is_told(children, events):
    for seed in range(4):
        told = random.Random(seed).sample([NONE_YET, *events], len(events) + 1)
        assert as_of(told).value("children_count") == children


def test_a_correction_and_a_retraction_change_who_is_there():
    target = {"source": "hospital", "id": "e2"}
    right = {"data": {"about": [{"person": "k1", "role": "child"}]}}
    may, june = (parse_time(f"2026-0{month}-01T09:00:00+09:00") for month in (5, 6))
    corrected = Event("e3", "s", "c1", "event.corrected", may, may, {**target, **right})
    retracted = Event("e4", "s", "c1", "event.retracted", june, june, target)
    told = [NONE_YET, born(1, K1), born(2, K2, **BY_HOSPITAL)]
    assert as_of(told).value("children_count") == 2
    assert as_of([*told, corrected]).value("children_count") == 1
    assert as_of([*told, retracted]).value("children_count") == 1
    assert as_of([*told, corrected], day=date(2026, 4, 30)).value("children_count") == 2


def test_a_birth_tells_the_age_of_the_child_too():
    assert as_of([born(1, K1)], "k1").value("age") == 0
    assert as_of([adopted(1, K1, born="2020-01-01")], "k1").value("age") == 6


def test_events_make_a_list_whole_only_from_the_day_since_which_they_are_complete():
    empty = as_of([happened(1, "life.moved", "2026-01-01", region="11")])
    child, foster = (KOREA.household.place(name) for name in ("child", "foster_child"))
    assert empty.members.since[0, [child, foster]].tolist() == [day_of(date(2023, 11, 1)), OPEN]
    assert empty.members.months[0, child] == 36
    assert empty.value("children_count") == UNKNOWN


def test_a_child_adopted_without_a_date_of_birth_has_an_unknown_age():
    found = as_of([NONE_YET, adopted(1, K1)])
    assert found.members.cells[0, [BORN, MONTHS, CERTAIN]].tolist() == [UNKNOWN, UNKNOWN, 1]
    assert found.value("child_ages") == UNKNOWN


GRANDCHILD = {"relation": "grandchild", "born": "2022-02-02"}


def test_custody_moving_out_and_an_expected_child_are_known_of_each_member():
    told = [
        happened(1, "life.custody_given", "2026-01-05", about=[("g1", "child")], **GRANDCHILD),
        happened(2, "life.member_moved_out", "2026-02-05", about=[("g1", "member")]),
        happened(3, "life.pregnancy_registered", "2026-09-01", due="2027-03-01"),
    ]  # fmt: skip
    found = as_of(told).members.cells
    names = [list(KOREA.household.relations)[place] for place in found[:, RELATION].tolist()]
    assert names == ["grandchild", "unborn"]
    assert found[:, BORN].tolist() == [day_of(date(2022, 2, 2)), day_of(date(2027, 3, 1))]
    assert found[0, [LIVES, RAISES, ID]].tolist() == [0, UNKNOWN, identifier_code("g1")]  # who raises it is asked again
    told.append(happened(4, "life.custody_lost", "2026-10-01", about=[("g1", "child")]))
    told.append(happened(5, "life.child_born", "2026-10-02"))
    later = as_of(told).members.cells
    assert later[:, RAISES].tolist() == [0, 1]  # the child was born, so nobody is expected any more
    assert len(as_of(told[:3], day=date(2027, 7, 2)).members.cells) == 1  # a pregnancy lapses


def test_two_people_who_are_each_others_guardians_are_an_honest_unknown():
    told = [
        happened(1, "life.custody_given", "2026-01-05", "c1", about=[("c2", "child")]),
        happened(2, "life.custody_given", "2026-02-05", "c2", about=[("c1", "child")]),
    ]  # fmt: skip
    for person in ("c1", "c2"):
        assert as_of(told, person).members.cells[:, RAISES].tolist() == [UNKNOWN]


def test_a_member_born_after_the_day_asked_has_an_unknown_birth():
    assert as_of([adopted(1, born="2030-01-01")]).members.cells[0, BORN] == UNKNOWN


T = KOREA.zone.end_of_day(date(2026, 11, 28))


def test_a_stated_household_is_whole_where_it_says_so():
    members = [{"relation": "child", "birth_date": "2024-12-15", "raises": False}]
    open_, whole = (
        from_facts(KOREA, {"household": {"complete": complete, "members": members}}, T) for complete in (False, True)
    )
    assert (open_.value("children_count"), whole.value("children_count")) == (UNKNOWN, 1)
    assert set(whole.members.since.ravel().tolist()) == {WHOLE}
    assert whole.members.cells[0, RAISES] == 0


def test_a_short_list_says_that_the_person_raises_each_child():
    found = from_facts(KOREA, {"children": ["2024-12-15"]}, T)
    assert found.members.cells[0, [RAISES, LIVES]].tolist() == [1, UNKNOWN]
    both = {
        "children": ["2024-12-15", "2020-01-01"],
        "household": {"members": [{"relation": "child", "birth_date": "2020-01-01"}]},
    }
    assert from_facts(KOREA, both, T).members.cells[:, RAISES].tolist() == [1, 1]
    assert from_facts(KOREA, {"children": []}, T).value("youngest_child_age") == NONE


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([{"relation": "child", "id": "k"}, {"relation": "child", "id": "k"}], "two members"),
        ([{"relation": "child", "birth_date": "2027-01-01"}], "in the future"),
        ([{"relation": "guardian", "raises": True}], "each other's guardians"),
        ([{"relation": "chlid"}], "did you mean child"),
        ([{"relation": "child", "lives_with": "yes"}], "neither true nor false"),
        ([{"relation": "child", "born": "2020-01-01"}], "unknown key"),
        ([{"relation": "unborn", "birth_date": "2020-01-01"}], "due_date"),
        ([{"relation": "child", "id": ""}], "not a name"),
        ({"relation": "child"}, "not a list"),
        (["child"], "not a member"),
        ([{"relation": "child", "birth_date": "2021-01-01"}], "lists others"),
    ],
)
def test_a_household_that_cannot_be_is_refused_in_one_message(members, says):
    facts = {"household": {"complete": True, "members": members}}
    facts |= {"children": ["2020-01-01"]} if says == "lists others" else {}
    with pytest.raises(Rejected) as refused:
        from_facts(KOREA, facts, T)
    assert len(refused.value.problems) == 1
    assert says in str(refused.value)


def test_members_are_taken_and_joined_by_person():
    both = joined([from_facts(KOREA, facts, T).members for facts in ({"children": ["2024-12-15"]}, {"children": []})])
    assert both.counts.tolist() == [1, 0]
    assert both[np.array([1, 0, 0])].counts.tolist() == [0, 1, 1]
    assert nobody(2, 3).since.tolist() == [[OPEN] * 3] * 2
    assert len(lower(KOREA).home) == len(KOREA.household.relations)


@examples(40)
@given(families())
def test_some_people_under_other_names_keep_their_members(family):
    events, t = family
    built = history_of(events, FAMILY)
    chosen = np.arange(len(built.people))[::-1].copy()
    part = built.of(chosen, [f"n{place}" for place in chosen.tolist()])
    at = np.full(len(chosen), t)
    ours, theirs = snapshots(FAMILY, part, np.arange(len(chosen)), at), snapshots(FAMILY, built, chosen, at)
    assert ours.members.cells.tolist() == theirs.members.cells.tolist()
    assert ours.values.tolist() == theirs.values.tolist()


def test_nobody_is_a_member_of_their_own():
    said = {"household": {"members": [{"relation": "child", "id": "c1"}]}}
    document = happened(1, "fact.stated", "2026-05-01", **said).to_document()
    with pytest.raises(Rejected, match="names the person as a member of their own"):
        parse_event(document, KOREA)
    assert parse_event(document | {"subject": "c2"}, KOREA).data == said


def test_what_is_not_known_of_a_member_may_be_said_aloud():
    member = {"relation": "child", "birth_date": "2020-01-01", "raises": "unknown", "lives_with": False}
    cells = from_facts(KOREA, {"household": {"members": [member]}}, T).members.cells
    assert cells[0, [RAISES, LIVES]].tolist() == [UNKNOWN, 0]


def test_a_death_of_somebody_unnamed_leaves_open_which_child_it_was():
    two = happened(0, "fact.stated", "2026-01-01", children=["2020-01-01", "2022-01-01"])
    found = as_of([two, happened(1, "life.relative_died", "2026-07-01", about=[("k9", "deceased")])])
    assert found.members.cells[:, CERTAIN].tolist() == [0, 0]
    assert found.value("children_count") == UNKNOWN
    elsewhere = as_of([two, happened(1, "life.relative_died", "2026-07-01")])  # it names nobody of the household
    assert elsewhere.value("children_count") == 2


def test_a_household_of_more_than_fifty_members_is_refused_in_one_sentence():
    child = {"relation": "child", "birth_date": "2020-01-01"}
    assert len(from_facts(KOREA, {"household": {"members": [child] * 50}}, T).members.cells) == 50
    with pytest.raises(Rejected) as refusal:
        from_facts(KOREA, {"household": {"members": [child] * 1000}}, T)
    assert [problem.what for problem in refusal.value.problems] == ["lists 1000 members"]
