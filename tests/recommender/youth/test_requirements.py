"""Coded fields and texts of policies as clauses: both sides of each, and nothing dropped."""

import pytest

from recommender.reading.target_group import GroupVocabulary
from recommender.youth import requirements
from recommender.youth.requirements import age, conditions, income, listed, marriage, region, texts


def test_the_rows_of_these_tests_have_the_sixty_fields_of_the_api(policy):
    assert len(policy()) == 60


@pytest.mark.parametrize(
    ("low", "high", "clause"),
    [
        ("19", "34", {"fact": "age", "at_least": 19, "at_most": 34, "axis": "age"}),
        (19, 34, {"fact": "age", "at_least": 19, "at_most": 34, "axis": "age"}),
        ("19", "0", {"fact": "age", "at_least": 19, "axis": "age"}),
        ("0", "39", {"fact": "age", "at_most": 39, "axis": "age"}),
        ("18", "99", {"fact": "age", "at_least": 18, "axis": "age"}),
        ("0", "0", {"no_data": "지원 대상 연령", "axis": "age"}),
        ("", None, {"no_data": "지원 대상 연령", "axis": "age"}),
        ("열아홉", "-3", {"no_data": "지원 대상 연령", "axis": "age"}),
        ("39", "19", {"no_data": "지원 대상 연령 39세 ~ 19세", "axis": "age"}),
        ("0", "120", None),
    ],
)
@pytest.mark.parametrize("limited", ["Y", "N"])
def test_ages_whatever_the_field_that_says_whether_there_is_a_limit(policy, low, high, clause, limited):
    assert age(policy(sprtTrgtMinAge=low, sprtTrgtMaxAge=high, sprtTrgtAgeLmtYn=limited)).clause == clause


@pytest.mark.parametrize("words", ["부부 중 1명이 18~39세", "만 40세 미만 또는 자녀가 있는 자", "배우자의 나이"])
def test_an_age_that_others_may_have_instead_excludes_nobody(policy, words):
    assert set(age(policy(addAplyQlfcCndCn=words)).clause) == {"advisory", "axis"}


def test_the_region_is_the_list_of_municipalities_and_all_of_a_province_are_the_province(policy, regions):
    def clause(codes):
        return region(policy(zipCd=codes), regions).clause

    assert clause("11440") == {"fact": "region", "is": "11440", "axis": "region"}
    assert clause("48121,48123,48125,48127,48129") == {"fact": "region", "is": "48120", "axis": "region"}
    assert clause("11440, 11410") == {"fact": "region", "in": ["11410", "11440"], "axis": "region"}
    parts = [code for code, one in regions.by_code.items() if one.within == 11]
    assert clause(",".join(map(str, parts))) == {"fact": "region", "is": "11", "axis": "region"}


def test_a_code_that_no_table_knows_leaves_the_region_open_and_is_kept(policy, regions):
    found = region(policy(zipCd="11440,99999"), regions).clause
    assert found["any"] == [{"fact": "region", "is": "11440"}, {"no_data": "zipCd 99999"}]
    assert region(policy(zipCd="99999"), regions).clause["no_data"] == "zipCd 99999"


def test_a_list_of_the_whole_nation_demands_nothing(policy, regions):
    everywhere = [str(code) for code in regions.by_code if code > 10_000]
    assert region(policy(zipCd=",".join(everywhere)), regions).state == "unrestricted"
    assert region(policy(zipCd="", pvsnInstGroupCd="0054001"), regions).state == "unrestricted"
    assert region(policy(zipCd=""), regions).clause == {"no_data": "정책 거주지역", "axis": "region"}


def test_marriage(policy):
    assert marriage(policy(mrgSttsCd="0055001")).clause == {"fact": "married", "is": True}
    assert marriage(policy(mrgSttsCd="0055002")).clause == {"fact": "married", "is": False}
    assert marriage(policy()).clause is None
    assert marriage(policy(mrgSttsCd="0055009")).clause == {"no_data": "mrgSttsCd 0055009"}


def test_pay_above_an_upper_limit_of_income_excludes_and_nothing_else_does(policy):
    clause = income(policy(earnCndSeCd="0043002", earnMinAmt="2000", earnMaxAmt="5,000")).clause
    low, high, other = clause["all"]
    assert low == {"advisory": {"fact": "annual_pay_won", "at_least": 20_000_000}}
    assert (high["fact"], high["at_most"]) == ("annual_pay_won", 50_000_000)
    assert other == {"no_data": "연소득 20,000,000원 이상 50,000,000원 이하 (급여 밖의 소득은 알 수 없음)"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"earnCndSeCd": "0043002"}, "연소득"),
        (
            {"earnCndSeCd": "0043002", "earnMinAmt": "5000", "earnMaxAmt": "2000"},
            "연소득 50,000,000원 이상 20,000,000원 이하",
        ),
        ({"earnCndSeCd": "0043003", "earnEtcCn": "건강보험료 기준"}, "기타 소득 조건"),
        ({"earnCndSeCd": "0043003", "earnEtcCn": "청년 60% 이하, 원가구 중위소득 100% 이하"}, "기타 소득 조건"),
        ({"earnCndSeCd": "0043003", "earnEtcCn": "부모 중위소득 100% 이하"}, "기타 소득 조건"),
        ({"earnCndSeCd": "0043009"}, "earnCndSeCd 0043009"),
    ],
)
def test_an_income_that_no_fact_settles_is_told_and_excludes_nobody(policy, fields, reason):
    assert income(policy(**fields)).clause == {"no_data": reason, "axis": "income"}


