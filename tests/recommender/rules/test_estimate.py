from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from features.calendar import completed_months, day_of
from features.snapshot import known_from_facts
from features.value import UNKNOWN
from recommender.rules.children import Children
from recommender.rules.clause import Answer
from recommender.rules.payment import AgeSpan, Payment, Tiers
from recommender.rules.payment_reader import PERIODS
from recommender.rules.person import Person
from recommender.rules.programme_reader import parse_programme
from recommender.rules.worth import Value
from tests.recommender.catalogues import document

SHIPPED = reading.read_declaration()
TODAY = date(2026, 11, 28)
T = SHIPPED.zone.end_of_day(TODAY)


def person(**facts):
    return Person(known_from_facts(SHIPPED, facts, T), regions=reading.read_regions())


def value(*parts, **more):
    written = document("t.a", {"all": []}) | {"value": {"currency": "KRW", "parts": list(parts)} | more}
    return parse_programme(written, ("x.yaml",), SHIPPED, reading.read_regions()).value


def span(worth, **facts):
    found = worth.amount_of(person(**facts), T)
    return found.low, found.high


PARENTS = value(
    {"amount": 1_000_000, "period": "month", "per": "child", "age": {"of": "child", "below": "P12M"}},
    {"amount": 500_000, "period": "month", "per": "child", "age": {"of": "child", "at_least": "P12M", "below": "P24M"}},
)
UNTIL_NINE = value({"amount": 100_000, "period": "month", "per": "child", "age": {"of": "child", "below": "P9Y"}})
COHORT = value(
    {
        "amount": 100_000, "period": "month", "per": "child",
        "age": {"of": "child", "below": "P13Y", "born": {"at_least": "2017-01-01", "at_most": "2017-12-31"}},
    },
)  # fmt: skip
BIRTH = value(
    {"amount": 300_000, "per": "child", "nth": 1},
    {"amount": 1_000_000, "per": "child", "nth": {"from": 2}},
)
WAGE = value({"amount": 66_080, "period": "day", "days_a_week": 5})
TRAINING = value({"amount": 10_320, "period": "day"})
BY_INCOME = value(
    {
        "tiers": [
            {"amount": 300_000, "period": "month", "when": {"fact": "income_percent", "at_most": 50}},
            {"amount": 200_000, "period": "month", "when": {"fact": "income_percent", "above": 50, "at_most": 100}},
        ]
    }
)
HALF_RENT = value({"percent": 50, "of": {"fact": "monthly_rent_won"}, "at_most": 200_000, "period": "month"})
DISABLED = value({"amount": 100, "when": {"fact": "disabled", "is": True}}, {"amount": 50})
YOUTH = value({"amount": 100_000, "period": "month", "age": {"of": "person", "below": "P35Y"}})


def home(*children):
    """A household of these children only: when each was born, and whether the person raises it."""
    members = [
        {"relation": "child", "raises": raises} | ({"birth_date": born} if born else {}) for born, raises in children
    ]
    return {"household": {"complete": True, "members": members}}


@pytest.mark.parametrize(
    ("worth", "facts", "expected"),
    [
        (PARENTS, {"children": ["2024-12-15"]}, (500_000, 500_000)),  # 23 months: one month is left
        (PARENTS, {"children": ["2025-11-29"]}, (1_000_000 + 11 * 500_000,) * 2),  # 11 months: twelve tomorrow
        (PARENTS, {"children": ["2026-11-20"]}, (12_000_000, 12_000_000)),
        (PARENTS, {"children": ["2024-11-28"]}, (0, 0)),
        (PARENTS, {}, (0, None)),
        (UNTIL_NINE, {"children": ["2026-09-01"] * 3}, (3_600_000, 3_600_000)),
        (UNTIL_NINE, {"children": ["2017-12-28", "2024-01-01"]}, (1_300_000, 1_300_000)),
        (COHORT, {"children": ["2017-01-01"]}, (1_200_000, 1_200_000)),
        (COHORT, {"children": ["2016-12-31", "2017-12-31", "2018-01-01"]}, (1_200_000, 1_200_000)),
        (COHORT, {"household": {"complete": True, "members": [{"relation": "child", "raises": True}]}}, (0, 1_200_000)),
        (BIRTH, {"children": ["2026-10-01"]}, (300_000, 300_000)),
        (BIRTH, {"children": ["2023-01-01", "2026-10-01"]}, (1_000_000, 1_000_000)),
        (BIRTH, {"children": ["2026-10-01", "2026-10-01"]}, (1_300_000, 1_300_000)),
        (BIRTH, home(("2018-01-01", False), ("2026-06-01", True)), (1_000_000, 1_000_000)),
        (BIRTH, home(("2018-01-01", True), ("2026-06-01", False)), (300_000, 300_000)),
        (BIRTH, home((None, False), ("2026-06-01", True)), (0, 1_300_000)),  # the first, or the second
        (UNTIL_NINE, home(("2018-01-01", False), ("2026-06-01", True)), (1_200_000, 1_200_000)),
        (WAGE, {}, (66_080 * 260, 66_080 * 260)),
        (TRAINING, {}, (10_320, None)),
        (BY_INCOME, {"income_percent": 50}, (3_600_000, 3_600_000)),
        (BY_INCOME, {"income_percent": 51}, (2_400_000, 2_400_000)),
        (BY_INCOME, {"income_percent": 101}, (0, 0)),
        (BY_INCOME, {}, (2_400_000, 3_600_000)),
        (HALF_RENT, {"monthly_rent_won": 300_000}, (1_800_000, 1_800_000)),
        (HALF_RENT, {"monthly_rent_won": 900_000}, (2_400_000, 2_400_000)),
        (HALF_RENT, {}, (0, 2_400_000)),
        (YOUTH, {"birth_date": "1992-01-28"}, (200_000, 200_000)),
        (YOUTH, {"birth_date": "2000-01-28"}, (1_200_000, 1_200_000)),
        (YOUTH, {}, (0, 1_200_000)),
        (value({"at_most": 500_000}), {}, (0, 500_000)),
        (value({"from": 500_000}), {}, (500_000, None)),
        (value({"amount": 5, "period": "week"}), {}, (260, 260)),
        (value({"amount": 5, "period": "month", "for": "P6M"}), {}, (30, 30)),
        (value({"amount": 5, "period": "time", "times": 4}), {}, (5, 20)),
        (value({"amount": 5, "period": "quarter"}, {"at_most": 7, "period": "half_year"}), {}, (20, 34)),
        (DISABLED, {}, (50, 150)),
        (DISABLED, {"disabled": False}, (50, 50)),
        (Value(), {}, (0, 0)),
    ],
)  # fmt: skip
def test_a_value_comes_to_what_the_text_pays_in_twelve_months(worth, facts, expected):
    assert span(worth, **facts) == expected


