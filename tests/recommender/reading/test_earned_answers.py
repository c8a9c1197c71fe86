"""Texts whose grammar leaves it open who is meant: neither a yes nor a no may follow from them."""

import pytest

from recommender.reading.criteria import CriteriaReader
from recommender.rules.clause import Answer

YES, NO, OPEN = Answer.YES, Answer.NO, Answer.UNKNOWN
MAN, OLD, MOTHER, SEEKER = "P", "G", "M", "J"
POOR = {"basic_livelihood_recipient": True, "income_percent": 20}
VETERAN = {"veteran": True, "merit_family": False}
EXPECTS = {"sex": "female", "pregnant": True, "gave_birth_or_adopted": False, "children": []}
RAISES = {"children": [], "minor_caretaker": True}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("기초생활수급자, 차상위계층 등 저소득 가정의 중학생", POOR),
        ("기초생활수급자 및 차상위계층 가정의 초등학생", POOR),
        ("국가유공자, 의사상자의 유족", VETERAN),
        ("사망한 국가유공자", VETERAN),
        ("사망한 국가유공자의 배우자", {"veteran": False, "merit_family": True}),
        ("국가유공자의 수권유족", {"veteran": False, "merit_family": True}),
        ("생계 또는 의료급여 수급자", POOR | {"livelihood_benefit": False, "medical_benefit": False}),
        ("저소득 한부모가정", {"single_parent_or_grandparent": True}),
        ("외국인근로자", {"citizen_of_korea": False, "worker": False}),
        ("고등학교 3학년", {"high_student": True}),
        ("장애아동", {"disabled": False, "disabled_in_household": True, "children": ["2018-01-01"]}),
        ("영아를 둔 가정", {"children": ["2021-01-01"]}),
        ("출생신고를 동작구에 한 산모", {"sex": "female", "gave_birth_or_adopted": True}),
        ("영세 소상공인", {"in_business": True}),
    ],
)
def test_a_yes_is_not_given_where_the_words_may_mean_others(answer, text, facts):
    assert answer(text, MAN, **facts) != YES


def test_an_item_that_names_its_owner_again_leaves_those_before_it_alone(answer):
    assert answer("국가유공자 및 국가유공자의 유족", MAN, **VETERAN) == YES
    assert answer("기초생활수급자, 차상위계층", MAN, **POOR) == YES
    assert answer("외국인근로자", MAN, citizen_of_korea=False, worker=True) == YES


def test_the_last_month_of_a_span_from_a_birth_is_not_known_to_the_day(answer):
    text = "출산일로부터 1년 이내인 산모"
    born = {"sex": "female", "gave_birth_or_adopted": True}
    assert answer(text, MOTHER, **born, children=["2026-02-01"]) == YES
    assert answer(text, MOTHER, **born, children=["2025-11-05"]) == OPEN
    assert answer(text, MOTHER, **born, children=["2025-09-01"]) == NO


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("짝수년도에 출생한 여성농업인", {"sex": "female", "farmer": True}),
        ("2016년에 출생한 아동", {"children": ["2016-05-05"]}),
        ("만 6세 이하 아동을 둔 가정", RAISES),
        ("동작구에 거주하는 미취학 아동", RAISES),
        ("임산부로서 출생신고를 동작구에 할 자", EXPECTS),
        ("임신 가정의 부 또는 모", EXPECTS),
        ("만 18세 이후 보호종료된 아동", {"left_care": True, "birth_date": "2006-01-01"}),
        ("65세 이상 노인을 부양하는 자녀", {"birth_date": "1980-01-01"}),
        ("미취업 청년", {"worker": False, "job_seeker": False, "birth_date": "2000-01-01"}),
    ],
)
def test_a_no_is_not_given_where_the_words_speak_of_something_else(answer, text, facts):
    assert answer(text, MAN, **facts) != NO


def test_who_raises_no_child_at_all_is_shut_out_where_a_child_is_asked(answer):
    assert answer("만 6세 이하 아동을 둔 가정", MAN, children=[], minor_caretaker=False) == NO


def test_how_long_they_live_here_may_be_asked_of_every_item(answer):
    text = "동작구에 1년 이상 거주한 65세 이상 노인 또는 장애인"
    assert answer(text, MAN, disabled=True, resident_since="2026-07-01", newly_moved_in=True) != YES
    assert answer(text, MAN, disabled=True) == YES


def test_a_but_inside_a_line_leaves_the_demand_before_it(answer):
    text = "동작구 거주 65세 이상 노인. 단, 만 70세 미만 제외"
    assert answer(text, MAN) == NO
    assert answer(text, OLD, birth_date="1950-01-01") == YES
    assert answer(text, OLD, birth_date="1959-01-01") == NO


@pytest.mark.parametrize(
    ("text", "whole"), [("동작구민\n※ 한글을 모르는 대학생 제외", False), ("동작구민\n※ 대학생 제외", True)]
)
def test_an_exclusion_whose_rest_was_not_read_keeps_a_text_from_a_yes(vocabulary, text, whole):
    assert CriteriaReader(vocabulary, ("동작구",)).read("지원대상", text).whole is whole
