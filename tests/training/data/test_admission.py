"""Whom a private run may see: those who agreed, under pseudonyms, each in their unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from features.log.event import Event
from features.log.event_parser import parse_event
from features.log.history import history_of
from privacy.account import account_of
from privacy.accounting.mechanism import declared
from privacy.gate import Admission
from privacy.request import LegalBasis, RunRequest
from privacy.unit import PrivacyUnit
from tests.privacy.ledgers import ledger
from training.data.admission import admitted
from training.data.hold_out import HoldOut

RUN = RunRequest("kr", PrivacyUnit.HOUSEHOLD, Decimal(1), Decimal("0.000001"), "offers", "tester")
NOON = 1_750_000_000


def event(name, person, kind, at=0, **data):
    return Event(name, "test", person, kind, NOON + at, NOON + at, data)


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
def test_only_who_agreed_to_this_purpose_is_learned_from_and_a_withdrawal_holds_on_any_ground(
    declaration, said, consent, law
):
    history = history_of([*said, *(moved(f"m{who}", who, -9) for who in PEOPLE)], declaration)
    runs = [replace(RUN, basis=basis) for basis in (LegalBasis.CONSENT, LegalBasis.LAW)]
    found = [set(admitted(history, Admission(run, str), HoldOut(10**6)).history.people) for run in runs]
    assert found == [{who for who, kept in zip(PEOPLE, wanted, strict=True) if kept} for wanted in (consent, law)]


def test_consent_withdrawn_an_hour_later_counts_although_its_text_sorts_before(declaration):
    """Given at 10:00+09:00, which is 01:00Z, and withdrawn at 02:00Z."""
    document = {"specversion": "1.0", "source": "test", "subject": "ann", "data": {"purpose": "offers"}}
    times = ("2025-06-01T10:00:00+09:00", "2025-06-01T02:00:00Z")
    said = [
        parse_event(document | {"id": kind, "type": kind, "time": when, "recordedtime": when}, declaration)
        for kind, when in zip(("consent.given", "consent.withdrawn"), times, strict=True)
    ]
    assert admitted(history_of(said, declaration), Admission(RUN, str), HoldOut(10**6)).history.people == ()
    assert admitted(history_of(said[:1], declaration), Admission(RUN, str), HoldOut(10**6)).history.people == ("ann",)


def moved(name, person, at=0):
    return event(name, person, "life.moved", at, region="11440")


def family():
    born = Event(
        "b", "registry/families", "ann", "life.child_born", NOON, NOON, {}, (("kid", "child"), ("bob", "parent"))
    )
    shown = [
        event(f"s{who}", who, "benefit.shown", 9, programme="kr.x", position=1, channel="web")
        for who in ("ann", "bob", "cat", "dan")
    ]
    return [born, *shown, *(moved(f"m{who}", who, 3) for who in ("ann", "bob", "cat", "dan")),
            given("g1", "ann"), given("g3", "cat"), given("g4", "dan")]  # fmt: skip


@pytest.fixture(scope="module")
def log(declaration):
    return history_of(family(), declaration)


def name(person):
    return {"ann": "p3", "bob": "p1", "cat": "p2", "dan": "p0", "kid": "p4"}[person]


def test_those_who_did_not_agree_leave_no_event_and_all_others_have_pseudonyms(log):
    found = admitted(log, Admission(RUN, name), HoldOut(10**6))
    assert found.history.people == ("p0", "p2", "p3")
    assert [found.history.people[at] for at in found.interactions.person] == ["p3", "p2", "p0"]


def test_each_person_keeps_exactly_their_own_rows(log):
    before, after = log, admitted(log, Admission(RUN, name), HoldOut(10**6)).history
    for person in ("ann", "cat", "dan"):
        old, new = before.people.index(person), after.people.index(name(person))
        mine = slice(before.offsets[old], before.offsets[old + 1])
        kept = slice(after.offsets[new], after.offsets[new + 1])
        for column in ("happened", "recorded", "superseded", "local", "signal", "value"):
            assert np.array_equal(getattr(before, column)[mine], getattr(after, column)[kept])


def test_a_household_holds_together_through_somebody_who_did_not_agree(log):
    consenting = admitted(log, Admission(replace(RUN, basis=LegalBasis.LAW), name), HoldOut(10**6))
    unit = dict(zip(consenting.history.people, consenting.unit.tolist(), strict=True))
    assert unit["p3"] == unit["p1"] == unit["p4"]
    assert len({unit["p0"], unit["p2"], unit["p3"]}) == 3
    assert sorted(set(unit.values())) == [0, 1, 2]


def registered(name, person, kind, at, *about):
    return Event(name, "registry/families", person, kind, NOON + at, NOON + at, {}, about)


@pytest.mark.parametrize("learned_from_before", [True, False])
def test_two_who_marry_after_they_were_learned_from_stay_two_units_and_a_newborn_joins_one(
    tmp_path, declaration, learned_from_before
):
    """Through a real ledger, opened anew for each run, and with their rows read only within each."""
    ledger(tmp_path / "ledger", unit="household")
    single = [given(f"g{who}", who) for who in ("ann", "bob", "dan")]
    family = [
        registered("w", "ann", "life.married", 5, ("bob", "spouse")),
        registered("b", "ann", "life.child_born", 6, ("cat", "child"), ("bob", "parent")),
        given("gcat", "cat", 7),
    ]

    def units(events):
        account = account_of(tmp_path / "ledger", lambda: NOON, "kr")
        spend = f"run-{len(account.ledger.spends('kr'))}"
        account.reserve(spend, replace(RUN, mechanism=declared("0.1")), ["ann", "bob", "cat", "dan"])
        roll = account.roll(spend)
        found = admitted(history_of(events, declaration), Admission(RUN, str, roll), HoldOut(10**6))
        rows = np.diff(found.history.offsets)
        of = dict(zip(found.history.people, found.unit.tolist(), strict=True))
        return of, dict(zip(found.history.people, rows.tolist(), strict=True))

    if learned_from_before:
        units(single)
    of, rows = units(single + family)
    assert (of["ann"] != of["bob"]) == learned_from_before
    assert len({of["ann"], of["bob"], of["dan"]} - {of["cat"]}) == (2 if learned_from_before else 1)
    assert of["cat"] in (of["ann"], of["bob"])
    assert units(single + family) == (of, rows)
    together = admitted(history_of(single + family, declaration), Admission(RUN, str), HoldOut(10**6)).history
    alike = np.diff(together.offsets).tolist() == list(rows.values())
    assert alike != learned_from_before


@pytest.mark.parametrize("by_roll", [True, False])
def test_a_household_is_held_out_whole_or_not_at_all(tmp_path, declaration, by_roll):
    """Four hundred couples; by the roll a couple stays on its side when a third person joins it."""
    couples = [(f"a{i}", f"b{i}") for i in range(400)]
    events = [given(f"g{who}", who) for pair in couples for who in pair]
    events += [registered(f"w{one}", one, "life.married", 5, (two, "spouse")) for one, two in couples]
    later = [given(f"gc{i}", f"c{i}", 7) for i in range(400)]
    later += [registered(f"b{i}", f"a{i}", "life.child_born", 6, (f"c{i}", "child")) for i in range(400)]
    ledger(tmp_path / "ledger", unit="household")
    account = account_of(tmp_path / "ledger", lambda: NOON, "kr")

    def held(events, spend):
        account.reserve(spend, replace(RUN, mechanism=declared("0.1")), [one.subject for one in events])
        roll = account.roll(spend) if by_roll else None
        found = admitted(history_of(events, declaration), Admission(RUN, str, roll), HoldOut(5))
        return dict(zip(found.history.people, found.held.tolist(), strict=True))

    first, second = held(events, "first"), held([*events, *later], "second")
    for side, members in ((first, "ab"), (second, "abc")):
        assert all(len({side[f"{one}{i}"] for one in members}) == 1 for i in range(400))
    assert 40 < sum(first[one] for one, _ in couples) < 200
    if by_roll:
        assert {who: second[who] for who in first} == first
    else:
        assert all(second[who] for who, out in zip(second, HoldOut(5).of(list(second)), strict=True) if out)


def test_where_each_person_is_a_unit_nobody_is_grouped(log):
    found = admitted(log, Admission(replace(RUN, unit=PrivacyUnit.PERSON), name), HoldOut(10**6))
    assert sorted(found.unit.tolist()) == [0, 1, 2]


def test_who_is_held_out_is_known_although_names_are_not(log):
    found = admitted(log, Admission(RUN, name), HoldOut(2))
    true = {"p0": "dan", "p2": "cat", "p3": "ann"}
    assert found.held.tolist() == HoldOut(2).of([true[one] for one in found.history.people]).tolist()
