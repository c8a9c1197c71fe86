from __future__ import annotations

from datetime import date

import pytest

from features.calendar import day_of
from features.snapshot import from_facts
from recommender.rules.compiled import compile_catalogue
from recommender.rules.look_ahead import ahead
from tests.recommender.catalogues import DECLARATION, MESSAGES, REGIONS, document, loaded

OLD = {"fact": "age", "at_least": 65}


def coming(who, born, day, **more):
    held, today = loaded(document("t.a", who, **more)), date.fromisoformat(day)
    person = from_facts(DECLARATION, {"birth_date": born}, DECLARATION.zone.end_of_day(today), held.receives)
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(today)).explaining(MESSAGES)
    answers = compiled.answers(person.values)[0]
    found = ahead(compiled, person.values[0], 1, answers)
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
