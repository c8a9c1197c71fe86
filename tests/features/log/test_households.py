"""Households: everybody whom events bring together, directly or through others."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from features.log.history import history_of
from features.log.households import households
from tests.features.log.reader_suite import DECLARATION, action, happened

PEOPLE = [f"p{at:02}" for at in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=20)


def grouped(pairs):
    """The household of each of the people, brought together by weddings."""
    return households(known(*(wedding(str(at), *pair) for at, pair in enumerate(pairs))))


def wedding(name, one, other, source="registry/families"):
    return replace(happened(name, "life.married", {}, subject=one, about=((other, "spouse"),)), source=source)


def known(*events):
    moves = [happened(f"m{who}", "life.moved", {"region": "11440"}, subject=who) for who in PEOPLE]
    history = history_of([*moves, *events], DECLARATION)
    assert list(history.people) == PEOPLE
    return history


def together(*events):
    """The households of more than one."""
    found = households(known(*events)).tolist()
    groups = [{name for name, at in zip(PEOPLE, found, strict=True) if at == head} for head in sorted(set(found))]
    return [group for group in groups if len(group) > 1]


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


def test_nobody_is_put_into_the_household_of_others_by_the_word_of_one_of_them():
    """A stranger who names everybody would make one unit of all of them."""
    assert together(*(wedding(who, "p00", who, "citizen") for who in PEOPLE[1:])) == []


def test_two_who_both_say_so_are_one_household_whoever_recorded_it():
    assert together(wedding("1", "p00", "p01", "citizen"), wedding("2", "p01", "p00", "hospital")) == [{"p00", "p01"}]


def test_a_registrys_event_that_somebody_else_corrected_is_no_longer_the_registrys():
    born = happened("1", "life.child_born", {}, subject="p00", about=(("p01", "child"),))
    born = replace(born, source="registry/births")
    said = action(born, 9, "2", data={"about": [{"person": "p02", "role": "parent"}]})
    assert together(born, said) == [{"p00", "p01", "p02"}]
    assert together(born, replace(said, source="citizen")) == [{"p00", "p01"}]


def test_a_role_that_does_not_relate_joins_nobody():
    about = (("p01", "child"), ("p02", "former_parent"))
    adopted = replace(happened("1", "life.child_adopted", {}, subject="p00", about=about), source="registry/families")
    assert together(adopted) == [{"p00", "p01"}]
