"""What people are told of windows, versions and what they receive already, by the shipped catalogue and calendar."""

from __future__ import annotations

import functools
from datetime import date

import pytest

from composition.reading import read_catalogue, read_declaration, read_messages, read_regions, read_working_days
from features.log.event import Event
from features.problem import Rejected
from recommender.engine import Engine
from recommender.standing import verdict_json

NOVEMBER = date(2026, 11, 28)
MOTHER = {"birth_date": "1993-04-01", "sex": "female", "citizen_of_korea": True}
PENSIONER = {"citizen_of_korea": True, "married": False, "pension_income_won": 400_000, "occupational_pension": False}


@functools.cache
def engine():
    declaration, regions = read_declaration(), read_regions()
    catalogue = read_catalogue(None, declaration, regions)
    return Engine(declaration, catalogue, regions, read_messages(), working_days=read_working_days())


def told(facts, day=NOVEMBER):
    return shown(engine().from_facts(facts, ["citizen"], day), day)


def told_of(day, *events):
    rows = [
        Event(str(i), "office", "someone", kind, instant(on), instant(on) + 3600, data)
        for i, (kind, on, data) in enumerate(events)
    ]
    return shown(engine().from_events(rows, "someone", ["citizen"], day), day)


def instant(on):
    return engine().declaration.zone.end_of_day(on) - 6 * 3600


def shown(person, day):
    return engine().answer(person, day, None).to_json()


def window(found, programme):
    (row,) = [one for one in found["recommendations"] if one["programme"] == programme]
    return row["answer"], row["window"]["state"], row["window"]["closes"]


def names(rows):
    return {row["programme"] for row in rows}


def test_a_second_pregnancy_is_claimed_although_the_first_child_is_three():
    insured = {"receives.kr.medical-aid": False, "veteran": False, "merit_family": False}
    found = told(MOTHER | insured | {"pregnant": True, "children": ["2023-02-10"]})
    assert window(found, "kr.pregnancy-birth-voucher") == ("yes", "open", None)
    again = told(MOTHER | {"pregnant": False, "children": ["2023-02-10"]})
    assert "kr.pregnancy-birth-voucher" not in names(again["recommendations"])


def test_the_benefit_of_a_leave_is_claimed_for_a_year_after_it():
    began = ("life.parental_leave_started", date(2025, 11, 1), {})
    stated = ("fact.stated", date(2025, 10, 1), {"employment_insured": True, "insured_days": 400})
    ended = ("life.parental_leave_ended", date(2026, 10, 31), {})
    found = told_of(NOVEMBER, stated, began, ended)  # of the days insured, some may have come after the leave began
    assert window(found, "kr.parental-leave-benefit") == ("unknown", "open", "2027-11-01")
    late = told_of(date(2027, 11, 2), stated, began, ended)
    assert "kr.parental-leave-benefit" not in names(late["recommendations"])
    asked = told({"on_parental_leave": False, "employment_insured": True, "insured_days": 400})
    assert window(asked, "kr.parental-leave-benefit")[0] == "unknown"


def test_a_year_of_unemployment_is_counted_from_the_day_after_and_ends_on_a_working_day():
    lost = ("life.job_lost", date(2025, 11, 28), {"voluntary": False})
    stated = ("fact.stated", date(2025, 1, 1), {"birth_date": "1985-01-01", "insured_days": 400})
    for day in (date(2026, 11, 28), date(2026, 11, 30)):
        assert window(told_of(day, stated, lost), "kr.unemployment-benefit")[1:] == ("open", "2026-11-30")
    assert "kr.unemployment-benefit" not in names(told_of(date(2026, 12, 1), stated, lost)["recommendations"])


