"""Persons and programmes that readers of the law reported as answered wrongly, with what the law answers."""

from __future__ import annotations

import functools
import json
import os
from datetime import date
from pathlib import Path

import pytest

from composition.reading import read_catalogue, read_declaration, read_messages, read_regions, read_working_days
from features.log.files import read_events, sift
from features.problem import Rejected
from recommender.engine import Engine
from recommender.rules.catalogue import catalogue

SHARED = Path(os.environ.get("PROFFER_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
CASES = SHARED.parent / "cases" / "truth"
NOVEMBER, NEW_YEAR = date(2026, 11, 28), date(2027, 1, 1)
NOT_LISTED = "not listed"


@functools.cache
def engine(*documents):
    declaration, regions = read_declaration(), read_regions()
    given = [(f"{i}.yaml", json.loads(document)) for i, document in enumerate(documents)]
    held = catalogue(given, declaration, regions) if given else read_catalogue(None, declaration, regions)
    return Engine(declaration, held, regions, read_messages(), working_days=read_working_days())


def told(facts, day=NOVEMBER, *documents):
    own = engine(*(json.dumps(document) for document in documents))
    return own.answer(own.from_facts(facts, ["citizen"], day), day, None).to_json()


def answer(found, programme):
    """How a programme is told of: its answer, or under which other heading it stands."""
    for row in found["recommendations"]:
        if row["programme"] == programme:
            return row["answer"]
    others = ("upcoming", "already", "alternatives", "closed")
    return next((key for key in others for row in found[key] if row["programme"] == programme), NOT_LISTED)


# --- the files of reported cases, where they stand beside this checkout -------------------------------------------


@pytest.mark.skipif(not CASES.is_dir(), reason="the reported cases are not beside this checkout")
@pytest.mark.parametrize(
    ("file", "day", "programme", "wanted"),
    [
        ("c01-pregnant-again.json", NOVEMBER, "kr.pregnancy-birth-voucher", "unknown"),
        ("c01-pregnant-again.json", NOVEMBER, "kr.high-risk-pregnancy", "unknown"),
        ("c03-parental-leave-ended.json", NOVEMBER, "kr.parental-leave-benefit", "unknown"),
        ("c03-parental-leave-ended.ndjson", NOVEMBER, "kr.parental-leave-benefit", "unknown"),
        ("c05-grandmother.json", NOVEMBER, "kr.child-allowance", "unknown"),
        ("c05-grandmother.json", NOVEMBER, "kr.parent-benefit", "unknown"),
        ("c05-grandmother.json", NOVEMBER, "kr.first-meeting-voucher", "unknown"),
        ("c05-grandmother.json", NOVEMBER, "kr.child-tax-credit", "unknown"),
        ("c07-basic-pension-new-year.json", NEW_YEAR, "kr.basic-pension", "unknown"),
        ("c11-last-day-of-unemployment.ndjson", NOVEMBER, "kr.unemployment-benefit", "unknown"),
        ("c13-gwacheon-ten-days-after-birth.json", NOVEMBER, "kr.gwacheon-pregnancy-grant", "unknown"),
        ("c21-renamed-rule.json", NOVEMBER, "kr.child-allowance", "already"),
        ("c23-parent-benefit-23-months.json", NOVEMBER, "kr.parent-benefit", "yes"),
        ("c24-business-closed.ndjson", NOVEMBER, "kr.hope-return-package", "unknown"),
        ("c26-birthday-next-month.json", NOVEMBER, "kr.basic-pension", "upcoming"),
        ("ev-same-child-two-sources.ndjson", NOVEMBER, "kr.child-allowance", "unknown"),
    ],
)
def test_a_reported_person_is_answered_as_the_law_says(file, day, programme, wanted):
    own, path = engine(), CASES / file
    if path.suffix == ".json":
        assert answer(told(json.loads(path.read_text(encoding="utf-8")), day), programme) == wanted
        return
    problems = []
    events = list(sift(read_events(path, own.declaration), problems))
    assert problems == []
    person = own.from_events(events, events[0].subject, ["citizen"], day)
    assert answer(own.answer(person, day, None).to_json(), programme) == wanted


# --- the same kinds, written anew ---------------------------------------------------------------------------------


def written(name, who, **further):
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "provider": {"id": "kr.t", "name": {"ko": "시청", "en": "a city"}},
        "category": "youth",
        "form": "cash",
        "who": who,
        "source": {"text": "원문", "checked": "2026-11-01"},
        "verified": True,
    } | further


def test_one_that_excludes_what_is_received_is_an_alternative_and_no_offer():
    one = written("t.one", {"fact": "age", "at_least": 19}, excludes=["t.two"])
    two = written("t.two", {"fact": "age", "at_least": 19})
    found = told({"birth_date": "1995-05-05", "receives.t.two": True}, NOVEMBER, one, two)
    assert (answer(found, "t.one"), answer(found, "t.two")) == ("alternatives", "already")


def test_a_cohort_of_children_is_a_clause_over_members_and_the_refusal_says_so():
    facts = {"children": ["2017-06-01"], "minor_caretaker": False}
    cohort = {"members": {"relation": "child", "born": {"at_least": "2017-01-01", "at_most": "2017-12-31"}}}
    assert answer(told(facts, NOVEMBER, written("t.a", cohort)), "t.a") == "yes"
    with pytest.raises(Rejected, match=r"Write \{members: \{relation: child, born: \{at_least: \.\.\.\}\}\}"):
        engine(json.dumps(written("t.a", {"fact": "children", "at_least": "2017-01-01"})))


RENT = written(
    "kr.y.rent",
    {
        "all": [
            {"fact": "region", "in": ["48121", "48123"]},
            {"fact": "age", "at_least": 19, "at_most": 34},
            {"fact": "income_percent", "at_most": 60},
            {"no_data": "부모와 함께 본 소득을 묻는 사실이 없음"},
        ]
    },
    value={"at_most": 200_000, "currency": "KRW", "period": "month", "for": "P12M"},
    window={"kind": "dated", "from": "2026-02-26", "until": "2027-02-25"},
)
NEST = written(
    "kr.y.nest",
    {
        "all": [
            {"fact": "region", "in": ["43111", "43150"]},
            {"any": [{"fact": "age", "at_least": 19, "below": 40}, {"fact": "children_count", "at_least": 1}]},
        ]
    },
    form="facility",
    window=[
        {"kind": "dated", "from": "2026-01-01", "until": "2026-10-30"},
        {"kind": "dated", "from": "2027-01-04", "until": "2027-12-31"},
    ],
)
COUPLE = written(
    "kr.y.couple",
    {
        "all": [
            {"fact": "region", "is": "44210"},
            {"fact": "married", "is": True},
            {"fact": "renter", "is": True},
            {
                "any": [
                    {"fact": "age", "at_least": 18, "at_most": 39},
                    {"members": {"relation": "spouse", "age": {"at_least": 18, "at_most": 39}}},
                ]
            },
        ]
    },
    window={"kind": "unknown", "text": "2027. 1. ~ 4. 예정(담당부서 문의)"},
)
WORKER = written(
    "kr.y.worker",
    {
        "all": [
            {"fact": "region", "is": "47940"},
            {"fact": "worker", "is": True},
            {"fact": "married", "is": False},
            {"fact": "annual_pay_won", "at_most": 43_050_000},
            {"no_data": "중소기업인지 묻는 사실이 없음"},
        ]
    },
    value={"amount": 2_400_000, "currency": "KRW", "period": "year"},
    window={"kind": "dated", "from": "2026-06-05", "until": "2026-06-26"},
)
APPRENTICE = written(
    "kr.y.apprentice",
    {
        "all": [
            {"fact": "region", "is": "31"},
            {"fact": "high_student", "is": True},
            {"no_data": "학년을 묻는 사실이 없음"},
        ]
    },
    form="education",
    window={"kind": "unknown"},
)
YOUTH = (RENT, NEST, COUPLE, WORKER, APPRENTICE)
SPOUSE = {"members": [{"relation": "spouse", "birth_date": "1995-01-01"}]}


@pytest.mark.parametrize(
    ("programme", "facts", "day", "wanted"),
    [
        ("rent", {"region": "48121", "birth_date": "2000-01-01", "income_percent": 60}, NOVEMBER, "unknown"),
        ("rent", {"region": "48121", "birth_date": "1991-11-28", "income_percent": 60}, NOVEMBER, NOT_LISTED),
        ("rent", {"region": "48121", "birth_date": "2000-01-01", "income_percent": 61}, NOVEMBER, NOT_LISTED),
        ("rent", {"region": "48125", "birth_date": "2000-01-01", "income_percent": 60}, NOVEMBER, NOT_LISTED),
        ("rent", {"region": "48121", "birth_date": "2000-01-01", "income_percent": 60}, date(2027, 3, 2), "closed"),
        ("nest", {"region": "43111", "birth_date": "1986-11-29", "children": []}, NOVEMBER, "yes"),
        ("nest", {"region": "43111", "birth_date": "1986-11-28", "children": []}, NOVEMBER, NOT_LISTED),
        ("nest", {"region": "43150", "birth_date": "1970-01-01", "children": ["2020-01-01"]}, NEW_YEAR, "yes"),
        (
            "couple",
            {"region": "44210", "married": True, "renter": True, "birth_date": "1980-01-01", "household": SPOUSE},
            NOVEMBER,
            "yes",
        ),
        (
            "couple",
            {"region": "44210", "married": True, "renter": True, "birth_date": "1980-01-01"},
            NOVEMBER,
            "unknown",
        ),
        (
            "couple",
            {"region": "44210", "married": False, "renter": True, "birth_date": "2000-01-01"},
            NOVEMBER,
            NOT_LISTED,
        ),
        (
            "worker",
            {"region": "47940", "worker": True, "married": False, "annual_pay_won": 43_050_000},
            date(2026, 6, 10),
            "unknown",
        ),
        (
            "worker",
            {"region": "47940", "worker": True, "married": False, "annual_pay_won": 43_050_001},
            date(2026, 6, 10),
            NOT_LISTED,
        ),
        ("apprentice", {"region": "31110", "high_student": True}, NOVEMBER, "unknown"),
        ("apprentice", {"region": "26110", "high_student": True}, NOVEMBER, NOT_LISTED),
    ],
)
def test_a_youth_policy_written_by_hand_answers_at_each_limit(programme, facts, day, wanted):
    assert answer(told(facts, day, *YOUTH), f"kr.y.{programme}") == wanted


def test_a_policy_with_two_windows_is_between_them_upcoming_and_then_open():
    facts = {"region": "43111", "birth_date": "2000-01-01"}
    states = []
    for day in (date(2026, 10, 30), date(2026, 11, 28), date(2027, 1, 4)):
        (row,) = [one for one in told(facts, day, *YOUTH)["recommendations"] if one["programme"] == "kr.y.nest"]
        states.append((row["window"]["state"], row["window"]["closes"]))
    assert states == [("open", "2026-10-30"), ("upcoming", "2027-12-31"), ("open", "2027-12-31")]
