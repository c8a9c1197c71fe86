import pytest

from recommender.gov24.axes import (
    AXES,
    CODES,
    INCOME,
    MEASURED,
    NONE_OF_THESE,
    TRAITS,
    Conditions,
    ReadText,
    contradicted,
    excludes,
    read,
    who,
)
from recommender.rules.clause import Compare

UNREAD = ReadText({"no_data": "지원대상"})
PERSON, HOUSEHOLD = frozenset(TRAITS["person"]), frozenset(TRAITS["household"])


def said(*flags, ages=(None, None)):
    return Conditions(frozenset(flags), *ages)


def test_there_are_forty_eight_codes_and_two_of_them_are_ages():
    assert len(CODES) == 48
    assert {"JA0110", "JA0111"} <= CODES


@pytest.mark.parametrize("axis", ["sex", "age", "income", "person", "household", "stage", "type"])
def test_an_axis_without_a_flag_is_no_data_and_says_which_axis(axis):
    reading = read(axis, said())
    assert (reading.state, reading.clause) == ("no_data", {"no_data": axis, "axis": axis})


def test_one_sex_restricts_and_both_do_not():
    assert read("sex", said("JA0101")).clause == {"fact": "sex", "is": "male", "axis": "sex"}
    assert read("sex", said("JA0101", "JA0102")).state == "unrestricted"


@pytest.mark.parametrize(
    ("ages", "clause"),
    [
        ((19, 34), {"fact": "age", "at_least": 19, "at_most": 34, "axis": "age"}),
        ((65, 120), {"fact": "age", "at_least": 65, "axis": "age"}),
        ((65, 200), {"fact": "age", "at_least": 65, "axis": "age"}),
        ((65, None), {"fact": "age", "at_least": 65, "axis": "age"}),
        ((None, 44), {"fact": "age", "at_most": 44, "axis": "age"}),
        ((0, 119), {"fact": "age", "at_most": 119, "axis": "age"}),
        ((120, 120), {"fact": "age", "at_least": 120, "axis": "age"}),
    ],
)
def test_ages_are_inclusive_bounds_and_120_is_no_upper_one(ages, clause):
    assert read("age", said(ages=ages)).clause == clause


@pytest.mark.parametrize("ages", [(0, 120), (None, 120), (0, None), (0, 999)])
def test_ages_that_bound_nobody_are_unrestricted(ages):
    reading = read("age", said(ages=ages))
    assert (reading.state, reading.clause) == ("unrestricted", None)


@pytest.mark.parametrize(("ages", "bounds"), [((0, 1), {"at_most": 1}), ((6, 18), {"at_least": 6, "at_most": 18})])
def test_an_age_up_to_eighteen_may_be_the_childs(ages, bounds):
    clause = read("age", said(ages=ages)).clause
    assert clause["any"] == [{"fact": "age"} | bounds, {"fact": "child_ages"} | bounds]
    assert clause["why"] == "age_may_be_the_childs"


def test_an_age_up_to_nineteen_is_the_persons_own():
    assert read("age", said(ages=(6, 19))).clause["fact"] == "age"


@pytest.mark.parametrize(
    ("flags", "clause"),
    [
        (["JA0201"], {"fact": "income_percent", "at_most": 50}),
        (["JA0201", "JA0202", "JA0203"], {"fact": "income_percent", "at_most": 100}),
        (["JA0202", "JA0203"], {"fact": "income_percent", "at_least": 51, "at_most": 100}),
        (["JA0205"], {"fact": "income_percent", "at_least": 201}),
        (
            ["JA0201", "JA0204", "JA0205"],
            {"any": [{"fact": "income_percent", "at_most": 50}, {"fact": "income_percent", "at_least": 101}]},
        ),
    ],
)
def test_income_brackets_advise_and_neighbours_are_one_range(flags, clause):
    assert read("income", said(*flags)).clause == {"advisory": clause, "axis": "income"}


def test_every_income_bracket_is_no_restriction():
    assert read("income", said(*INCOME)).state == "unrestricted"


