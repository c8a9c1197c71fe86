"""One statement that cannot be true of one person is refused: each contradiction at its place, with what to do."""

from datetime import date

import pytest

from composition.reading import read_declaration
from features.problem import Rejected, spelled
from features.snapshot import from_facts

KOREA = read_declaration()
TODAY = date(2026, 11, 28)


def problems(facts, person=""):
    t = KOREA.zone.end_of_day(TODAY)
    try:
        from_facts(KOREA, facts, t, person=person, where=("facts",))
    except Rejected as refusal:
        return {spelled(one.path[1:]): (one.what, one.remedy) for one in refusal.problems}
    return {}


def members(*listed, **further):
    return {"household": {"members": list(listed)} | further}


SPOUSE, CHILD = {"relation": "spouse"}, {"relation": "child", "birth_date": "2020-01-01"}


@pytest.mark.parametrize(
    ("facts", "place", "said"),
    [
        (
            {"birth_date": "2000-01-01", "children": ["1999-12-31", "2025-01-01"]},
            "children",
            "not after the person's own birth_date",
        ),
        ({"birth_date": "2000-01-01", "children": ["2000-01-01"]}, "children", "not after"),
        ({"birth_date": "2021-01-01"} | members(CHILD), "household: members[0].birth_date", "not after"),
        (
            {"birth_date": "2000-01-01"} | members({"relation": "parent", "birth_date": "2000-01-01"}),
            "household: members[0].birth_date",
            "not before",
        ),
        ({"birth_date": "2000-01-01", "resident_since": "1999-01-01"}, "resident_since", "is before birth_date"),
        ({"birth_date": "2000-01-01", "births": ["1999-01-01"]}, "births", "is before birth_date"),
        ({"married": False} | members(SPOUSE), "household: members[0]", "is spouse, and married beside it is false"),
        (
            {"minor_caretaker": False} | members({"relation": "grandchild", "raises": True}),
            "household: members[0]",
            "minor_caretaker",
        ),
        ({"single_person_household": True} | members(CHILD | {"lives_with": True}), "household: members[0]", "is true"),
        (
            {"disabled_in_household": False} | members(SPOUSE | {"lives_with": True, "disabled": True}),
            "household: members[0]",
            "disabled_in_household",
        ),
        ({"household_size": 1} | members(SPOUSE, CHILD), "household_size", "is 1, and 3 with the members of household"),
        ({"household_size": 5} | members(SPOUSE, complete=True), "household_size", "is 5, and 2 with"),
        (
            members({"relation": "unborn", "due_date": "2020-01-01"}),
            "household: members[0].due_date",
            "more than a month past",
        ),
        (
            members({"relation": "unborn", "due_date": "2099-01-01"}),
            "household: members[0].due_date",
            "more than ten months away",
        ),
        ({"disabled": False, "severely_disabled": True}, "severely_disabled", "cannot be true while disabled is false"),
        ({"home_owner": True, "no_home": True}, "no_home", "cannot be true while home_owner is true"),
        ({"sex": "male", "pregnant": True}, "pregnant", "cannot be as stated beside sex"),
        ({"household_size": 3, "single_person_household": True}, "household_size", "beside single_person_household"),
        ({"births": ["2026-12-01"]}, "births", "is in the future"),
        ({"parental_leaves_ended": ["2027-01-01"]}, "parental_leaves_ended", "is in the future"),
        (members(membres=[]), "household: membres", "unknown key (did you mean members?)"),
        (members({"birth_date": "2020-01-01"}), "household: members[0].relation", "is missing"),
    ],
)
def test_a_contradiction_is_refused_at_its_place(facts, place, said):
    found = problems(facts)
    assert said in found[place][0]
    assert found[place][1]


@pytest.mark.parametrize(
    "facts",
    [
        {"birth_date": "2000-01-01", "children": ["2000-01-02"]},
        {"birth_date": "2000-01-01"} | members({"relation": "step_child", "birth_date": "1999-01-01"}),
        {"birth_date": "2000-01-01"} | members({"relation": "spouse", "birth_date": "1960-01-01"}),
        {"married": False} | members(CHILD),
        {"minor_caretaker": False} | members({"relation": "grandchild", "raises": False}),
        {"household_size": 1} | members(SPOUSE | {"lives_with": False}, CHILD | {"lives_with": False}),
        {"household_size": 4} | members(SPOUSE),
        {"household_size": 2, "children": ["1985-01-01", "1987-01-01"]},
        {"household_size": 1} | members({"relation": "unborn", "due_date": "2026-11-20"}),
        members({"relation": "unborn", "due_date": "2027-09-28"}),
        {"disabled": True, "severely_disabled": True},
        {"disabled": False, "severely_disabled": False},
        {"sex": "female", "pregnant": True},
        {"household_size": 1, "single_person_household": True},
    ],
)
def test_what_can_be_true_is_accepted(facts):
    assert problems(facts) == {}


def test_all_contradictions_of_a_statement_are_told_at_once():
    facts = {"birth_date": "2021-01-01", "married": False, "household_size": 1, "sex": "male", "pregnant": True}
    found = problems(facts | members(SPOUSE, CHILD, {"relation": "parent", "id": "me"}), person="me")
    assert sorted(found) == [
        "household",
        "household: members[0]",
        "household: members[1].birth_date",
        "household_size",
        "pregnant",
    ]
