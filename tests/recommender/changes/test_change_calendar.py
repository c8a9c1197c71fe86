"""The calendar finds exactly the changes that a sweep on every day finds: none is missing, none is spurious."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from composition import reading
from features.calendar import date_of, day_of
from features.kernel.lowering import lower
from features.log.event_parser import parse_event
from features.log.history import history_of
from recommender.changes.change_calendar import ChangeCalendar
from recommender.changes.offer_change import OFFERED, WITHDRAWN, difference
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_rule import turning_rules
from recommender.rules.compiled import compile_catalogue

FIRST = day_of(date(2026, 10, 20))
LIVES = {
    "mother": [
        ("fact.stated", "2026-09-01", {"birth_date": "1994-06-01", "sex": "female", "income_percent": 80}),
        ("life.moved", "2026-09-02", {"region": "11440"}),
        ("life.child_born", "2026-09-03", {}),
    ],
    "elder": [
        ("fact.stated", "2026-09-02", {"birth_date": "1961-12-05", "sex": "male", "income_percent": 45}),
        ("fact.stated", "2026-09-03", {"region": "41111"}),
        ("life.widowed", "2026-09-12", {}),
    ],
    "jobless": [
        ("fact.stated", "2026-09-02", {"birth_date": "1992-01-20", "children": ["2019-02-10", "2025-11-30"]}),
        ("life.job_lost", "2026-08-20", {"voluntary": False}),
        ("life.moved", "2026-10-19", {"region": "11440"}),
    ],
    "nobody": [("fact.stated", "2026-09-02", {"sex": "male"})],
}


def event(person, number, kind, day, data):
    document = {
        "specversion": "1.0", "id": f"{person}-{number}", "source": "registry", "subject": person, "type": kind,
        "time": f"{day}T09:00:00+09:00", "recordedtime": f"{day}T09:00:00+09:00", "data": data,
    }  # fmt: skip
    return parse_event(document, DECLARATION)


DECLARATION = reading.read_declaration()


@pytest.fixture(scope="module")
def calendar():
    regions, working = reading.read_regions(), reading.read_working_days()
    catalogue = reading.read_catalogue(None, DECLARATION, regions)
    columns = (*DECLARATION.columns, *(f"receives.{name}" for name in catalogue.receives))

    @cache
    def rules_of(day):
        return compile_catalogue(catalogue, columns, DECLARATION, regions, day, working)

    events = [event(who, i, *one) for who, life in LIVES.items() for i, one in enumerate(life)]
    turns = programme_turns(catalogue, DECLARATION, regions, working, range(FIRST + 1, FIRST + 400))
    turning = turning_rules(catalogue, lower(DECLARATION, catalogue.receives), working)
    return ChangeCalendar(history_of(events, DECLARATION), rules_of, turning, turns)


def swept(calendar, person, last):
    """What a sweep at the end of every day finds."""
    before = calendar.states(person, FIRST)
    for day in range(FIRST + 1, last + 1):
        after = calendar.states(person, day)
        if found := difference(before, after):
            yield day, found
        before = after


def same_as_sweeps(calendar, last):
    people = range(len(calendar.history.people))
    for person in people:
        triggers = list(calendar.triggers([person], FIRST, last))
        assert [(one.day, one.changes) for one in triggers] == list(swept(calendar, person, last))
        yield from triggers


def test_the_triggers_are_exactly_the_changes_that_daily_sweeps_find(calendar):
    triggers = list(same_as_sweeps(calendar, FIRST + 110))
    assert {one.person for one in triggers if one.own} == {"elder", "jobless", "mother"}


@pytest.mark.soak
def test_over_a_year_the_triggers_are_exactly_the_changes_that_daily_sweeps_find(calendar):
    assert len(list(same_as_sweeps(calendar, FIRST + 365))) > 20


def test_a_birthday_and_the_end_of_a_period_are_changes_on_their_days(calendar):
    people = calendar.history.people
    found = {
        (one.person, date_of(one.day).isoformat(), change.programme): change.kinds
        for one in calendar.triggers(range(len(people)), FIRST, FIRST + 110)
        for change in one.changes
    }
    assert OFFERED in found["elder", "2026-12-05", "kr.basic-pension"]
    assert any(WITHDRAWN in kinds for kinds in found.values())


def test_several_people_are_asked_together_as_each_alone(calendar):
    people = list(range(len(calendar.history.people)))
    alone = [one for person in people for one in calendar.triggers([person], FIRST, FIRST + 40)]
    assert list(calendar.triggers(people, FIRST, FIRST + 40)) == alone
