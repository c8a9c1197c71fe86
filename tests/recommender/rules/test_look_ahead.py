from __future__ import annotations

from datetime import date

import pytest

from features.calendar import day_of
from features.snapshot import from_facts
from recommender.rules.compiled import compile_catalogue
from recommender.rules.look_ahead import ahead
from tests.recommender.catalogues import DECLARATION, MESSAGES, REGIONS, document, loaded

NOTHING = {}
OLD = {"fact": "age", "at_least": 65}


def coming(who, born, day, facts=NOTHING, **more):
    held, today = loaded(document("t.a", who, **more)), date.fromisoformat(day)
    stated = {"birth_date": born} | facts
    person = from_facts(DECLARATION, stated, DECLARATION.zone.end_of_day(today), held.receives)
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(today)).explaining(MESSAGES)
    answers = compiled.answers(person.values, 1, person.members)[0]
    found = ahead(compiled, person.values[0], person.members, 1, answers)
    return [one.to_json(day_of(today), MESSAGES) for one in found]


def test_a_birthday_next_month_is_told_with_its_day():
    (one,) = coming(OLD, "1961-12-15", "2026-11-28")
    assert (one["on"], one["opens"], one["state"], one["answer"]) == ("2026-12-15", "2026-12-15", "upcoming", "yes")
    assert one["text"]["en"] == "You can apply from 15 December 2026, your birthday."


def test_who_may_apply_from_the_month_before_is_told_to_apply_now():
    early = {"kind": "open_ended", "opens_before": "P1M", "from": "start_of_month"}
    (one,) = coming(OLD, "1961-12-15", "2026-11-28", window=early)
    assert (one["on"], one["opens"], one["state"]) == ("2026-12-15", "2026-11-01", "open")
    (one,) = coming(OLD, "1961-12-15", "2026-10-31", window=early)
    assert (one["opens"], one["state"]) == ("2026-11-01", "upcoming")


@pytest.mark.parametrize(
    ("who", "born", "day"),
    [
        (OLD, "1961-12-15", "2026-12-15"),  # it is here
        (OLD, "1962-12-15", "2026-11-28"),  # it is another year off
        (OLD, "1961-12-15", "2026-09-01"),  # it is too far off to tell
        ({"fact": "age", "below": 10}, "1961-12-15", "2026-11-28"),  # it does not help
    ],
)
def test_nothing_is_told_of_what_is_not_soon(who, born, day):
    assert coming(who, born, day) == []


def test_what_else_is_open_then_is_said():
    (one,) = coming({"all": [OLD, {"fact": "farmer", "is": True}]}, "1961-12-15", "2026-11-28")
    assert one["answer"] == "unknown"
    assert one["text"]["en"].endswith("Other conditions are still to be checked.")


def test_a_birthday_after_the_last_day_of_the_rules_known_promises_nothing():
    (one,) = coming(OLD, "1962-01-10", "2026-12-15", valid={"until": "2026-12-31"})
    assert one["answer"] == "unknown"
    assert one["text"]["en"] == (
        "You reach the age on 10 January 2027, your birthday. "
        "The rules for 2027 are not known yet; those known end on 31 December 2026."
    )


@pytest.mark.parametrize(("least", "days"), [(65, ["2027-01-10"]), (66, [])])
def test_a_day_to_come_is_judged_by_the_text_in_force_on_that_day(least, days):
    now, then = {"valid": {"until": "2026-12-31"}}, {"valid": {"from": "2027-01-01"}}
    versions = [now | {"who": OLD | {"at_least": 70}}, then | {"who": OLD | {"at_least": least}}]
    found = coming(OLD, "1962-01-10", "2026-12-15", versions=versions)
    assert [(one["on"], one["answer"]) for one in found] == [(day, "yes") for day in days]


def test_a_benefit_that_ends_before_the_birthday_is_not_told():
    assert coming(OLD, "1962-01-10", "2026-12-15", valid={"until": "2026-12-31"}, ended=True) == []


def test_who_is_excluded_by_the_household_is_not_told_to_apply_from_a_birthday():
    child = {"members": {"relation": "child"}}
    none = {"household": {"complete": True, "members": []}}
    assert coming({"all": [OLD, child]}, "1961-12-15", "2026-11-28", none) == []
    assert coming(child, "1961-12-15", "2026-11-28", none) == []
