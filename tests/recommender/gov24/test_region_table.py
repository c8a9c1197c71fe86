"""The shipped table of regions: complete, free of contradictions, and right about every reform it names."""

import datetime

import pytest
import yaml

from composition.settings import SHIPPED
from features.calendar import day_of

NO, UNKNOWN, YES = 0, 1, 2
TODAY = day_of(datetime.date(2026, 11, 22))


@pytest.fixture(scope="module")
def table():
    return yaml.load(SHIPPED.regions.read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def current(table):
    return {row["code"]: row for row in table["regions"] if "until" not in row}


def test_every_province_municipality_and_district_of_today_is_there(current):
    provinces = [row for row in current.values() if "within" not in row]
    municipalities = [row for row in current.values() if row.get("within") in {p["code"] for p in provinces}]
    assert len(provinces) == 16  # seventeen until 2026-07-01
    assert len(municipalities) == 230  # 227 local governments, Sejong, and the two cities of Jeju
    assert len(current) - len(provinces) - len(municipalities) == 39  # districts inside cities


def test_a_code_begins_with_its_provinces_and_no_name_stands_twice_in_one_place(current):
    for code, row in current.items():
        assert code < 100 or str(code).startswith(str(row["within"])[:2])
    places = [(row.get("within"), row["name"]["ko"]) for row in current.values()]
    assert len(set(places)) == len(places)


def test_every_code_has_both_names_and_every_former_code_a_successor_or_parts_that_have(table):
    parts = {row.get("within") for row in table["regions"] if "until" in row}
    for row in table["regions"]:
        assert row["name"]["ko"]
        assert row["name"]["en"].isascii()
        assert "until" not in row or row.get("successors") or row["code"] in parts


def test_every_municipality_has_an_agency_and_every_province_one_and_an_education_office(table, current):
    answered = [row["region"] for row in table["agencies"] if "until" not in row]
    for code, row in current.items():
        city_district = row.get("within", 0) > 100
        expected = 2 if code < 100 else 0 if city_district or code == 36110 else 1
        assert answered.count(code) == expected, row


def test_an_agency_code_has_seven_digits_stands_once_and_says_who_verified_it(table):
    codes = [row["code"] for row in table["agencies"]]
    assert all(len(code) == 7 and code.isdigit() for code in codes)
    assert len(set(codes)) == len(codes)
    assert all(row["verified"] in (True, False) for row in table["agencies"])
    known = {source.partition(":")[0] for source in table["sources"]} | {"animal-2023", "school-2021"}
    lines = SHIPPED.regions.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith('  - {code: "'):
            assert set(line.partition("#")[2].split()) <= known
            assert ("verified: true" in line) == bool(line.partition("#")[2].split())


def test_the_codes_and_names_of_the_real_sample_agree_with_the_table(sample, table):
    names = {row["code"]: row["name"] for row in table["agencies"]}
    for row in sample[0]:
        if row["소관기관유형"] in ("시군구", "광역시도", "교육청"):
            assert names[row["소관기관코드"]] == row["소관기관명"]


@pytest.mark.parametrize(
    ("person", "programme", "relation"),
    [
        (41111, 41110, YES),
        (41110, 41, YES),
        (41, 41110, UNKNOWN),
        (41111, 41113, NO),
        (42110, 51, YES),  # 강원 2023
        (45111, 52110, YES),  # 전북 2024
        (47720, 27, YES),  # 군위 left 경북 for 대구
        (27720, 47, NO),
        (46110, 12110, YES),  # 목포, before and after
        (46110, 12, YES),
        (29110, 12210, YES),  # 광주 동구
        (12210, 29, YES),
        (12110, 29, NO),
        (12, 46, UNKNOWN),
        (28140, 28125, YES),  # 인천 동구 is all in 제물포구
        (28110, 28125, UNKNOWN),  # 인천 중구 was divided
        (28110, 28, YES),
        (28260, 28275, UNKNOWN),  # 인천 서구 was divided
        (28290, 28260, YES),
        (41590, 41591, UNKNOWN),  # 화성 has districts since 2026
        (41597, 41590, YES),
        (41190, 41196, UNKNOWN),  # 부천 has them again
        (36110, 36, YES),
        (36, 36110, YES),
    ],
)
def test_containment_holds_across_every_reform(regions, person, programme, relation):
    assert regions.relation(person, {programme}, TODAY) == relation


@pytest.mark.parametrize(
    ("person", "programme", "relation"),
    [
        (46110, 12, YES),  # a catalogue of July, judged as of May
        (29, 12, YES),
        (11110, 12, NO),
        (12, 46, UNKNOWN),
        (46110, 12110, YES),
        (46110, 12130, NO),
        (28140, 28125, UNKNOWN),  # nobody can say which part of 제물포구 was meant
        (41590, 41590, YES),
    ],
)
def test_a_catalogue_of_after_a_reform_can_be_judged_as_of_a_day_before_it(regions, person, programme, relation):
    assert regions.relation(person, {programme}, day_of(datetime.date(2026, 5, 1))) == relation


def test_people_are_given_for_every_province_and_come_to_the_country(current):
    people = [row["people"] for row in current.values() if row["code"] < 100]
    assert sum(people) == pytest.approx(51_217_221, rel=0.001)