def test_a_sum_in_whole_won_is_not_taken_for_units_of_ten_thousand(policy):
    high = income(policy(earnCndSeCd="0043002", earnMaxAmt="50000000")).clause["all"][0]
    assert high["at_most"] == 50_000_000


def test_a_percentage_of_the_median_that_stands_alone_is_read(policy):
    row = policy(earnCndSeCd="0043003", earnEtcCn="기준 중위소득 150% 이하")
    assert income(row).clause["at_most"] == 150
    assert list(texts(row)) == []
    more = policy(earnCndSeCd="0043003", earnEtcCn="기준 중위소득 150% 이하 무주택 가구")
    assert income(more).clause["at_most"] == 150
    assert [one["unread_text"]["words"] for one in texts(more)] == ["기준 중위소득 150% 이하 무주택 가구"]


def test_lists_of_codes_are_alternatives_that_exclude_nobody(policy):
    work = listed(policy(jobCd="0013001,0013004"), "jobCd").clause
    assert work["advisory"]["any"] == [{"fact": "worker", "is": True}, {"no_data": "취업 요건: 프리랜서"}]
    assert work["why"] == "취업 요건: 재직자, 프리랜서"
    assert listed(policy(jobCd="0013003"), "jobCd").clause["advisory"] == {"fact": "worker", "is": False}
    assert listed(policy(schoolCd="0049007"), "schoolCd").clause == {"no_data": "학력 요건: 대학 졸업"}
    assert listed(policy(plcyMajorCd="0011005,0011007"), "plcyMajorCd").clause == {
        "no_data": "전공 요건: 공학계열, 농산업계열"
    }
    assert listed(policy(sbizCd="0014002"), "sbizCd").clause["advisory"] == {"fact": "sex", "is": "female"}
    assert listed(policy(sbizCd="0014002,0014010"), "sbizCd").state == "unrestricted"
    assert listed(policy(jobCd="0013099"), "jobCd").clause == {"no_data": "취업 요건: jobCd 0013099"}


def test_every_line_of_every_text_is_kept_with_its_place(policy):
    row = policy(
        addAplyQlfcCndCn="  무주택자\r\n- 제한없음\n보증금 5천만원 이하 ",
        ptcpPrpTrgtCn="주택 소유자",
        srngMthdCn="서류 심사",
        earnEtcCn="없음",
    )
    found = [one["unread_text"] for one in (*conditions(row, GroupVocabulary(), ()), *texts(row))]
    assert [one["words"] for one in found] == ["무주택자", "보증금 5천만원 이하", "주택 소유자", "서류 심사"]
    for one in found:
        assert row[one["field"]][one["from"] : one["to"]] == one["words"]


def test_further_conditions_are_read_as_the_texts_of_services_are(policy, vocabulary):
    def read(words):
        return list(conditions(policy(addAplyQlfcCndCn=words), vocabulary, ("마포구", "마포")))

    assert read("제한없음") == read("-\n없음") == read("") == []
    (disabled,) = read("등록장애인")
    assert (disabled["fact"], disabled["is"], disabled["source"]["field"]) == ("disabled", True, "addAplyQlfcCndCn")
    (partly,) = read("등록장애인\n우리 재단이 정하는 사람")
    assert "우리 재단이 정하는 사람" in str(partly)


def test_a_fact_that_the_declaration_lacks_leaves_its_axis_open(policy, regions):
    read = requirements.readings(policy(mrgSttsCd="0055001"), regions, {"age", "region"})
    assert read["marriage"].clause == {"no_data": "marriage: married"}
    assert read["age"].state == "restricted"


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("열아홉", "34"),
        ("-1", "34"),
        ("19", 34.5),
        ("19", "3" * 20),
        (-1, 34),
        (True, 34),
        ("19", "131"),
        ("19세", "34"),
    ],
)
def test_an_age_that_is_no_number_leaves_the_axis_open(policy, low, high):
    found = age(policy(sprtTrgtMinAge=low, sprtTrgtMaxAge=high))
    assert found.clause == {"no_data": "지원 대상 연령", "axis": "age"}


def test_wide_digits_are_read(policy, regions):
    own = {"fact": "age", "at_least": 19, "at_most": 34, "axis": "age"}
    assert age(policy(sprtTrgtMinAge="１９", sprtTrgtMaxAge="３４")).clause == own
    assert region(policy(zipCd="１１４４０"), regions).clause == {"fact": "region", "is": "11440", "axis": "region"}


@pytest.mark.parametrize("codes", ["abc,11440", "11440, abc", "11440,11-440"])
def test_a_code_that_is_no_code_leaves_the_region_open(policy, regions, codes):
    found = region(policy(zipCd=codes), regions).clause
    assert found["any"][0] == {"fact": "region", "is": "11440"}
    assert found["any"][1]["no_data"].startswith("zipCd ")


def test_a_limit_of_income_that_is_no_number_leaves_the_axis_open(policy):
    clause = income(policy(earnCndSeCd="0043002", earnMinAmt="많음", earnMaxAmt="5000")).clause
    assert clause == {"no_data": "연소득", "axis": "income"}


def test_a_limit_of_income_beyond_any_pay_leaves_the_axis_open(policy):
    clause = income(policy(earnCndSeCd="0043002", earnMinAmt="0", earnMaxAmt="999999999999")).clause
    assert clause == {"no_data": "연소득", "axis": "income"}
