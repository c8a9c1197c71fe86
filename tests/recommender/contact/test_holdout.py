"""The holdout delays a contact, of few, for a while, and never one that cannot wait."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import day_of
from features.problem import Rejected
from recommender.contact.holdout import (
    TIME_TO_APPLY,
    HoldoutPolicy,
    contact_delay,
    contact_delays,
    read_holdout,
)
from recommender.offers.exploration import CERTAIN, SUBSISTENCE
from recommender.rules.clause import Advisory, All, Any, Compare, Not
from tests.recommender.contact.policies import POLICY as CONTACT
from tests.recommender.contact.policies import offer, state

GOOD = {
    "name": "spring-2027", "per_mille": 100, "first": "2027-03-01", "last": "2027-05-30",
    "legal_basis": "Act on Social Security Benefits, art. 5; decision 2027-12 of the board",
}  # fmt: skip
POLICY = read_holdout(GOOD)
PEOPLE = [f"c{number:07d}" for number in range(20_000)]
DRAWN = next(person for person in PEOPLE if POLICY.draws(person))
OTHER = next(person for person in PEOPLE if not POLICY.draws(person))


def programme(category="culture-environment", funds=False, name="x.culture-card", who=None):
    return SimpleNamespace(id=name, category=category, windows=(SimpleNamespace(funds=funds),), who=who or {})


ORDINARY = programme()


def due(closes=None, days_left=None):
    return offer(ORDINARY.id, given=state(closes=closes), days_left=days_left)


def test_about_as_many_as_the_share_wait_and_always_the_same():
    drawn = [POLICY.draws(person) for person in PEOPLE]
    assert 0.09 < sum(drawn) / len(drawn) < 0.11
    assert drawn == [POLICY.draws(person) for person in PEOPLE]
    assert drawn != [replace(POLICY, name="autumn-2027").draws(person) for person in PEOPLE]


def test_both_sides_of_the_lot_bear_the_chance_of_their_side_and_nothing_else_bears_any():
    told = {one: contact_delay(POLICY, one, due(), ORDINARY, POLICY.first) for one in (DRAWN, OTHER)}
    assert (told[DRAWN].waits, told[DRAWN].propensity) == (True, 100_000)
    assert (told[OTHER].waits, told[OTHER].why, told[OTHER].propensity) == (False, "not_drawn", 900_000)
    assert contact_delay(POLICY, DRAWN, due(), programme("safety"), POLICY.first).propensity == CERTAIN


days = st.integers(POLICY.first - 50, POLICY.last + 400)


@given(st.integers(POLICY.first - 50, POLICY.last + 200), st.none() | days, st.none() | st.integers(0, 400))
def test_whoever_waits_is_contacted_when_the_span_is_over_with_time_to_apply_before_anything_is_lost(
    today, closes, days_left
):
    decided = contact_delay(POLICY, DRAWN, due(closes, days_left), ORDINARY, today)
    if decided.waits:
        assert decided.until == POLICY.last + 1
        assert closes is None or closes >= decided.until + TIME_TO_APPLY
        assert days_left is None or today + days_left >= decided.until + TIME_TO_APPLY
        assert not contact_delay(POLICY, DRAWN, due(closes), ORDINARY, decided.until).waits
    else:
        soonest = min((day for day in (closes, days_left and today + days_left) if day is not None), default=None)
        inside = POLICY.first <= today <= POLICY.last
        assert not inside or days_left == 0 or soonest < POLICY.last + 1 + TIME_TO_APPLY


def test_what_ends_when_its_money_is_spent_does_not_wait():
    decided = contact_delay(POLICY, DRAWN, due(), programme(funds=True), POLICY.first)
    assert (decided.waits, decided.why) == (False, "window_closes")


@pytest.mark.parametrize("category", sorted(SUBSISTENCE))
def test_subsistence_and_safety_never_wait(category):
    decided = contact_delay(POLICY, DRAWN, due(), programme(category), POLICY.first)
    assert (decided.waits, decided.why) == (False, "subsistence_or_safety")


def test_what_the_signers_or_the_country_excepted_does_not_wait():
    named, country = read_holdout({**GOOD, "never": [ORDINARY.id]}), replace(
        CONTACT, undelayed_programmes=frozenset({ORDINARY.id})
    )  # fmt: skip

    def decided(holdout, contact):
        by_id = {ORDINARY.id: ORDINARY}
        return contact_delays(holdout, DRAWN, [due()], by_id, contact, POLICY.first)[ORDINARY.id]

    assert decided(POLICY, CONTACT).waits
    assert [decided(*one).why for one in ((named, CONTACT), (POLICY, country))] == ["subsistence_or_safety"] * 2


@pytest.mark.parametrize(
    ("clause", "waits"),
    [
        (Compare("income", "at_most", 50), False),
        (Advisory(All((Compare("age", "at_least", 19), Compare("income", "at_most", 50)))), False),
        (Any((Compare("income", "at_most", 50), Compare("in_crisis", "is", True))), False),
        (Any((Compare("income", "at_most", 50), Compare("age", "at_least", 65))), True),
        (Compare("in_crisis", "is", False), True),
        (Not(Compare("income", "at_most", 50)), True),
    ],
)
def test_what_nobody_may_have_without_a_fact_that_tells_of_need_does_not_wait_whatever_it_is_filed_under(clause, waits):
    asked = programme(who={"citizen": clause})
    contact = replace(CONTACT, need=frozenset({"income", "in_crisis"}))
    decided = contact_delays(POLICY, DRAWN, [due()], {asked.id: asked}, contact, POLICY.first)[asked.id]
    assert (decided.waits, decided.why) == ((True, "held_out") if waits else (False, "subsistence_or_safety"))


def test_nothing_waits_outside_the_span():
    for day in (POLICY.first - 1, POLICY.last + 1):
        assert contact_delay(POLICY, DRAWN, due(), ORDINARY, day).why == "outside_span"


def test_everything_that_is_wrong_is_said_at_once():
    wrong = {"per_mille": 500, "first": "2027-03-01", "last": "2027-12-31", "colour": "red", "never": "all"}
    with pytest.raises(Rejected) as refused:
        read_holdout(wrong)
    told = {problem.path[-1] for problem in refused.value.problems}
    assert told == {"per_mille", "last", "colour", "never", "name", "legal_basis"}


@pytest.mark.parametrize("key", sorted(GOOD))
def test_what_is_left_open_is_refused_as_missing(key):
    for wrong in ({**GOOD, key: None}, {name: value for name, value in GOOD.items() if name != key}):
        with pytest.raises(Rejected) as refused:
            read_holdout(wrong)
        assert [problem.path[-1] for problem in refused.value.problems] == [key]


def test_days_are_read_as_days_and_what_is_signed_reads_as_itself():
    assert (POLICY.first, POLICY.last) == tuple(day_of(date.fromisoformat(GOOD[key])) for key in ("first", "last"))
    assert isinstance(POLICY, HoldoutPolicy)
    assert read_holdout(POLICY.to_document()) == POLICY
