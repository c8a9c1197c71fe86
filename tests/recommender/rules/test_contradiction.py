from __future__ import annotations

import pytest

from recommender.rules.catalogue import catalogue
from recommender.rules.contradiction import contradictions
from tests.recommender.catalogues import DECLARATION, document

CHILD = {"relation": "child"}
YOUNG, OLD = {"fact": "age", "at_most": 30}, {"fact": "age", "at_least": 40}


def found_in(*documents):
    held = catalogue([(one["id"], one) for one in documents], DECLARATION)
    places = {one["id"]: (one["id"],) for one in documents}
    return [str(problem) for problem in contradictions(held, DECLARATION, places)]


@pytest.mark.parametrize(
    "who",
    [
        {"fact": "age", "at_least": 40, "at_most": 30},
        {"all": [YOUNG, OLD]},
        {"all": [YOUNG, {"all": [OLD, {"fact": "farmer", "is": True}]}]},
        {"all": [YOUNG, {"any": [OLD, {"all": [{"fact": "age", "above": 30}, {"fact": "farmer", "is": True}]}]}]},
        {"all": [{"fact": "farmer", "is": True}, {"not": {"fact": "farmer", "is": True}}]},
        {"not": {"any": [{"fact": "age", "at_most": 30}, {"fact": "age", "above": 30}]}},
        {"any": [{"all": [YOUNG, OLD]}, {"fact": "age", "above": 50, "below": 50}]},
        {"all": [{"members": CHILD, "none": True}, {"members": CHILD}]},
        {"all": [{"members": CHILD}, {"not": {"members": CHILD}}]},
        {"all": [{"members": CHILD, "none": True}, {"members": CHILD | {"age": {"below": 5}}, "at_least": 2}]},
        {"all": [{"members": CHILD, "is": 2}, {"members": CHILD | {"raises": True}, "at_least": 3}]},
        {"members": {"relation": "spouse"}, "at_least": 2},
    ],
)
def test_rules_that_nobody_can_meet_are_told(who):
    (problem,) = found_in(document("t.a", who))
    assert problem.startswith("t.a: who: nobody can meet it: ")


@pytest.mark.parametrize(
    "who",
    [
        {"any": [YOUNG, OLD]},
        {"all": [YOUNG, {"any": [OLD, {"fact": "farmer", "is": True}]}]},
        {"all": [{"fact": "child_ages", "at_most": 5}, {"fact": "child_ages", "at_least": 10}]},
        {"all": [YOUNG, {"advisory": OLD}]},
        {"all": [{"members": CHILD}, {"members": CHILD | {"age": {"below": 5}}, "none": True}]},
        {"all": [{"members": CHILD, "none": True}, {"members": {"relation": "grandchild"}}]},
        {"any": [{"members": CHILD, "none": True}, {"members": CHILD}]},
        {"all": [{"members": CHILD, "at_least": 3}, {"members": CHILD | {"nth": {"is": 2}}}]},
        {"members": {"relation": "spouse"}},
        {"members": {"relation": "unborn"}, "at_least": 2},
        {"not": {"all": [YOUNG, OLD]}},
        {"all": [{"no_data": "x"}, {"not": {"no_data": "x"}}]},
        {"all": []},
    ],
)
def test_rules_that_somebody_can_meet_are_not(who):
    assert found_in(document("t.a", who)) == []


def receives(name):
    return {"fact": f"receives.{name}", "is": True}


def test_programmes_that_need_each_other_first_can_be_had_by_nobody():
    found = found_in(document("t.a", receives("t.b")), document("t.b", receives("t.a")), document("t.c", {"all": []}))
    assert [one.partition(". ")[0] for one in found] == [
        "t.a: who: nobody can ever get it: it needs receives.t.b, which nobody can receive before it",
        "t.b: who: nobody can ever get it: it needs receives.t.a, which nobody can receive before it",
    ]


def test_another_way_to_one_of_them_is_enough():
    other = {"any": [receives("t.a"), {"fact": "farmer", "is": True}]}
    assert found_in(document("t.a", receives("t.b")), document("t.b", other)) == []
    granting = document("t.c", {"all": []}, grants=["receives.t.b"])
    assert found_in(document("t.a", receives("t.b")), document("t.b", receives("t.a")), granting) == []


def test_a_window_outside_the_days_of_the_rules_never_opens():
    days = {"kind": "dated", "from": "2026-01-01", "until": "2026-02-01"}
    (problem,) = found_in(document("t.a", {"all": []}, window=days, valid={"from": "2026-03-01"}))
    assert problem.startswith("t.a: window: never opens")
    assert (
        found_in(document("t.b", {"all": []}, window=[days, {"kind": "open_ended"}], valid={"from": "2026-03-01"}))
        == []
    )


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        (
            [{"amount": 5, "when": {"all": [{"fact": "age", "at_least": 40}, {"fact": "age", "at_most": 30}]}}],
            "value.when",
        ),
        (
            [{"amount": 1}, {"tiers": [{"amount": 5, "when": {"fact": "age", "at_least": 40, "at_most": 30}}]}],
            "value.parts[1].tiers[0].when",
        ),
    ],
)
def test_a_payment_under_a_condition_that_nobody_meets_is_told(parts, place):
    (problem,) = found_in(document("t.a", {"all": []}) | {"value": {"currency": "KRW", "parts": parts}})
    assert problem.startswith(f"t.a: {place}: nobody can meet it: age would have to be")
