"""What rules ask of single facts, as intervals."""

from __future__ import annotations

import pytest

from composition.reading import read_declaration
from recommender.rules.bounds import LEAST, MOST, FactBound, fact_bounds
from recommender.rules.programme_reader import parse_programme

DECLARATION = read_declaration()


def programme(who, **more):
    document = {
        "id": "toy.one", "title": {"ko": "하나"}, "provider": {"id": "toy", "name": {"ko": "청"}, "level": "national"},
        "category": "health", "form": "cash", "who": who, "value": {"amount": None}, "window": {"kind": "unknown"},
        "delivery": "offer", "documents": [], "effort_minutes": None, "valid": {}, "source": {"url": "https://e.org"},
        "verified": True,
    }  # fmt: skip
    return parse_programme(document | more, "one", DECLARATION)


def asked(who):
    return {one.fact: (one.low, one.high, one.firm) for one in fact_bounds(programme(who), DECLARATION)}


@pytest.mark.parametrize(
    ("clause", "interval"),
    [
        ({"fact": "age", "at_least": 19, "at_most": 34}, (19, 34)),
        ({"fact": "age", "above": 19, "below": 34}, (20, 33)),
        ({"fact": "age", "is": 65}, (65, 65)),
        ({"fact": "care_grade", "in": [2, 5]}, (2, 5)),
        ({"fact": "income_percent", "at_most": 100}, (LEAST, 100)),
        ({"fact": "sex", "is": "female"}, (1, 1)),
        ({"fact": "pregnant", "is": True}, (1, 1)),
    ],
)
def test_a_comparison_is_an_interval(clause, interval):
    assert asked(clause) == {clause["fact"]: (*interval, True)}


def test_both_bounds_of_one_fact_narrow_it():
    who = {"all": [{"fact": "age", "at_least": 19}, {"fact": "age", "at_most": 34}, {"fact": "disabled", "is": True}]}
    assert asked(who) == {"age": (19, 34, True), "disabled": (1, 1, True)}


def test_alternatives_span_and_only_what_all_of_them_ask_is_firm():
    young = {"all": [{"fact": "age", "at_most": 30}, {"fact": "no_home", "is": True}]}
    old = {"fact": "age", "at_least": 60, "at_most": 70}
    assert asked({"any": [young, old]}) == {"age": (LEAST, 70, True), "no_home": (1, 1, False)}


def test_any_of_one_is_that_one():
    assert asked({"any": [{"fact": "disabled", "is": True}]}) == {"disabled": (1, 1, True)}


def test_an_advisory_demand_is_not_firm():
    assert asked({"advisory": {"fact": "income_percent", "at_most": 75}}) == {"income_percent": (LEAST, 75, False)}


@pytest.mark.parametrize(
    ("clause", "interval"),
    [
        ({"fact": "disabled", "is": True}, (0, 0)),
        ({"fact": "disabled", "is": False}, (1, 1)),
        ({"fact": "age", "at_most": 18}, (19, MOST)),
        ({"fact": "age", "at_least": 65}, (LEAST, 64)),
    ],
)
def test_not_is_the_other_side_of_a_bound(clause, interval):
    assert asked({"not": clause}) == {clause["fact"]: (*interval, True)}


def test_the_outside_of_a_closed_interval_is_no_interval():
    assert asked({"not": {"fact": "age", "at_least": 19, "at_most": 34}}) == {}


def test_regions_receipts_and_missing_data_are_no_demands():
    who = {
        "all": [
            {"fact": "region", "is": "11"},
            {"fact": "receives.kr.basic-pension", "is": True},
            {"no_data": "nobody published it"},
        ]
    }
    assert asked(who) == {}


def test_who_is_not_for_citizens_is_read_by_its_first_kind():
    found = fact_bounds(programme({"small_business": {"fact": "restaurant", "is": True}}), DECLARATION)
    assert found == (FactBound("restaurant", 1, 1),)
