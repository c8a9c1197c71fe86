"""What a title asks beside the words on whom a service is for: its other groups leave open, and shut out nobody."""

import pytest

OLD = "만 65세 이상 어르신"


@pytest.mark.parametrize(
    ("title", "facts"),
    [
        ("장애인 어르신 수당", {"disabled": True}),
        ("장애 어르신 수당", {"disabled": True}),
        ("장애인어르신수당", {"disabled": True}),
        ("어르신(장애인) 이동 지원", {"disabled": True}),
        ("국가유공자 어르신 지원", {"veteran": True}),
        ("남성 어르신 건강 지원", {"sex": "male"}),
        ("80세 이상 어르신 교통비", {"birth_date": "1940-01-01"}),
        ("치매 어르신 지원", {"cognitive_decline": True}),
    ],
)
def test_a_group_of_the_title_that_the_words_do_not_name_is_asked_too(told, title, facts):
    assert told(OLD, title) == "UNKNOWN"
    assert told(OLD, title, facts) == "YES"


@pytest.mark.parametrize("title", ["어르신 교통비 지원", "장애인·어르신 이동 지원", "노인복지관 이용", "구민 지원"])
def test_a_title_that_names_nobody_else_asks_nothing(told, title):
    assert told(OLD, title) == "YES"


def test_a_kind_of_the_group_that_the_words_name_is_not_known(told):
    assert told("관내 농업인", "건채생산농가 유류비 지원", {"farmer": True}) == "UNKNOWN"
    assert told("관내 농업인", "여성친화형 농기계 지원", {"farmer": True}) == "YES"
    assert told("관내 농업인", "여성친화형 농기계 지원", {"farmer": True, "sex": "male"}) == "UNKNOWN"


def test_of_groups_that_stand_side_by_side_in_a_title_each_is_asked(told):
    assert told("구민 누구나", "장애인 어르신 수당") == "UNKNOWN"
    assert told("구민 누구나", "장애인 어르신 수당", {"disabled": True}) == "YES"


def test_the_poor_of_a_title_are_those_whom_the_words_list(told):
    words = "기초생활수급자, 차상위계층, 한부모가족"
    assert told(words, "저소득 구민 지원", {"near_poverty": True}) == "YES"
    assert told(words, "저소득 구민 지원", {"single_parent_or_grandparent": True}) == "UNKNOWN"
