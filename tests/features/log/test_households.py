"""Households: everybody whom events bring together, directly or through others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.log.history import history_of
from features.log.households import households
from tests.features.log.reader_suite import DECLARATION, happened

PEOPLE = [f"p{at:02}" for at in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=20)


def grouped(pairs):
    """The household of each of the people, brought together by weddings."""
    weddings = [
        happened(str(at), "life.married", {}, subject=one, about=((other, "spouse"),))
        for at, (one, other) in enumerate(pairs)
    ]
    moves = [happened(f"m{who}", "life.moved", {"region": "11440"}, subject=who) for who in PEOPLE]
    history = history_of([*moves, *weddings], DECLARATION)
    assert list(history.people) == PEOPLE
    return households(history)


@given(PAIRS)
def test_people_of_one_event_are_one_household_and_others_are_not(pairs):
    found = grouped(pairs)
    place = {name: at for at, name in enumerate(PEOPLE)}
    for one, other in pairs:
        assert found[place[one]] == found[place[other]]
    reach = {name: {name} for name in PEOPLE}
    for _ in PEOPLE:
        for one, other in pairs:
            reach[one] = reach[other] = reach[one] | reach[other]
    for name in PEOPLE:
        members = {PEOPLE[at] for at in range(len(PEOPLE)) if found[at] == found[place[name]]}
        assert members == set().union(*(reach[who] for who in members))


@given(PAIRS, st.randoms())
def test_the_order_in_which_events_come_makes_no_difference(pairs, random):
    shuffled = [(other, one) for one, other in pairs]
    random.shuffle(shuffled)
    assert grouped(pairs).tolist() == grouped(shuffled).tolist()
