"""What the shipped programmes come to for a person: as their texts pay it, child by child and month by month."""

from __future__ import annotations

from datetime import date

import pytest

from composition import reading
from features.snapshot import known_from_facts
from recommender.currency import CURRENCIES
from recommender.engine import Engine
from recommender.offers.amount_text import amount_sentence, step_text, told_amount
from recommender.offers.offer_arrays import offer_arrays
from recommender.rules.person import Person

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def shipped():
    declaration, regions = reading.read_declaration(), reading.read_regions()
    return declaration, regions, reading.read_catalogue(None, declaration, regions), reading.read_messages()


def found(shipped, programme, facts):
    declaration, regions, catalogue, messages = shipped
    t = declaration.zone.end_of_day(TODAY)
    value = catalogue.by_id[programme].value
    estimate = value.amount_of(Person(known_from_facts(declaration, facts, t), regions=regions), t)
    return estimate, amount_sentence(estimate, CURRENCIES[value.currency], messages)


FIRST, TWO = ["2026-10-20"], ["2023-05-05", "2026-10-20"]
THREE = ["2019-02-02", *TWO]
AWAY = (("2018-01-01", False), ("2019-01-01", False))


def home(*children):
    """A household of these children only: when each was born, and whether it lives with the person, who raises it."""
    members = [{"relation": "child", "birth_date": born, "raises": here, "lives_with": here} for born, here in children]
    return {"household": {"complete": True, "members": members}}


@pytest.mark.parametrize(
    ("programme", "facts", "low", "high"),
    [
        ("kr.parent-benefit", {"children": ["2024-12-15"]}, 500_000, 500_000),
        ("kr.parent-benefit", {"children": ["2026-11-20"]}, 12_000_000, 12_000_000),
        ("kr.parent-benefit", {"children": ["2026-11-20", "2026-11-20"]}, 24_000_000, 24_000_000),
        ("kr.child-allowance", {"children": ["2026-06-01"] * 3}, 3_600_000, 3_600_000),
        ("kr.child-allowance", {"children": THREE}, 3_700_000, 3_700_000),
        ("kr.child-allowance", {"children": ["2017-03-01"]}, 1_200_000, 1_200_000),
        ("kr.child-allowance", {"children": ["2016-12-01", "2024-05-01"]}, 1_200_000, 1_200_000),
        ("kr.parent-benefit", {"children": ["2026-10-01"]}, 12_500_000, 12_500_000),  # within sixty days, paid back
        ("kr.parent-benefit", {"children": ["2026-09-20"]}, 11_000_000, 11_000_000),  # past them
        ("kr.uijeongbu-birth-grant", {"children": FIRST}, 300_000, 300_000),
        ("kr.uijeongbu-birth-grant", {"children": TWO}, 1_000_000, 1_000_000),
        ("kr.sasang-birth-grant", {"children": TWO}, 500_000, 500_000),
        ("kr.sasang-birth-grant", {"children": THREE}, 1_000_000, 1_000_000),
        ("kr.uijeongbu-birth-grant", home(("2018-01-01", False), ("2026-06-01", True)), 1_000_000, 1_000_000),
        ("kr.sasang-birth-grant", home(*AWAY, ("2026-06-01", True)), 1_000_000, 1_000_000),
        ("kr.first-meeting-voucher", {"children": TWO}, 3_000_000, 3_000_000),
        ("kr.gwangmyeong-youth-transit", {"children": ["2012-01-01"]}, 0, 360_000),
        ("kr.goyang-mobility-repair", {"near_poverty": True}, 0, 250_000),
        ("kr.goyang-mobility-repair", {"near_poverty": False, "basic_livelihood_recipient": False}, 0, 100_000),
        ("kr.self-support-work", {}, 33_940 * 260, 66_080 * 260),
        ("kr.training-allowance", {}, 10_320, None),
        ("kr.cheonan-father-leave", {}, 1_800_000, 1_800_000),
        ("kr.yeoncheon-senior-transit", {}, 0, 200_000),
        ("kr.basic-pension", {}, 0, 4_196_400),
        ("kr.gyeonggi-postpartum", {"children": ["2026-11-01", "2026-11-01"]}, 1_000_000, 1_000_000),
        ("kr.gyeonggi-postpartum", {"children": TWO}, 500_000, 500_000),
        ("kr.pregnancy-birth-voucher", {"multiple_birth": False}, 1_000_000, 1_200_000),
        ("kr.pregnancy-birth-voucher", {"multiple_birth": True}, 1_400_000, None),
    ],
)
def test_a_shipped_programme_comes_to_what_its_text_pays(shipped, programme, facts, low, high):
    estimate, _ = found(shipped, programme, facts)
    assert (estimate.low, estimate.high) == (low, high)


