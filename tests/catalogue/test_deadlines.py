"""The golden cases of deadlines: what weekends and the shipped table of holidays make of a window."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from composition.holiday_table import table
from composition.reading import read_working_days
from composition.settings import SHIPPED, CountryFolder
from features.calendar import date_of, day_of
from features.problem import Rejected
from features.snapshot import Occurrence
from recommender.rules.window import after_event, between
from recommender.rules.window_rule import WindowRule
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

CASES = yaml.safe_load((Path(__file__).parent / "deadlines.yaml").read_text(encoding="utf-8"))
EVENT = "life.child_born"


@pytest.fixture(scope="module")
def working():
    return read_working_days()


def _window(case, working):
    today = day_of(case["as_of"])
    if "until" in case:
        return between("dated", None, day_of(case["until"]), today, working)
    period = case["period"]
    rule = WindowRule("relative", after=(EVENT,), within=period["within"], count_from=period.get("count_from"),
                      anchor=period.get("anchor"))  # fmt: skip
    return after_event(rule, [Occurrence(EVENT, day_of(period["from"]))], today, working)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_window_ends_as_the_law_says(case, working):
    found = _window(case, working)
    assert (found.state, date_of(found.closes)) == (case["state"], case["closes"])


def test_the_shipped_table_is_what_the_library_says_of_its_years(working):
    shipped = yaml.safe_load(SHIPPED.holidays.read_text(encoding="utf-8"))
    languages = {"ko": "ko", "en": "en_US"}
    made = yaml.safe_load(table("KR", shipped["from"].year, shipped["until"].year, languages))
    assert shipped["holidays"] == made["holidays"]
    assert working.holidays == {day_of(one["day"]) for one in made["holidays"]}


def test_every_year_of_the_table_has_its_fifteen_statutory_holidays(working):
    for year in range(2020, 2031):
        held = [date_of(day) for day in working.holidays if date_of(day).year == year]
        assert len(held) >= 15, year


def test_a_country_without_a_table_moves_weekends_only(tmp_path):
    assert read_working_days(country=CountryFolder(tmp_path)) == WEEKENDS_ONLY
    assert not WEEKENDS_ONLY.holidays


def test_every_problem_of_a_table_is_reported_at_once():
    document = {
        "weekend": ["sunday", "sonntag"],
        "from": "2026-01-01",
        "until": "2026-12-31",
        "sources": ["x"],
        "holidays": [{"day": "2027-01-01"}, {"name": "설날"}, "2026-03-01", {"day": "2026-02-30"}],
        "extra": 1,
    }
    with pytest.raises(Rejected) as refusal:
        WorkingDays.parse(document, ("holidays.yaml",))
    text = str(refusal.value)
    for where in ("weekend", "holidays[0].day", "holidays[1].day", "holidays[2]", "holidays[3].day", "extra"):
        assert where in text, text