def test_pregnancy_illness_and_birth_lengthen_the_year_of_unemployment_to_four():
    lost = ("life.job_lost", date(2025, 9, 1), {"voluntary": False})
    for state in ("pregnant", "ill"):
        stated = (
            "fact.stated",
            date(2026, 7, 1),
            {"birth_date": "1990-01-01", "insured_days": 400, "job_seeker": True},
        )
        kept = ("fact.stated", date(2026, 8, 1), {state: True, "worker": False})
        assert window(told_of(NOVEMBER, lost, stated, kept), "kr.unemployment-benefit")[1] == "open"
        lapsed = told_of(NOVEMBER, lost, stated, ("fact.stated", date(2026, 8, 1), {state: False}))
        assert "kr.unemployment-benefit" not in names(lapsed["recommendations"])
    born = ("life.child_born", date(2026, 10, 1), {})
    found = told_of(NOVEMBER, lost, ("fact.stated", date(2026, 11, 1), {"job_seeker": True, "worker": False}), born)
    assert window(found, "kr.unemployment-benefit")[1:] == ("open", "2029-08-31")


def test_a_month_of_leave_must_have_passed_before_its_benefit_is_claimed():
    began = ("life.parental_leave_started", date(2026, 11, 10), {})
    stated = ("fact.stated", date(2026, 10, 1), {"employment_insured": True, "insured_days": 400})
    (row,) = [
        one for one in told_of(NOVEMBER, stated, began)["recommendations"]
        if one["programme"] == "kr.parental-leave-benefit"
    ]  # fmt: skip
    assert (row["window"]["state"], row["window"]["opens"]) == ("upcoming", "2026-12-10")


def test_heirs_may_search_until_a_year_after_the_end_of_the_month_of_the_death():
    died = ("life.widowed", date(2025, 10, 2), {})
    assert window(told_of(date(2026, 11, 2), died), "kr.safe-inheritance-search") == ("yes", "open", "2026-11-02")
    over = told_of(date(2026, 11, 3), died)
    assert "kr.safe-inheritance-search" not in names(over["recommendations"])


def test_who_closed_a_business_is_told_of_the_package_as_a_citizen():
    opened = ("life.business_opened", date(2024, 3, 1), {"trade": "restaurant", "business": "b"})
    closed = ("life.business_closed", date(2026, 10, 1), {"business": "b"})
    assert "kr.hope-return-package" in names(told_of(NOVEMBER, opened, closed)["recommendations"])


@pytest.mark.parametrize("programme", ["gwacheon-pregnancy-grant", "buyeo-newborn-care", "high-risk-pregnancy"])
def test_what_a_second_pregnancy_opens_is_not_closed_since_the_first_birth(programme):
    place = {"gwacheon-pregnancy-grant": "41290", "buyeo-newborn-care": "44760"}.get(programme, "11440")
    facts = MOTHER | {"pregnant": True, "children": ["2023-02-10"], "region": place, "newly_moved_in": False}
    seen = window(told(facts | {"income_percent": 90}), f"kr.{programme}")[1]
    assert seen == ("unknown" if programme == "buyeo-newborn-care" else "open")


@pytest.mark.parametrize(
    ("programme", "facts"),
    [
        ("buyeo-newborn-care", MOTHER | {"pregnant": True, "region": "44760", "income_percent": 90}),
        ("parental-leave-benefit", {"on_parental_leave": True, "parental_leaves_ended": [], "insured_days": 330}),
    ],
)
def test_what_opens_on_a_day_that_is_not_known_is_not_told_to_be_open(programme, facts):
    (one,) = [one for one in told(facts)["recommendations"] if one["programme"] == f"kr.{programme}"]
    assert one["window"]["state"] == "unknown"
    assert "depends on a day that is not known" in one["window"]["text"]["en"]


def test_a_mother_claims_for_thirty_days_after_the_birth():
    facts = MOTHER | {"region": "41290", "newly_moved_in": False, "pregnant": False, "children": ["2026-11-18"]}
    born = facts | {"births": ["2026-11-18"]}
    assert window(told(born), "kr.gwacheon-pregnancy-grant") == ("yes", "open", "2026-12-18")
    assert window(told(facts), "kr.gwacheon-pregnancy-grant") == ("unknown", "open", "2026-12-18")
    assert "kr.gwacheon-pregnancy-grant" not in names(told(born, date(2026, 12, 19))["recommendations"])


