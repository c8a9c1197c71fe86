"""Who is one unit: decided on the declaration, and by whom events bring together."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_declaration
from features.declaration.declaration import declare
from privacy.unit import PrivacyUnit, groups_people, households, readers_of_others, smallest

TOP = {"zone": "UTC", "epoch": datetime.date(1900, 1, 1)}
PEOPLE = [f"p{at}" for at in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=20)


def declared(types, features, facts=None):
    return declare({**TOP, "types": types}, {"facts": facts or {}}, {"features": features})


MOVED = {"life.moved": {"complete_from": "never"}}
MARRIED = {"life.married": {"roles": ["spouse"], "complete_from": "never"}, **MOVED}


def test_a_feature_that_may_hear_of_an_event_as_somebodys_relative_reads_anothers_event():
    weddings = {"weddings": {"count": "life.married", "window": "P1Y"}}
    found = declared(MARRIED, weddings)
    assert readers_of_others(found) == ("weddings",)
    assert smallest(found) is PrivacyUnit.HOUSEHOLD


def test_a_feature_of_ones_own_part_alone_reads_nobody_elses_event():
    own = {"weddings": {"count": "life.married", "role": "subject", "window": "P1Y"}}
    found = declared(MARRIED, own | {"moves": {"count": "life.moved", "window": "P1Y"}})
    assert readers_of_others(found) == ()
    assert smallest(found) is PrivacyUnit.PERSON


def test_a_fact_that_follows_from_anothers_event_counts_too():
    facts = {
        "wed": {
            "type": "boolean", "purpose": ["ranking"], "question": {"en": "Wed?"}, "share": 5,
            "states": [{"event": "life.married", "gives": True}],
        }
    }  # fmt: skip
    assert readers_of_others(declared(MARRIED, {}, facts)) == ("wed",)


def test_the_declaration_shipped_protects_households_because_births_are_told_of_both_parents():
    shipped = read_declaration()
    assert {"children", "births_24m"} <= set(readers_of_others(shipped))
    assert "age" not in readers_of_others(shipped)
    assert smallest(shipped) is PrivacyUnit.HOUSEHOLD


def test_without_roles_nobody_knows_who_belongs_with_whom():
    assert not groups_people(declared(MOVED, {}))
    assert groups_people(declared(MARRIED, {}))


@given(PAIRS)
def test_people_of_one_event_are_one_household_and_others_are_not(pairs):
    found = households(PEOPLE, pairs)
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
    assert households(PEOPLE, pairs).tolist() == households(PEOPLE, shuffled).tolist()


def test_people_nobody_asked_about_bring_nobody_together():
    assert households(["a", "b"], [("a", "stranger"), ("stranger", "b")]).tolist() == [0, 1]