def test_a_loan_is_no_gift_and_says_so(shipped):
    estimate, text = found(shipped, "kr.microfinance-youth-loan", {})
    assert estimate.gives == "loan"
    assert "loan of up to 5,000,000 won" in text.in_language("en")
    assert "갚아야" in text.in_language("ko")


def test_days_that_nobody_counted_are_not_multiplied(shipped):
    estimate, text = found(shipped, "kr.training-allowance", {})
    assert estimate.middle is None
    assert "10,320 won a day; how often is not stated" in text.in_language("en")


def test_what_no_source_states_is_said_to_be_not_stated(shipped):
    estimate, text = found(shipped, "kr.housing-benefit", {})
    assert (estimate.stated, estimate.middle) == (False, None)
    assert text.in_language("en") == "The amount is not stated."


def test_no_word_for_a_period_or_currency_in_the_catalogue_is_unknown(shipped):
    catalogue = shipped[2]
    assert {one.value.currency for one in catalogue.programmes} == {"KRW"}
    assert "unknown" not in {one.period for programme in catalogue.programmes for one in programme.value.payments}


def test_what_is_paid_back_for_a_child_of_unknown_birthday_widens_the_range(shipped):
    estimate, _ = found(
        shipped,
        "kr.child-allowance",
        {"household": {"complete": True, "members": [{"relation": "child", "raises": True}]}, "minor_caretaker": False},
    )
    assert (estimate.low, estimate.high) == (0, 1_400_000)


def test_no_step_is_given_no_times(shipped):
    estimate, text = found(shipped, "kr.child-allowance", {"children": ["2016-12-01"], "minor_caretaker": False})
    assert (estimate.steps, estimate.high) == ((), 0)
    assert text.in_language("en") == "By what is known, nothing is paid in the next twelve months."


def test_the_benefit_of_a_leave_that_ended_is_not_counted_by_months_to_come(shipped):
    for on_leave, periods in ((True, ["month"]), (False, ["once"])):
        estimate, _ = found(shipped, "kr.parental-leave-benefit", {"on_parental_leave": on_leave})
        assert [step.payment.period for step in estimate.steps] == periods
    estimate, _ = found(shipped, "kr.parental-leave-benefit", {"on_parental_leave": True})
    assert "times" not in step_text(estimate.steps[0], CURRENCIES["KRW"], shipped[3]).in_language("en")


@pytest.mark.parametrize("facts", [{}, {"children": THREE, "sex": "female", "birth_date": "1990-05-01"}, home(*AWAY)])
def test_what_rests_on_no_fact_is_the_same_for_everybody_and_is_told_in_the_same_words(shipped, facts):
    declaration, regions, catalogue, messages = shipped
    day = declaration.zone.end_of_day(TODAY)
    person = Person(known_from_facts(declaration, facts, day), regions=regions)
    table = offer_arrays(Engine(declaration, catalogue, regions, messages).compiled(TODAY))
    flat = 0
    for place, programme in enumerate(catalogue.programmes):
        value, currency = programme.value, CURRENCIES[programme.value.currency]
        told = table.told_to_all(place, value, day, currency, messages)
        assert (told is None) == bool(value.reads), programme.id
        if told is not None:
            flat += 1
            assert told == told_amount(value.amount_of(person, day), currency, messages), programme.id
    assert flat > len(catalogue) // 2