@pytest.mark.parametrize(
    ("programme", "place"), [("gwacheon-pregnancy-grant", "41290"), ("gyeonggi-postpartum", "41290")]
)
def test_an_adoption_is_not_taken_for_a_birth(programme, place):
    lived = MOTHER | {"region": place, "newly_moved_in": False, "pregnant": False, "children": []}
    stated = ("fact.stated", date(2026, 1, 1), lived | {"births": []})
    adopted = ("life.child_adopted", date(2026, 11, 27), {"born": "2026-11-18"})
    assert f"kr.{programme}" not in names(told_of(NOVEMBER, stated, adopted)["recommendations"])
    born = ("life.child_born", date(2026, 11, 18), {})
    assert window(told_of(NOVEMBER, stated, born), f"kr.{programme}")[:2] == ("yes", "open")


@pytest.mark.parametrize(
    ("programme", "place"),
    [("andong-infant-water", "47170"), ("sasang-birth-grant", "26530"), ("uijeongbu-birth-grant", "41150")],
)
def test_what_is_paid_for_a_baby_at_home_ends_when_the_baby_moves_out(programme, place):
    stated = Event(
        "0",
        "s",
        "c1",
        "fact.stated",
        *[instant(date(2026, 1, 1))] * 2,
        MOTHER | {"region": place, "children": [], "newly_moved_in": False, "minor_caretaker": False},
    )
    baby, home = (("k1", "child"),), (("k1", "member"),)
    rows = [
        stated,
        Event("1", "s", "c1", "life.child_born", *[instant(date(2026, 9, 1))] * 2, {}, baby),
        Event("2", "s", "c1", "life.member_moved_in", *[instant(date(2026, 9, 4))] * 2, {}, home),
        Event("3", "s", "c1", "life.member_moved_out", *[instant(date(2026, 11, 1))] * 2, {}, home),
    ]

    def answers(told):
        rows = shown(engine().from_events(told, "c1", ["citizen"], NOVEMBER), NOVEMBER)["recommendations"]
        return {row["programme"]: row["answer"] for row in rows}

    assert answers(rows[:2])[f"kr.{programme}"] == "unknown"
    assert answers(rows[:3])[f"kr.{programme}"] == "yes"
    assert f"kr.{programme}" not in answers(rows)
    assert answers(rows[:3])["kr.child-allowance"] == "yes"
    assert answers(rows)["kr.child-allowance"] == "unknown"  # who raises the baby now is asked


def test_a_claim_for_a_child_is_paid_back_for_sixty_days_the_birth_included():
    found = told(MOTHER | {"children": ["2026-11-18"]})
    (row,) = [one for one in found["recommendations"] if one["programme"] == "kr.child-allowance"]
    assert "18 January 2027" in row["window"]["text"]["en"]  # the sixtieth day, 16 January, is a Saturday


def test_in_the_new_year_the_pension_of_the_old_one_is_unknown_and_told_only_to_those_it_was_for():
    found = told(PENSIONER | {"birth_date": "1950-03-01"}, date(2027, 1, 1))
    assert window(found, "kr.basic-pension")[0] == "unknown"
    young = told(PENSIONER | {"birth_date": "1990-03-01"}, date(2027, 1, 1))
    assert "kr.basic-pension" not in names(young["recommendations"])


def test_who_turns_65_next_month_is_told_that_the_pension_may_be_claimed_now():
    found = told(PENSIONER | {"birth_date": "1961-12-20"})
    (pension,) = [one for one in found["upcoming"] if one["programme"] == "kr.basic-pension"]
    assert (pension["on"], pension["opens"], pension["state"]) == ("2026-12-20", "2026-11-01", "open")


def test_the_allowance_received_under_its_old_id_is_not_offered_as_new():
    found = told(MOTHER | {"children": ["2020-05-01"], "receives.kr.child-allowance-under-8": True})
    assert "kr.child-allowance" not in names(found["recommendations"])
    assert "kr.child-allowance" in names(found["already"])


def test_a_grandmother_who_raises_a_child_is_offered_what_is_for_the_child():
    facts = {"birth_date": "1960-05-01", "citizen_of_korea": True, "minor_caretaker": True, "children": ["1985-01-01"]}
    found = told(facts | {"single_parent_or_grandparent": True})
    child = {"child-allowance", "parent-benefit", "first-meeting-voucher", "child-tax-credit", "childcare-fee"}
    child |= {"nuri-curriculum", "home-care-allowance", "single-parent-child-support", "child-minding"}
    assert {f"kr.{name}" for name in child} <= names(found["recommendations"])


