from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from features.calendar import day_of
from features.country import Country
from features.problem import Rejected
from features.value import region_code
from recommender.rules.clause import Answer
from recommender.rules.region import Region, Regions, region_number
from recommender.text import Text
from tests.recommender.catalogues import CODES, DAY, KOREA, REGIONS

SPRING = day_of(date(2026, 6, 30))
CODE = st.sampled_from(CODES)
DAYS = st.sampled_from([SPRING, DAY])


def relation(person, *codes, day=DAY):
    return Answer(REGIONS.relation(person, codes, day))


def test_containment_decides_and_not_equality():
    assert relation(41111, 41110) == relation(41111, 41) == relation(41110, 41) == Answer.YES
    assert relation(41130, 41110) == relation(11440, 41) == Answer.NO


def test_somebody_who_gave_only_their_province_may_live_in_a_district_of_it():
    assert relation(41, 41111) == relation(41110, 41111) == Answer.UNKNOWN
    assert relation(41, 11440) == Answer.NO
    assert relation(41110, 41111, 41113) == Answer.YES


def test_a_split_district_stands_for_its_parts():
    assert relation(28110, 28125) == Answer.UNKNOWN
    assert relation(28110, 28125, 28155) == Answer.YES
    assert relation(28155, 28110) == Answer.YES


def test_a_merged_district_stands_for_what_it_became():
    assert relation(28140, 28125) == relation(28125, 28140) == relation(28140, 28) == Answer.YES
    assert relation(28140, 28155) == Answer.NO


def test_before_a_merger_the_parts_are_apart():
    assert relation(28110, 28140, day=SPRING) == Answer.NO
    assert relation(28140, 28125, day=SPRING) == Answer.UNKNOWN  # 28125 is to hold only a part of 28110
    assert relation(28125, 28125, day=SPRING) == Answer.YES
    assert relation(11440, 28125, day=SPRING) == Answer.NO


def test_a_region_lies_in_the_province_that_holds_it_on_the_day():
    assert [REGIONS.largest(code, DAY) for code in (29110, 46110, 29, 12110, 41111)] == [12, 12, 12, 12, 41]
    assert [REGIONS.largest(code, SPRING) for code in (29110, 29)] == [29, 29]
    assert REGIONS.largest(28110, DAY) == 28  # split in parts of one province
    assert [REGIONS.largest(12, SPRING), REGIONS.largest(99999, DAY)] == [12, 99999]  # two provinces; not in the table


def test_a_province_that_is_gone_stands_for_what_its_districts_became():
    assert relation(29110, 12) == relation(12110, 29) == relation(29, 12) == Answer.YES
    assert relation(12310, 29) == Answer.NO
    assert relation(29110, 12, day=SPRING) == Answer.YES
    assert relation(12110, 29, day=SPRING) == Answer.YES


def test_a_place_that_nobody_knows_or_that_is_gone_for_good_is_unknown():
    assert relation(77777, 11) == relation(11440, 77777) == relation(99, 11) == relation(11440, 99) == Answer.UNKNOWN
    assert relation(11440, 11, 77777) == Answer.YES
    assert relation(11440) == Answer.UNKNOWN


@given(CODE, CODE, DAYS)
def test_two_regions_that_are_apart_are_so_both_ways(one, other, day):
    if relation(one, other, day=day) == Answer.NO and not REGIONS.vague(one, day) and not REGIONS.vague(other, day):
        assert relation(other, one, day=day) == Answer.NO


@given(CODE, CODE, CODE, DAYS)
def test_a_programme_for_more_regions_excludes_nobody_it_admitted(person, one, other, day):
    assert relation(person, one, other, day=day) >= relation(person, one, day=day) or (
        relation(person, one, day=day) == Answer.UNKNOWN
    )


@given(CODE, DAYS)
def test_a_region_lies_in_itself_unless_it_is_gone_for_good(code, day):
    assert relation(code, code, day=day) == (Answer.UNKNOWN if code == 99 and day == DAY else Answer.YES)


def test_names_say_what_is_around():
    assert REGIONS.name(41111, "ko") == "경기도 수원시 장안구"
    assert REGIONS.name(41111, "en") == "Jangan-gu, Suwon-si, Gyeonggi-do"
    assert REGIONS.name(77777, "en") == "77777"


def test_no_name_of_a_shipped_region_says_a_place_twice():
    regions = reading.read_regions()
    assert regions.name(41117, "ko") == "경기도 수원시 영통구"
    assert regions.name(41117, "en") == "Yeongtong-gu, Suwon-si, Gyeonggi-do"
    korean = [regions.name(code, "ko").split(" ") for code in regions.by_code]
    english = [regions.name(code, "en").split(", ") for code in regions.by_code]
    assert [one for one in (*korean, *english) if any(first == last for first, last in pairwise(one))] == []


def test_the_code_of_an_agency_says_where_its_programmes_apply():
    mapo = REGIONS.of_agency("3130000", "시군구", "서울특별시 마포구", DAY)
    assert mapo == (frozenset({11440}), False, "code")
    assert REGIONS.of_agency("3130000", "시군구", "서울특별시 ?포구", DAY).found == "code_name_differs"
    assert REGIONS.of_agency("3540000", "시군구", "중구", SPRING).codes == {28110}
    assert REGIONS.of_agency("3540000", "시군구", "제물포구", DAY).codes == {28125}


