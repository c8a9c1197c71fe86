"""Whom a private run may see: those who agreed, under pseudonyms, each in their unit."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from features.log.event import Event
from features.log.history import history_of
from privacy.request import Basis, RunRequest
from privacy.unit import PrivacyUnit
from training.data.admission import admitted, agreeing, together
from training.data.examples import COLUMNS, LearningLog, read_interactions

RUN = RunRequest("kr", PrivacyUnit.HOUSEHOLD, Decimal(1), Decimal("0.000001"), "offers", "tester")
NOON = 1_750_000_000


def event(name, person, kind, at=0, **data):
    return Event(name, "test", person, kind, NOON + at, NOON + at, data)


def table(events):
    def body(one):
        about = [{"person": person, "role": role} for person, role in one.about]
        return json.dumps({**one.data, **({"about": about} if about else {})})

    times = pa.array([one.time for one in events], pa.timestamp("s", "UTC"))
    text = pa.string()
    schema = pa.schema([(one, times.type if one.endswith("time") else text) for one in COLUMNS])
    return pa.table({
        "id": [one.id for one in events], "source": [one.source for one in events],
        "subject": [one.subject for one in events], "type": [one.type for one in events], "time": times,
        "recordedtime": times, "data": [body(one) for one in events],
    }, schema=schema)  # fmt: skip


def given(name, person, at=0, purpose="offers"):
    return event(name, person, "consent.given", at, purpose=purpose)


def withdrawn(name, person, at=0, purpose="offers"):
    return event(name, person, "consent.withdrawn", at, purpose=purpose)


PEOPLE = ["ann", "bob", "cat"]


@pytest.mark.parametrize(
    ("said", "consent", "law"),
    [
        ([], [0, 0, 0], [1, 1, 1]),
        ([given("1", "ann")], [1, 0, 0], [1, 1, 1]),
        ([given("1", "ann"), withdrawn("2", "ann", 5)], [0, 0, 0], [0, 1, 1]),
        ([given("1", "ann", 9), withdrawn("2", "ann", 5)], [1, 0, 0], [1, 1, 1]),
        ([given("1", "ann"), withdrawn("2", "ann")], [0, 0, 0], [0, 1, 1]),
        ([given("1", "bob", purpose="research")], [0, 0, 0], [1, 1, 1]),
        ([given("1", "bob"), withdrawn("2", "bob", 5, "research")], [0, 1, 0], [1, 1, 1]),
        ([given("1", "bob"), event("3", "bob", "event.retracted", 7, source="test", id="1")], [0, 0, 0], [1, 1, 1]),
        ([withdrawn("1", "bob"), event("3", "bob", "event.retracted", 7, source="test", id="1")], [0] * 3, [1, 0, 1]),
    ],
)
def test_only_who_agreed_to_this_purpose_is_learned_from_and_a_withdrawal_holds_on_any_ground(said, consent, law):
    found = [agreeing(table(said), PEOPLE, "offers", basis).tolist() for basis in (Basis.CONSENT, Basis.LAW)]
    assert found == [consent, law]


def moved(name, person, at=0):
    return event(name, person, "life.moved", at, region="11440")


def family():
    born = Event("b", "test", "ann", "life.child_born", NOON, NOON, {}, (("kid", "child"), ("bob", "parent")))
    shown = [
        event(f"s{who}", who, "benefit.shown", 9, programme="kr.x", position=1, channel="web")
        for who in ("ann", "bob", "cat", "dan")
    ]
    return [born, *shown, *(moved(f"m{who}", who, 3) for who in ("ann", "bob", "cat", "dan")),
            given("g1", "ann"), given("g3", "cat"), given("g4", "dan")]  # fmt: skip


@pytest.fixture(scope="module")
def log(declaration):
    events = family()
    found = history_of(events, declaration)
    return LearningLog(found, read_interactions(table(events), found.people, declaration)), table(events)


def name(person):
    return {"ann": "p3", "bob": "p1", "cat": "p2", "dan": "p0", "kid": "p4"}[person]


def test_those_who_did_not_agree_leave_no_event_and_all_others_have_pseudonyms(log):
    found = admitted(*log, RUN, name, 10**6)
    assert found.segments.people == ("p0", "p2", "p3")
    assert [found.segments.people[at] for at in found.benefits.person] == ["p3", "p2", "p0"]


def test_each_person_keeps_exactly_their_own_rows(log):
    before, after = log[0].segments, admitted(*log, RUN, name, 10**6).segments
    for person in ("ann", "cat", "dan"):
        old, new = before.people.index(person), after.people.index(name(person))
        mine = slice(before.offsets[old], before.offsets[old + 1])
        kept = slice(after.offsets[new], after.offsets[new + 1])
        for column in ("happened", "recorded", "superseded", "local", "signal", "value"):
            assert np.array_equal(getattr(before, column)[mine], getattr(after, column)[kept])


def test_a_household_holds_together_through_somebody_who_did_not_agree(log):
    consenting = admitted(*log, replace(RUN, basis=Basis.LAW), name, 10**6)
    unit = dict(zip(consenting.segments.people, consenting.unit.tolist(), strict=True))
    assert unit["p3"] == unit["p1"] == unit["p4"]
    assert len({unit["p0"], unit["p2"], unit["p3"]}) == 3
    assert sorted(set(unit.values())) == [0, 1, 2]


def test_where_each_person_is_a_unit_nobody_is_grouped(log):
    found = admitted(*log, replace(RUN, unit=PrivacyUnit.PERSON), name, 10**6)
    assert sorted(found.unit.tolist()) == [0, 1, 2]


def test_who_is_held_out_is_known_although_names_are_not(log):
    from training.data.examples import held_out

    found = admitted(*log, RUN, name, 2)
    true = {"p0": "dan", "p2": "cat", "p3": "ann"}
    assert found.held.tolist() == held_out([true[one] for one in found.segments.people], 2).tolist()


def test_pairs_are_found_in_what_events_are_about(log):
    assert sorted(together(log[1])) == [("ann", "bob"), ("ann", "kid")]
