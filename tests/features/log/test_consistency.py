"""One statement that cannot be true of one person is refused: each contradiction at its place, with what to do."""

from datetime import date

import pytest

from composition.reading import read_declaration
from features.declaration.vocabulary import STATED
from features.kernel.snapshot_oracle import snapshot as oracle
from features.log.event import Event
from features.log.history import history_of
from features.problem import Rejected, spelled
from features.snapshot import from_facts, known, known_from_facts

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
        (members(SPOUSE, SPOUSE), "household: members[1]", "is a second spouse, and a person has one at a time"),
        ({"pregnant": False, "sex": "female"} | members({"relation": "unborn"}), "household: members[0]", "is unborn"),
        ({"newly_moved_in": False, "resident_since": "2026-11-01"}, "resident_since", "beside newly_moved_in"),
        ({"birth_date": "2021-05-01", "married": True}, "married", "cannot be as stated beside birth_date"),
        ({"birth_date": "2021-05-01", "children": ["2026-01-01"]}, "children", "is child of a person who is 5"),
        (members({"relation": "parent", "birth_date": "2020-01-01"}), "household: members[0].birth_date", "younger"),
        (
            {"medical_benefit": True, "receives.kr.medical-aid": False},
            "receives.kr.medical-aid",
            "is false, and medical_benefit, which says the same, is not",
        ),
        (
            {"basic_livelihood_recipient": False, "receives.kr.medical-aid": True},
            "receives.kr.medical-aid",
            "beside basic_livelihood_recipient",
        ),
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
        members({"relation": "unborn", "due_date": "2027-01-01"}, {"relation": "unborn", "due_date": "2027-01-01"}),
        {"pregnant": False, "sex": "male"} | members({"relation": "unborn"}),
        {"pregnant": False} | members({"relation": "unborn"}),
        {"newly_moved_in": False, "resident_since": "2025-11-28"},
        {"newly_moved_in": False, "resident_since": "2026-06-01", "birth_date": "2026-06-01"},
        {"birth_date": "2010-01-01", "married": True},
        {"medical_benefit": True, "receives.kr.medical-aid": True},
        {"birth_date": "2000-01-01"} | members({"relation": "child", "birth_date": "unknown", "lives_with": "unknown"}),
        members({"relation": "unborn", "due_date": "unknown"}),
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


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("first", [0, 1])
def test_what_is_stated_of_a_receipt_under_one_name_is_known_under_the_other(value, first):
    names, asked = ("medical_benefit", "receives.kr.medical-aid"), ("kr.medical-aid",)
    t = KOREA.zone.end_of_day(TODAY)
    stated = {names[first]: value}
    person = from_facts(KOREA, stated, t, asked)
    assert [person.value(name) for name in names] == [int(value)] * 2
    assert len(known_from_facts(KOREA, stated, t, asked).holdings) == int(value)
    event = Event("1", "s", "ann", STATED, t - 1, t - 1, stated)
    assert tuple(person.values[0].tolist()) == oracle(KOREA, [event], "ann", t, asked, complete=False)


def test_of_two_statements_of_one_receipt_the_later_one_holds_under_both_names():
    t = KOREA.zone.end_of_day(TODAY)
    said = [{"medical_benefit": True}, {"receives.kr.medical-aid": False}]
    events = [Event(str(i), "s", "ann", STATED, t - 9 + i, t - 9 + i, one) for i, one in enumerate(said)]
    person = known(KOREA, history_of(events, KOREA), "ann", t, ("kr.medical-aid",)).snapshot
    assert [person.value(name) for name in ("medical_benefit", "receives.kr.medical-aid")] == [0, 0]
