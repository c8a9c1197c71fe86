import json
import unicodedata

import pytest

from features.problem import Rejected
from recommender.gov24.service_rows import join, parse_conditions, rows_of


def test_rows_stand_in_an_envelope_or_in_a_bare_list():
    row = {"서비스ID": "000000000001"}
    assert rows_of({"page": 1, "totalCount": 1, "data": [row]}, ("x",)) == [row]
    assert rows_of([row], ("x",)) == [row]
    assert rows_of([], ("x",)) == []


@pytest.mark.parametrize("document", [None, "text", 3, {}, {"rows": []}, {"data": {}}])
def test_anything_else_is_refused_with_where_and_what(document):
    with pytest.raises(Rejected, match=r"list\.json: has neither"):
        rows_of(document, ("list.json",))


def test_an_error_of_the_api_is_told_as_one():
    with pytest.raises(Rejected, match=r"error of the API \(code -401\)"):
        rows_of({"code": -401, "msg": "유효하지 않은 인증키입니다."}, ("x",))


def test_a_file_of_v1_rows_is_refused():
    with pytest.raises(Rejected, match="older v1 API"):
        rows_of({"data": [{"SVC_ID": "1", "JA0103": "Y"}]}, ("x",))


@pytest.mark.parametrize(("value", "kind"), [(5, "a number"), (["관내 거주자"], "a list"), ({"ko": "가"}, "an object")])
def test_a_field_of_text_that_is_none_rejects_the_service_with_its_name(listed, detail, conditions, value, kind):
    services, rejections, _ = join([listed(지원대상=value)], [detail(구비서류=value)], [conditions()])
    assert services == ()
    assert f"지원대상 is {kind}, not text (in serviceList)" in rejections[0].reason
    assert f"구비서류 is {kind}, not text (in serviceDetail)" in rejections[0].reason


def test_a_v1_row_among_others_is_rejected_by_itself(listed, detail, conditions):
    services, rejections, _ = join([listed()], [detail()], [conditions(), {"SVC_ID": "2", "JA0103": "Y"}])
    assert [service.id for service in services] == ["000000000001"]
    assert rejections[0].id == "supportConditions[1]"
    assert "older v1 API" in rejections[0].reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("text", "is not an object"),
        ({}, "has no 서비스ID"),
        ({"서비스ID": 12}, "서비스ID 12 is not an id"),
        ({"서비스ID": "../x y"}, "서비스ID '../x y' is not an id"),
    ],
)
def test_a_row_that_names_no_service_is_rejected_by_its_place(row, reason):
    _, rejections, _ = join([row], [], [])
    assert [(one.id, one.reason) for one in rejections] == [("serviceList[0]", reason)]


def test_a_service_missing_from_one_file_is_rejected_and_the_others_are_not(listed, detail, conditions):
    services, rejections, _ = join(
        [listed("1"), listed("2"), listed("3")], [detail("1"), detail("2")], [conditions("1"), conditions("3")]
    )
    assert [service.id for service in services] == ["1"]
    assert [one.to_document() for one in rejections] == [
        {"id": "2", "reason": "has no row in supportConditions"},
        {"id": "3", "reason": "has no row in serviceDetail"},
    ]


def test_a_service_that_is_only_in_the_conditions_is_rejected_too(conditions):
    assert join([], [], [conditions("9")])[1][0].reason == "has no row in serviceList; has no row in serviceDetail"


def test_rows_that_differ_reject_the_service_since_nobody_can_tell_which_is_right(listed, detail, conditions):
    services, rejections, _ = join([listed(), listed(지원내용="매월 5만원", 신청기한=None)], [detail()], [conditions()])
    assert services == ()
    assert rejections[0].reason == "has 2 rows in serviceList that differ in 지원내용, 신청기한"


def test_a_row_that_overlapping_pages_bring_twice_is_one_row_with_the_later_views(listed, detail, conditions):
    pages = [listed(조회수=12), listed(조회수=15), listed(조회수=None)], [detail()] * 2, [conditions()] * 3
    services, rejections, repeated = join(*pages)
    assert (len(services), rejections) == (1, ())
    assert services[0].listed["조회수"] == 15
    assert repeated == 5


def test_rows_in_letters_apart_and_with_entities_are_the_rows_that_people_see(listed, detail, conditions):
    whole = [listed(지원대상="아동 & 청소년")], [detail()], [conditions()]
    sent = [listed(지원대상="아동 &amp; 청소년")], [detail()], [conditions()]
    apart = json.loads(unicodedata.normalize("NFD", json.dumps(sent, ensure_ascii=False)))
    assert join(*apart) == join(*whole)


def test_all_that_is_wrong_with_a_service_is_said_at_once(listed, conditions):
    _, rejections, _ = join([listed(서비스명=" ", 사용자구분=None)], [], [conditions(JA0101="N", ages=(5, 3))])
    assert rejections[0].reason == (
        "has no row in serviceDetail; 서비스명 is empty in serviceList; 사용자구분 is empty in serviceList; "
        'JA0101 is "N", neither "Y" nor null; JA0110 5 is above JA0111 3'
    )


@pytest.mark.parametrize("value", ["N", "y", "", " ", True, 1, 0, [], {}])
def test_a_flag_is_y_or_null_and_nothing_else(value):
    assert len(parse_conditions({"JA0101": value})[1]) == 1


@pytest.mark.parametrize("age", ["19", 19.0, True, False, -1, [], {}])
def test_an_age_is_a_whole_number_that_is_not_negative(age):
    assert parse_conditions({"JA0110": age})[1] == [f"JA0110 is {shown(age)}, not an age"]


def shown(age):
    return {"19": '"19"', True: "true", False: "false"}.get(age, str(age)) if isinstance(age, str | bool) else str(age)


def test_an_unknown_code_rejects_the_row_but_an_unknown_other_field_does_not():
    assert parse_conditions({"JA0101": "Y", "JA0103": None})[1] == ["JA0103 is not a known code"]
    assert parse_conditions({"JA0101": "Y", "비고": "Y"})[1] == []


def test_a_code_that_is_absent_says_as_little_as_null():
    assert parse_conditions({"JA0101": "Y"})[0] == parse_conditions({"JA0101": "Y", "JA0102": None, "JA0110": None})[0]


def test_a_row_without_any_code_is_no_row_of_conditions():
    assert parse_conditions({"서비스ID": "1", "서비스명": "x"})[1] == ["has no JA code at all"]
