"""Who may belong to a person is declared: relations, groups of them, events, and facts that close a list."""

import copy

import pytest

from features.declaration.declaration import declare
from features.problem import Rejected
from privacy.unit import readers_of_others
from tests.features.families import EVENTS, FACTS, FAMILY, HOUSEHOLD

NO_FEATURES = {"features": {}}


def changed(path, value):
    document = copy.deepcopy(HOUSEHOLD)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


BIRTH = {"event": "life.child_born", "role": "parent", "member": "child"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("events", 0), {**BIRTH, "adds": "chid"}, "is not a relation"),
        (("events", 0), {**BIRTH}, "has 0 of adds, changes, removes"),
        (("events", 0), {**BIRTH, "adds": "child", "removes": "child"}, "has 2 of adds"),
        (("events", 0), {"event": "life.child_bron", "adds": "child"}, "'life.child_bron'"),
        (("events", 0), {**BIRTH, "role": "uncle", "adds": "child"}, "'uncle' is not known"),
        (("events", 0), {**BIRTH, "adds": "child", "born": "weight"}, "is not a date of"),
        (("events", 0), {**BIRTH, "adds": {"field": "kind"}}, "is not a field whose values are relations"),
        (("events", 0), {**BIRTH, "adds": "any"}, "is not a relation"),
        (("events", 0), {**BIRTH, "adds": "child", "raises": "unknown"}, "neither true nor false"),
        (("relations",), {}, "are 0"),
        (("relations", "child", "presumes"), {"lives": True}, "unknown key"),
        (("groups", "child"), {"relations": ["child"]}, "is the name of a relation"),
        (("groups", "any_child", "relations"), ["chid"], "are not relations"),
        (("closed_by", 0, "fact"), "age", "is not a boolean fact"),
        (("relations", "child", "youngest"), {"person": -1}, "youngest.person: -1 is below 0"),
        (("denied_by",), [{"fact": "caretaker", "is": True, "beside": {"nothing": 1}}], "is no fact with one value"),
        (("closed_by", 0, "relations"), [], "are not relations"),
    ],
)
def test_a_bad_household_is_refused_with_its_place(path, value, said):
    with pytest.raises(Rejected) as refused:
        declare(EVENTS, FACTS, NO_FEATURES, household=changed(path, value))
    assert said in str(refused.value)
    assert "household.yaml" in str(refused.value) or "facts.yaml" in str(refused.value)


def test_a_list_of_members_needs_the_household_and_no_events_of_its_own():
    with pytest.raises(Rejected, match="to the declaration"):
        declare(EVENTS, FACTS, NO_FEATURES)
    facts = copy.deepcopy(FACTS)
    facts["facts"]["children"]["adds"] = [{"event": "life.child_born", "role": "parent"}]
    with pytest.raises(Rejected, match="says what adds to it"):
        declare(EVENTS, facts, NO_FEATURES, household=HOUSEHOLD)
    facts = copy.deepcopy(FACTS)
    facts["facts"]["household"] = {"type": "boolean", "purpose": ["eligibility"]}
    with pytest.raises(Rejected, match="is the name of the list of members"):
        declare(EVENTS, facts, NO_FEATURES, household=HOUSEHOLD)


def test_the_hash_covers_what_events_say_of_members_and_not_the_words():
    def hashed(path, value):
        return declare(EVENTS, FACTS, NO_FEATURES, household=changed(path, value)).hash

    assert hashed(("events", 0, "raises"), False) != FAMILY.hash
    assert hashed(("relations", "child", "single"), True) != FAMILY.hash
    assert hashed(("label",), {"ko": "식구", "en": "folks"}) == FAMILY.hash
    assert hashed(("relations", "child", "label"), {"ko": "아이", "en": "kid"}) == FAMILY.hash


def test_a_list_follows_from_the_events_that_add_its_members():
    assert [signal.event for signal in FAMILY.facts["children"].adds] == ["life.child_born", "life.child_adopted"]
    with pytest.raises(KeyError):
        FAMILY.household.place("uncle")


def test_members_read_the_events_of_others_so_the_smallest_unit_is_the_household():
    assert {"household", "children", "birth_date"} <= set(readers_of_others(FAMILY))
