import pytest

from features.calendar import day_of
from recommender.gov24 import agency

TODAY = day_of(__import__("datetime").date(2026, 11, 22))


def row(code, name, kind):
    return {"소관기관코드": code, "소관기관명": name, "소관기관유형": kind, "지원대상": "관내 거주자"}


@pytest.mark.parametrize("kind", ["중앙행정기관", "공공기관"])
def test_ministries_and_public_institutions_are_nationwide(regions, kind):
    place = agency.place(row("1290000", "국방부", kind), regions, TODAY)
    assert (place.reading.state, place.reading.clause, place.found) == ("unrestricted", None, "type")


@pytest.mark.parametrize(
    ("code", "name", "kind", "region"),
    [
        ("3130000", "서울특별시 마포구", "시군구", "11440"),
        ("3740000", "경기도 수원시", "시군구", "41110"),
        ("5141000", "대구광역시 군위군", "시군구", "27720"),
        ("4341000", "강원특별자치도 고성군", "시군구", "51820"),
        ("5420000", "경상남도 고성군", "시군구", "48820"),
        ("5825000", "전남광주통합특별시 광산구", "시군구", "12330"),
        ("3565000", "인천광역시 검단구", "시군구", "28290"),
        ("6110000", "서울특별시", "광역시도", "11"),
        ("6130000", "전남광주통합특별시", "광역시도", "12"),
        ("5690000", "세종특별자치시", "광역시도", "36"),
        ("8321000", "전북특별자치도교육청", "교육청", "52"),
        ("3940000", "고양문화재단", "지방출자_출연기관", "41280"),
        ("6430000", "(재)충북문화재단", "지방출자_출연기관", "43"),
        ("6130000", "전남신용보증재단", "지방출자_출연기관", "12"),
        ("3010000", "중구시설관리공단", "지방공기업", "11140"),
    ],
)
def test_the_code_of_an_agency_gives_its_region(regions, code, name, kind, region):
    place = agency.place(row(code, name, kind), regions, TODAY)
    assert place.reading.clause == {"fact": "region", "is": region, "axis": "region"}
    assert place.found == "code"


@pytest.mark.parametrize(
    ("code", "region"), [("4800000", "46110"), ("3600000", "29140"), ("3490000", "28110"), ("4180000", "42110")]
)
def test_a_code_of_before_a_reform_gives_the_region_of_then(regions, code, region):
    assert agency.place(row(code, "", "시군구"), regions, TODAY).reading.clause["is"] == region


def test_a_name_that_contradicts_its_code_changes_nothing_but_is_noticed(regions):
    place = agency.place(row("3530000", "인천광역시남제물포구도시관리공단", "지방공기업"), regions, TODAY)
    assert (place.reading.clause["is"], place.found) == ("28200", "code_name_differs")


@pytest.mark.parametrize("code", ["9999999", "", None, "3130001"])
def test_a_code_that_is_not_in_the_table_is_unknown_even_where_the_name_would_tell(regions, code):
    place = agency.place(row(code, "서울특별시 마포구", "시군구"), regions, TODAY)
    assert (place.reading.state, place.reading.clause) == ("no_data", {"no_data": "region", "axis": "region"})
    assert place.found == "unverified"


def test_an_agency_that_stands_for_two_regions_asks_for_either():
    from recommender.rules.region import Agency, Region, Regions  # a table as small as the case
    from recommender.text import Text

    class Two(Regions):
        def of_agency(self, *_):
            return super().of_agency("1", "", "", 0)._replace(codes=frozenset({2, 3}), found="code")

    two = Two({2: Region(2, Text(ko="가시")), 3: Region(3, Text(ko="나시"))}, {"1": (Agency("1", 2),)})
    assert agency.place(row("1", "가시", "시군구"), two, 0).reading.clause["in"] == ["2", "3"]


def test_the_provider_has_the_agencys_code_and_level():
    assert agency.provider(row("3130000", "서울특별시 마포구", "시군구")) == {
        "id": "kr.3130000",
        "name": {"ko": "서울특별시 마포구"},
        "level": "municipality",
    }
    assert agency.provider(row(None, "어느 곳", "새 유형"))["id"] == "kr.unknown"
    assert agency.provider(row("B1", "어느 곳", "새 유형"))["level"] == "other"


def test_a_car_park_of_a_districts_corporation_asks_nobody_where_they_live(regions):
    park = row("3230000", "송파구시설관리공단", "지방공기업") | {
        "서비스명": "공영주차장 요금 감면",
        "지원대상": "장애인",
    }
    place = agency.place(park, regions, TODAY)
    assert (place.reading.state, place.reading.clause, place.residence) == ("unrestricted", None, "not_asked")
    assert place.codes == (11710,)


def test_where_residence_may_be_asked_living_elsewhere_leaves_the_answer_open(regions):
    grant = row("3230000", "송파복지재단", "지방출자_출연기관") | {"지원대상": "생계곤란 가구"}
    place = agency.place(grant, regions, TODAY)
    assert place.reading.clause == {"advisory": {"fact": "region", "is": "11710"}, "axis": "region"}
