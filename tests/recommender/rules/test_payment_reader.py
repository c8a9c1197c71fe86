import copy
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json
from recommender.rules.payment import GIVES, PER, PERIODS, gives_of
from recommender.rules.programme_reader import parse_programme
from recommender.rules.worth import Value
from tests.recommender.catalogues import DECLARATION, REGIONS, ROOT, document, loaded

SCHEMA = json.loads((ROOT / "recommender/programme.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CHILD = {"amount": 100000, "period": "month", "per": "child", "age": {"of": "child", "below": "P8Y"}}
EVERYTHING = {
    "parts": [
        CHILD,
        {"at_most": 500000, "per": "child", "nth": {"from": 3}},
        {"from": 10, "at_most": 20, "period": "time", "times": 4, "per": "household", "gives": "service"},
        {"percent": "2.50", "of": {"fact": "monthly_rent_won"}, "at_most": 200000, "period": "month", "for": "P6M"},
        {"percent": 85, "of": {"ko": "수수료", "en": "the fee"}, "gives": "discount", "period": "once"},
        {"amount": 66080, "period": "day", "days_a_week": 5, "age": {"of": "person", "at_least": "P18Y"}},
        {
            "tiers": [
                {"amount": 3, "period": "month", "when": {"fact": "income_percent", "at_most": 50}},
                {"amount": 2, "period": "month", "when": {"fact": "income_percent", "above": 50, "at_most": 100}},
                {"amount": 1, "period": "month", "source": {"field": "지원내용", "from": 3, "to": 9}},
            ]
        },
    ],
    "currency": "EUR",
    "gives": "gift",
    "text": {"ko": "원문"},
}


def read(value, **further):
    written = document("t.a", {"all": []}) | {"value": value, "form": "cash"} | further
    return parse_programme(written, ("x.yaml",), DECLARATION, REGIONS)


def problems_of(value):
    with pytest.raises(Rejected) as refusal:
        read(value)
    return [str(problem) for problem in refusal.value.problems]


def test_everything_a_value_can_say_is_read_written_and_read_again():
    programme = read(EVERYTHING)
    assert read(programme.value.to_document()).value == programme.value
    assert programme.value.payments[3].percent == 250
    VALIDATOR.validate(programme.to_document())
    held = loaded(document("t.a", {"all": []}) | {"value": EVERYTHING})
    assert repr(catalogue_from_json(catalogue_to_json(held))) == repr(held)


@pytest.mark.parametrize(
    "short",
    [
        {"amount": 2000000, "currency": "KRW", "period": "once"},
        {"amount": None, "currency": "KRW", "period": "month"},
        {"amount": 16.8, "currency": "EUR", "period": "year", "gives": "loan", "text": {"en": "16.80"}},
        {"amount": 500, "currency": "EUR", "period": "once"},
    ],
)
def test_the_short_form_of_one_amount_stays_as_it_was(short):
    value = read(short).value
    assert value.to_document() == short
    minor = 100 if short["currency"] == "EUR" else 1
    assert value.amount == (None if short["amount"] is None else round(short["amount"] * minor))
    assert value.period == short["period"]


WRONG = [
    ("period", "monthly", "value.period: 'monthly' is not known (did you mean month?)"),
    ("period", "Month", "value.period: 'Month' is not known (did you mean month?)"),
    ("period", "semester", "value.period: 'semester' is not known (did you mean half_year?)"),
    ("period", "weekly", "value.period: 'weekly' is not known (did you mean week?)"),
    ("period", "fortnight", "value.period: 'fortnight' is not known"),
    ("currency", "won", "value.currency: 'won' is not known"),
    ("currency", "krw", "value.currency: 'krw' is not known (did you mean KRW?)"),
    ("amount", -1, "value.amount: -1 is below 0"),
    ("amount", 16.8, "value.amount: 16.8 is not a whole number"),
    ("at_most", 5, "value.amount: stands beside from or at_most"),
    ("per", "family", "value.per: 'family' is not known"),
    ("gives", "money", "value.gives: 'money' is not known"),
    ("percent", 0.001, "value.percent: 0.001 is not a percentage"),
    ("percent", True, "value.percent: True is not a percentage"),
    ("nth", 0, "value.nth: 0 is not a place among children"),
    ("nth", 2, "value.nth: counts children, and the sum is for a person"),
    ("age", {"below": "P30D"}, "value.age.below: 'P30D' counts days"),
    ("age", {"at_least": "P2Y", "below": "P1Y"}, "value.age.below: is not after at_least"),
    ("of", {"fact": "monthly_rent"}, "value.of.fact: 'monthly_rent' is not a declared whole number"),
    ("when", {"fact": "wealth", "is": 1}, "value.when.fact: 'wealth' is not a declared fact"),
    ("days_a_week", 8, "value.days_a_week: 8 is above 7"),
    ("for", "P0M", "value.for: 'P0M' is not a duration"),
    ("parts", [], "value.amount: stands beside parts"),
]


@pytest.mark.parametrize(("key", "wrong", "problem"), WRONG)
def test_what_is_wrong_with_a_value_is_told_once_with_its_place(key, wrong, problem):
    (said,) = problems_of({"amount": 5, "currency": "KRW", key: wrong})
    assert said.startswith(f"x.yaml: {problem}")


def test_a_reversed_range_and_tiers_that_overlap_are_refused():
    assert "less than from" in problems_of({"from": 20, "at_most": 10})[0]
    tiers = copy.deepcopy(EVERYTHING["parts"][6]["tiers"])
    tiers[1]["when"] = {"fact": "income_percent", "at_least": 50, "at_most": 100}
    (said,) = problems_of({"parts": [{"tiers": tiers}]})
    assert said.startswith("x.yaml: value.parts[0].tiers[1]: overlaps the tier 1 before it")
    (said,) = problems_of({"parts": [{"tiers": [tiers[2], tiers[0]]}]})
    assert "no tier after it is ever given" in said
    nth = [{"amount": 1, "per": "child", "nth": {"from": 2}}, {"amount": 2, "per": "child", "nth": 3}]
    assert "overlaps" in problems_of({"parts": [{"tiers": nth}]})[0]


def test_what_is_given_follows_from_the_form_unless_it_is_said():
    assert read({"amount": 5}, form="loan").value.given == "loan"
    assert read({"amount": 5, "gives": "gift"}, form="loan").value.given == "gift"
    assert read({"amount": 5}, form=["service", "cash"]).value.given == "gift"
    assert gives_of([]) == "gift"


def test_the_published_schema_knows_the_same_words():
    payment = SCHEMA["$defs"]["payment"]["properties"]
    assert tuple(payment["period"]["enum"]) == (*PERIODS, None)
    assert tuple(payment["per"]["enum"]) == (*PER, None)
    assert tuple(SCHEMA["$defs"]["gives"]["enum"]) == (*GIVES, None)
    for key, wrong in (("period", "monthly"), ("amount", -1), ("per", "family"), ("gives", "money"), ("colour", 1)):
        assert not VALIDATOR.is_valid(document("t.a", {"all": []}) | {"value": {key: wrong}})


sums = st.none() | st.integers(0, 10**9)


@given(sums, st.sampled_from(PERIODS), st.sampled_from(["KRW", "EUR"]))
def test_any_plain_amount_comes_back(amount, period, currency):
    value = Value.of(amount, currency, period)
    assert read(value.to_document()).value == value


@pytest.mark.parametrize("sum_of", [{"amount": 2**63 - 1}, {"at_most": 10**400}, {"from": 10**13 + 1}])
def test_a_sum_above_what_any_programme_pays_is_refused_in_one_sentence(sum_of):
    (problem,) = problems_of(sum_of | {"currency": "KRW", "period": "month"})
    assert "is above 10000000000000 KRW" in problem
    (part,) = problems_of({"parts": [sum_of], "currency": "KRW"})
    assert "is above" in part


@pytest.mark.parametrize("amount", [1e300, 100_000_000_000.01, 10**400])
def test_a_sum_with_decimals_has_the_same_bound_in_minor_units(amount):
    (problem,) = problems_of({"amount": amount, "currency": "EUR"})
    assert "is above 100000000000 EUR" in problem
    assert read({"amount": 100_000_000_000, "currency": "EUR"}).value.payments[0].high == 10**13


def test_a_cohort_of_children_and_a_claim_paid_back_are_read_written_and_kept():
    part = CHILD | {
        "age": {"of": "child", "below": "P13Y", "born": {"at_least": "2017-01-01", "at_most": "2017-12-31"}}
    }
    window = {"kind": "open_ended", "after": "life.child_born", "retroactive": "P60D"}
    paid = {"value": {"parts": [part]}, "window": window}
    programme = read(paid["value"], window=window)
    assert read(programme.value.to_document()).value == programme.value
    VALIDATOR.validate(programme.to_document())
    held = loaded(document("t.a", {"all": []}) | paid, document("t.b", {"all": []}) | {"value": paid["value"]})
    kept = catalogue_from_json(catalogue_to_json(held))
    assert [one.value.back is None for one in kept.programmes] == [False, True]
    assert repr(kept) == repr(held)
    assert read(paid["value"], window=window | {"after": "life.moved"}).value.back is None


def test_a_cohort_that_nobody_can_be_of_is_refused():
    born = {"at_least": "2017-12-31", "at_most": "2017-01-01"}
    assert "at_most: is before at_least" in problems_of({"parts": [CHILD | {"age": {"born": born}}]})[0]
    own = {"amount": 5, "age": {"of": "person", "born": {"at_least": "2017-01-01"}}}
    assert "born: is of a child" in problems_of({"parts": [own]})[0]


def test_tiers_that_list_no_payment_are_refused():
    assert "tiers: lists no payment" in problems_of({"parts": [{"tiers": []}]})[0]
