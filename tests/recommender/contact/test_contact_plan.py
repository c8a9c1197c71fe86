"""The contacts of a person are few: what loses by waiting goes first, by an assignment that is exact."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from recommender.contact.contact_decision import decide
from recommender.contact.contact_plan import assigned, first_of_plan, worth_after
from recommender.contact.contact_record import Contact, ContactRecord
from tests.recommender.contact.policies import BOTH, NOON, POLICY, ZONE, offer
from tests.recommender.contact.test_contact_decision import names_of, situation

DAY = 86_400
COSTS = st.integers(1, 7).flatmap(
    lambda columns: st.lists(st.lists(st.integers(-9, 9), min_size=columns, max_size=columns), min_size=1, max_size=7)
)


@given(COSTS)
def test_the_assignment_costs_as_little_as_that_of_scipy(costs):
    found = assigned(costs)
    taken = [place for place in found if place is not None]
    assert len(set(taken)) == len(taken) == min(len(costs), len(costs[0]))
    matrix = np.array(costs)
    rows, columns = linear_sum_assignment(matrix)
    assert sum(costs[row][place] for row, place in enumerate(found) if place is not None) == matrix[rows, columns].sum()


@given(st.one_of(st.none(), st.integers(0, 400)), st.integers(0, 60), st.integers(0, 60), st.integers(0, 30))
def test_to_leave_later_is_never_worth_more(left, days, more, ready):
    assert worth_after(1000, left, days + more, ready) <= worth_after(1000, left, days, ready) <= 1000


def test_what_closes_before_the_next_contact_goes_before_what_brings_more_and_does_not_close():
    endless = [offer(f"e{i}", gain=900 + i) for i in range(6)]
    closing = [offer("c", gain=100, days_left=20)]
    assert first_of_plan([*endless, *closing], [0, 31, 32, 62], 3, 14) == closing
    contacts = (Contact(NOON - 3 * DAY),)
    found = decide(POLICY, situation(*endless, *closing, record=ContactRecord((), contacts, BOTH)))
    assert names_of(found) == ["c", "e5", "e4"]


def test_of_too_many_that_close_those_worth_most_are_saved():
    closing = [offer(f"c{i}", gain=100 * i, days_left=16) for i in range(1, 9)]
    assert [one.programme for one in first_of_plan(closing, [0, 31, 32, 62], 3, 14)] == ["c8", "c7", "c6"]


def test_nothing_is_planned_where_nothing_loses():
    assert first_of_plan([offer("a", days_left=200), offer("b")], [0, 20], 3, 14) == []


def test_the_days_of_the_next_contacts_follow_from_those_made():
    record = ContactRecord(contacts=(Contact(NOON - 10 * DAY), Contact(NOON - 4 * DAY)))
    days = record.days_to_contacts(POLICY, NOON, ZONE, 4)
    assert days[0] > 15
    assert days == sorted(set(days))
    assert ContactRecord().days_to_contacts(POLICY, NOON, ZONE, 3)[:2] == [0, 1]