@pytest.mark.parametrize(("axis", "traits"), [("person", PERSON), ("household", HOUSEHOLD)])
def test_none_of_these_alone_or_with_others_is_no_restriction(axis, traits):
    none = NONE_OF_THESE[axis]
    assert read(axis, said(none)).state == "unrestricted"
    assert read(axis, said(none, min(traits))).state == "unrestricted"


@pytest.mark.parametrize(("axis", "traits"), [("person", PERSON), ("household", HOUSEHOLD)])
def test_every_trait_without_none_of_these_is_no_restriction_and_all_but_one_is(axis, traits):
    assert read(axis, said(*traits)).state == "unrestricted"
    assert read(axis, said(*sorted(traits)[1:])).state == "restricted"


def test_traits_are_alternatives():
    assert read("person", said("JA0313")).clause == {"fact": "farmer", "is": True, "axis": "person"}
    assert read("household", said("JA0411", "JA0403")).clause == {
        "any": [{"fact": "single_parent_or_grandparent", "is": True}, {"fact": "many_children", "is": True}],
        "axis": "household",
    }


@pytest.mark.parametrize(("opener", "axis"), [("JA1101", "trade"), ("JA2103", "field")])
def test_an_empty_trade_or_field_is_unrestricted_where_the_stage_or_type_says_something(opener, axis):
    assert read(axis, said(opener)).state == "unrestricted"
    assert read(axis, said()).state == "no_data"


@pytest.mark.parametrize(("flag", "axis"), [("JA1201", "stage"), ("JA2201", "type")])
def test_a_trade_or_field_does_not_make_up_for_an_empty_stage_or_type(flag, axis):
    assert read(axis, said(flag)).state == "no_data"


def test_the_region_binds_every_kind_and_each_kind_has_its_own_axes():
    region = {"fact": "region", "is": "11440", "axis": "region"}
    demands = who(["citizen", "small_business", "organisation"], said("JA0102", "JA0402", "JA1102"), region, UNREAD)
    sex = {"advisory": {"fact": "sex", "is": "female", "axis": "sex"}, "axis": "sex"}
    household = {"fact": "north_korean_defector", "is": True, "axis": "household"}
    assert demands["citizen"]["all"] == [region, UNREAD.clause, sex, household]
    stage = {"advisory": {"fact": "in_business", "is": True, "axis": "stage"}, "axis": "stage"}
    assert demands["small_business"]["all"] == [region, UNREAD.clause, stage]
    assert demands["organisation"]["all"] == [region, UNREAD.clause]


def test_a_text_that_was_read_whole_decides_alone():
    text = ReadText({"fact": "farmer", "is": True}, True)
    assert who(["citizen"], said("JA0402"), None, text) == {"citizen": {"all": [text.clause]}}


def test_flags_alone_never_grant():
    assert who(["citizen"], said("JA0322", "JA0410"), None, UNREAD) == {"citizen": {"all": [UNREAD.clause]}}


def test_an_axis_excludes_only_where_its_no_was_measured_and_right_often_enough():
    assert [axis for axis in AXES if excludes(axis)] == ["household"]
    assert all(figures.right <= figures.of for figures in MEASURED.values())


def test_a_flag_for_who_moved_in_leaves_open_what_it_denies_since_it_does_not_say_when():
    moved = {"fact": "newly_moved_in", "is": True}
    assert who(["citizen"], said("JA0413"), None, UNREAD)["citizen"]["all"][1] == {
        "advisory": moved,
        "axis": "household",
    }
    assert who(["citizen"], said("JA0411"), None, UNREAD)["citizen"]["all"][1]["fact"] == "many_children"


def test_flags_that_restrict_what_the_text_does_not_speak_of_contradict_it():
    text = Compare("farmer", "is", True)
    assert contradicted(["citizen"], said("JA0314", "JA0402"), text) == ("person",)
    assert contradicted(["citizen"], said("JA0313"), text) == ()


def test_every_fact_an_axis_names_is_declared(declaration):
    facts = {fact for traits in TRAITS.values() for fact in traits.values()}
    assert facts | {"sex", "age", "child_ages", "income_percent", "region"} <= set(declaration.facts)


def test_the_axes_are_those_of_the_table():
    assert AXES == ("sex", "age", "income", "person", "household", "stage", "trade", "type", "field")
