"""The calendar finds exactly the changes that a sweep on every day finds: none is missing, none is spurious."""

from __future__ import annotations

import pytest

from features.calendar import date_of
from recommender.changes.offer_change import OFFERED, WITHDRAWN, difference
from tests.recommender.changes.lives import FIRST, calendar_of


@pytest.fixture(scope="module")
def calendar():
    return calendar_of()


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
