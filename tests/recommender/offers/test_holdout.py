"""The holdout delays a contact, of few, for a while, and never one that cannot wait."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import day_of
from features.problem import Rejected
from recommender.offers.holdout import NEVER_HELD, HoldoutPolicy, contact_decision, read_holdout

GOOD = {
    "name": "spring-2027", "per_mille": 100, "first": "2027-03-01", "last": "2027-05-30",
    "legal_basis": "Act on Social Security Benefits, art. 5; decision 2027-12 of the board",
    "signed_by": ["Kim Minji", "Park Jun"],
}  # fmt: skip
POLICY = read_holdout(GOOD)
PEOPLE = [f"c{number:07d}" for number in range(20_000)]
ORDINARY = SimpleNamespace(id="x.culture-card", category="culture-environment")
DRAWN = next(person for person in PEOPLE if POLICY.draws(person))


def test_about_as_many_as_the_share_wait_and_always_the_same():
    drawn = [POLICY.draws(person) for person in PEOPLE]
    assert 0.09 < sum(drawn) / len(drawn) < 0.11
    assert drawn == [POLICY.draws(person) for person in PEOPLE]
    assert drawn != [replace(POLICY, name="autumn-2027").draws(person) for person in PEOPLE]
    assert POLICY.chance == 0.9


@given(st.integers(POLICY.first - 50, POLICY.last + 200), st.none() | st.integers(POLICY.first - 50, POLICY.last + 400))
def test_whoever_waits_is_contacted_when_the_span_is_over_and_before_the_window_closes(today, closes):
    decided = contact_decision(POLICY, DRAWN, ORDINARY, closes, today)
    if decided.waits:
        assert decided.until == POLICY.last + 1
        assert closes is None or closes >= decided.until
        assert not contact_decision(POLICY, DRAWN, ORDINARY, closes, decided.until).waits


@pytest.mark.parametrize("category", sorted(NEVER_HELD))
def test_subsistence_and_safety_never_wait(category):
    decided = contact_decision(POLICY, DRAWN, SimpleNamespace(id="x", category=category), None, POLICY.first)
    assert (decided.waits, decided.why) == (False, "subsistence_or_safety")


def test_what_the_signers_excepted_does_not_wait():
    excepted = read_holdout({**GOOD, "never": [ORDINARY.id]})
    assert contact_decision(POLICY, DRAWN, ORDINARY, None, POLICY.first).waits
    assert not contact_decision(excepted, DRAWN, ORDINARY, None, POLICY.first).waits


def test_nothing_waits_outside_the_span():
    for day in (POLICY.first - 1, POLICY.last + 1):
        assert contact_decision(POLICY, DRAWN, ORDINARY, None, day).why == "outside_span"


@pytest.mark.parametrize("signed", [[], ["Kim Minji"], ["Kim Minji", " kim minji "], "Kim Minji, Park Jun", None])
def test_one_signature_is_not_enough(signed):
    with pytest.raises(Rejected, match="does not name two people"):
        read_holdout({**GOOD, "signed_by": signed})


def test_everything_that_is_wrong_is_said_at_once():
    wrong = {"per_mille": 500, "first": "2027-03-01", "last": "2027-12-31", "colour": "red", "never": "all"}
    with pytest.raises(Rejected) as refused:
        read_holdout(wrong)
    told = {problem.path[-1] for problem in refused.value.problems}
    assert told == {"per_mille", "last", "colour", "never", "name", "legal_basis", "signed_by"}


@pytest.mark.parametrize("key", sorted(GOOD))
def test_what_is_left_open_is_refused_as_missing(key):
    for wrong in ({**GOOD, key: None}, {name: value for name, value in GOOD.items() if name != key}):
        with pytest.raises(Rejected) as refused:
            read_holdout(wrong)
        assert [problem.path[-1] for problem in refused.value.problems] == [key]


def test_days_are_read_as_days():
    assert (POLICY.first, POLICY.last) == (day_of_text("2027-03-01"), day_of_text("2027-05-30"))
    assert isinstance(POLICY, HoldoutPolicy)


def day_of_text(text):
    from datetime import date

    return day_of(date.fromisoformat(text))