def test_the_line_of_the_pension_is_of_monthly_recognised_income():
    facts = PENSIONER | {"birth_date": "1950-05-01", "pension_income_won": 3_000_000}
    person = engine().from_facts(facts, ["citizen"], NOVEMBER)
    (verdict,) = [one for one in engine().verdicts(person, NOVEMBER) if one.programme.id == "kr.basic-pension"]
    said = str(verdict_json(verdict))
    assert "monthly recognised income" in said
    assert "연간" not in said


def test_one_child_told_of_by_two_offices_is_one_child():
    day, about = date(2026, 3, 31), (("k1", "child"),)
    rows = [
        Event("0", "s", "c1", "fact.stated", instant(date(2026, 1, 1)), instant(date(2026, 1, 1)), {"children": []}),
        *(
            Event("1", office, "c1", "life.child_born", instant(day), instant(day) + 3600, {}, about)
            for office in ("a", "b")
        ),
    ]
    found = shown(engine().from_events(rows, "c1", ["citizen"], NOVEMBER), NOVEMBER)
    (row,) = [one for one in found["recommendations"] if one["programme"] == "kr.first-meeting-voucher"]
    assert "2,000,000 won" in str(row)
    assert "3,000,000 won in" not in str(row)


def test_what_cannot_be_held_with_the_childcare_fee_is_told_and_not_offered():
    found = told(MOTHER | {"children": ["2022-05-01"], "receives.kr.childcare-fee": True})
    assert "kr.nuri-curriculum" not in names(found["recommendations"])
    (other,) = [one for one in found["alternatives"] if one["programme"] == "kr.nuri-curriculum"]
    assert other["instead_of"] == ["kr.childcare-fee"]


def test_a_receipt_of_what_no_catalogue_knows_is_refused_with_the_nearest_id():
    with pytest.raises(Rejected, match=r"did you mean kr.childcare-fee\?"):
        told({"receives.kr.childcare-fees": True})


def test_a_claim_without_a_term_outlasts_the_year_in_which_its_fact_holds():
    widowed = ("life.widowed", date(2024, 9, 1), {})
    assert window(told_of(NOVEMBER, widowed), "kr.funeral-benefit")[0] == "unknown"
    barred = told_of(date(2029, 9, 4), widowed, ("fact.stated", date(2024, 8, 1), {"relative_deaths": []}))
    assert "kr.funeral-benefit" not in names(barred["recommendations"])


def urgency(found, programme):
    (row,) = [one for one in found["recommendations"] if one["programme"] == programme]
    parts = {part["factor"]: (part["contribution"], part["text"]["en"]) for part in row["why_rank"]}
    return parts.get("urgency", (0, ""))


def test_the_last_day_to_be_paid_from_the_birth_presses_though_the_window_stays_open():
    pressed, said = urgency(told(MOTHER | {"children": ["2026-10-05"]}), "kr.child-allowance")
    assert pressed == pytest.approx(0.2 * 2 ** (-5 / 30), abs=0.001)  # 3 December is the sixtieth day
    assert (
        said == "Apply by 3 December 2026 to be paid from the beginning; later, you are paid only from when you apply."
    )
    assert urgency(told(MOTHER | {"children": ["2026-09-01"]}), "kr.child-allowance") == (0, "")


def test_a_published_last_day_that_was_no_working_day_presses_until_the_next_one():
    on = date(2026, 5, 31)  # a Sunday, the last of the days published
    facts = {"citizen_of_korea": True, "farmer": True, "region": "52110", "farm_registered": True}
    late = shown(engine().from_facts(facts, ["citizen"], date(2026, 6, 1)), date(2026, 6, 1))
    assert window(late, "kr.jeonbuk-farmer-dividend")[1:] == ("ask", on.isoformat())
    pressed, said = urgency(late, "kr.jeonbuk-farmer-dividend")
    assert (pressed, "was not a working day" in said) == (0.2, True)