def test_ministries_are_nationwide_and_codes_nobody_verified_say_so():
    assert REGIONS.of_agency("1234567", "중앙행정기관", "보건복지부", DAY) == (frozenset(), True, "type")
    for code in ("6500000", "6510000", "0000000"):
        assert REGIONS.of_agency(code, "광역시도", "어딘가", DAY) == (frozenset(), False, "unverified")


@pytest.mark.parametrize(("written", "code"), [("11440", 11440), (41, 41), ("4i", None), (True, None), (0, None)])
def test_a_code_is_as_its_country_writes_it(written, code):
    assert region_number(written, KOREA.region_code) == code


FRENCH = Regions.parse(
    {
        "regions": [
            {"code": "R93", "name": "Provence-Alpes-Côte d'Azur"},
            {"code": "83", "name": "Var", "within": "R93", "whole": False},
            {"code": "2A", "name": "Corse-du-Sud"},
            {"code": "2A004", "name": "Ajaccio", "within": "2A"},
            {"code": "248300543", "name": "Toulon Provence Méditerranée", "whole": False},
            {"code": "83137", "name": "Toulon", "within": ["83", "248300543"]},
        ]
    },
    country=Country(("fr",)),
)


def test_a_commune_lies_in_all_that_is_around_it_and_a_part_known_in_part_has_a_rest():
    def lies(person, *around):
        return Answer(FRENCH.relation(region_code(person), [region_code(one) for one in around], DAY))

    assert lies("83137", "83") == lies("83137", "248300543") == lies("83137", "R93") == Answer.YES
    assert lies("2A004", "2A") == lies("2A", "2A004") == Answer.YES
    assert lies("83", "83137") == lies("83", "248300543") == lies("R93", "83137") == Answer.UNKNOWN
    assert lies("83", "2A004") == lies("2A004", "83", "248300543") == Answer.NO
    assert FRENCH.name(region_code("83137"), "fr") == "Toulon, Var, Provence-Alpes-Côte d'Azur"


def test_a_table_of_regions_is_held_to_the_codes_and_the_levels_of_its_country():
    country = Country(("fr",), levels={"commune": {"fr": "commune"}}, region_code="[0-9]{5}")
    rows = [{"code": "75", "name": "Paris"}, {"code": "14118", "name": "Caen", "level": "ward", "within": "14"}]
    with pytest.raises(Rejected) as refused:
        Regions.parse({"regions": rows}, ("regions.yaml",), country)
    assert [str(one) for one in refused.value.problems] == [
        "regions.yaml: regions[0].code: '75' is not a region code. Write a code of the form [0-9]{5}",
        "regions.yaml: regions[0].code: is missing. Add the region's code",
        "regions.yaml: regions[1].level: 'ward' is not known. Use one of commune",
        "regions.yaml: regions.14118.within: 14 is not in the table. Add its row or correct it",
    ]


def test_every_problem_of_a_table_is_told_at_once():
    table = {
        "regions": [
            {"code": 1, "name": "가", "within": 1, "successors": [5, "x"]},
            {"code": 1, "name": "나", "from": "2026-02-30"},
            {"code": "z", "from": "2026-01-02", "until": "2026-01-01"},
            {"code": 2, "name": "다", "from": "2026-01-02", "until": "2026-01-01", "successors": [3]},
            {"code": 3, "name": "라", "successors": [2], "colour": "red"},
            7,
        ],
        "agencies": [{"code": 3130000, "region": 1}, {"code": "1", "region": 8}, "x"],
    }
    with pytest.raises(Rejected) as rejected:
        Regions.parse(table, ("kr.yaml",))
    assert [str(problem).split(". ")[0] for problem in rejected.value.problems] == [
        "kr.yaml: regions[5]: 7 is not a mapping",
        "kr.yaml: regions[0].successors: [5, 'x'] contains an invalid region code",
        "kr.yaml: regions[1].from: '2026-02-30' is not a date",
        "kr.yaml: regions[2].code: 'z' is not a region code",
        "kr.yaml: regions[2].code: is missing",
        "kr.yaml: regions[2].name: is missing",
        "kr.yaml: regions[3].until: is before from",
        "kr.yaml: regions[4].colour: unknown key",
        "kr.yaml: agencies[2]: 'x' is not a mapping",
        "kr.yaml: agencies[0].code: 3130000 is not an agency code",
        "kr.yaml: regions.1.successors: 5 is not in the table",
        "kr.yaml: agencies.1.region: region 8 is not in the table",
        "kr.yaml: regions.1: stands in 2 rows",
        "kr.yaml: regions.2.successors: leads back to itself",
        "kr.yaml: regions.3.successors: leads back to itself",
    ]


def test_a_region_within_itself_is_refused():
    rows = [{"code": 1, "name": "가", "within": 2}, {"code": 2, "name": "나", "within": 1}]
    with pytest.raises(Rejected, match=r"1\.within: leads back to itself"):
        Regions.parse({"regions": rows})


def test_a_table_that_is_no_mapping_is_refused():
    with pytest.raises(Rejected, match="is not a mapping"):
        Regions.parse([])


def test_even_a_table_built_with_a_loop_gives_leaves():
    looped = {code: Region(code, Text(ko=str(code)), within=3 - code) for code in (1, 2)}
    assert Regions(looped).leaves(1, DAY) == frozenset()