@pytest.mark.parametrize(
    ("born", "first_day_counts", "months"),
    [
        ("2026-10-15", True, 13),
        ("2026-09-30", True, 13),  # the sixtieth day, its own counted, is the day of asking, a Saturday
        ("2026-09-28", True, 10),
        ("2026-09-29", False, 13),
        ("2026-09-27", False, 10),
        ("2026-11-20", True, 12),
    ],
)
def test_a_claim_in_time_is_paid_from_the_birth(born, first_day_counts, months):
    window = {
        "kind": "open_ended", "after": "life.child_born", "retroactive": "P60D",
        "count_from": "same_day" if first_day_counts else "next_day",
    }  # fmt: skip
    part = {"amount": 1, "period": "month", "per": "child", "age": {"of": "child", "below": "P12M"}}
    further = {"amount": 1, "period": "month", "per": "child", "age": {"of": "child", "at_least": "P12M"}}
    written = document("t.a", {"all": []}) | {"value": {"currency": "KRW", "parts": [part, further]}, "window": window}
    worth = parse_programme(written, ("x.yaml",), SHIPPED, reading.read_regions()).value
    found = worth.amount_of(person(children=[born]), T)
    assert found.low == found.high == (months if months > 10 else 12)
    assert found.steps[0].times == (min(months, 12),) * 2


def test_what_is_not_known_is_named_and_what_is_not_stated_has_no_middle():
    assert PARENTS.amount_of(person(), T).missing == ("children",)
    assert BY_INCOME.amount_of(person(), T).missing == ("income_percent",)
    assert YOUTH.amount_of(person(), T).missing == ("birth_date",)
    assert HALF_RENT.amount_of(person(), T).missing == ("monthly_rent_won",)
    assert PARENTS.amount_of(person(), T).middle is None
    assert Value.of(None, "KRW", "month").amount_of(person(), T).middle is None
    assert BY_INCOME.amount_of(person(), T).middle == 3_000_000


def test_a_loan_beside_a_gift_does_not_add_to_it():
    worth = value({"amount": 100, "gives": "loan"}, {"amount": 3}, gives="gift")
    found = worth.amount_of(person(), T)
    assert (found.gives, found.low, found.high) == ("gift", 3, 3)
    assert [step.gives for step in found.steps] == ["loan", "gift"]


@dataclass(frozen=True)
class Parent:
    """Somebody of whom only the children's birthdays may be known."""

    born: tuple[date, ...] | None

    def children(self, _t):
        today = day_of(TODAY)
        if self.born is None:
            return Children()
        return Children(tuple((completed_months(day_of(day), today),) * 2 for day in sorted(self.born)), True)

    def age_months(self, _t):
        return None

    def column(self, _name):
        return UNKNOWN

    def answer(self, _clause):
        return Answer.UNKNOWN


payments = st.builds(
    Payment,
    low=st.integers(0, 10**6),
    high=st.none() | st.integers(10**6, 10**7),
    period=st.sampled_from(PERIODS),
    per=st.sampled_from(["person", "child"]),
    age=st.none() | st.builds(AgeSpan, st.just("child"), st.integers(0, 12), st.integers(13, 200)),
    lasts=st.none() | st.integers(1, 24),
)
some_children = st.lists(st.dates(date(2010, 1, 1), TODAY), max_size=4).map(tuple)


@given(st.lists(payments, max_size=3), some_children, st.booleans())
def test_knowing_more_never_widens_the_range(parts, born, tiered):
    worth = Value((Tiers(tuple(parts)),) if tiered and parts else tuple(parts))
    vague, sharp = worth.amount_of(Parent(None), T), worth.amount_of(Parent(born), T)
    assert vague.high is None or (sharp.high is not None and sharp.high <= vague.high)
    assert sharp.low >= vague.low
    assert sharp.high is None or sharp.low <= sharp.high


@given(st.lists(payments, max_size=3), some_children)
def test_the_steps_add_up_to_the_range(parts, born):
    found = Value(tuple(parts)).amount_of(Parent(born), T)
    assert found.low == sum(step.total[0] for step in found.steps)
    highest = [step.total[1] for step in found.steps]
    assert found.high == (None if None in highest else sum(highest))
