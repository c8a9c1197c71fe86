"""Texts that leave it open whom they shut out: a firm no would be more than they say."""

import pytest

from recommender.reading.criteria import CriteriaReader
from recommender.rules.clause import Answer

YES, NO, OPEN = Answer.YES, Answer.NO, Answer.UNKNOWN
MAN, OLD, MOTHER, SEEKER = "P", "G", "M", "J"


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("한부모가족, 차상위계층 등 시장이 지원이 필요하다고 판단하는 가구", MAN, OPEN),
        ("기초생활수급자, 차상위계층\n※ 그 외 구청장이 필요하다고 인정하는 경우 지원 가능", MAN, OPEN),
        ("기초생활수급자(단, 시장이 특별히 필요하다고 인정하는 경우 예외)", MAN, OPEN),
        ("돌봄이 필요한 시민\n※ 그 외 대상자는 시 심의를 통해 지원\n- 등록장애인", MAN, OPEN),
        ("기초생활수급자, 차상위계층", MAN, NO),
        ("국가보훈부장관이 고시한 참전유공자", MAN, NO),
    ],
)
def test_whoever_an_authority_takes_for_eligible_besides_may_be_anybody(answer, text, name, says):
    assert answer(text, name) == says


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("60세 이상 기초생활보장 수급자, 차상위계층 등", OLD, OPEN),
        ("60세 이상 기초생활보장 수급자, 차상위계층 등", SEEKER, NO),
        ("기초수급자, 차상위계층 등", SEEKER, OPEN),
        ("기초수급자, 차상위계층 등", MAN, NO),
        ("기초수급자, 차상위계층", SEEKER, NO),
        ("참전유공자, 국가유공자 등", SEEKER, NO),
    ],
)
def test_a_list_of_the_poor_that_ends_in_and_so_on_means_others_who_are_poor(answer, text, name, says):
    assert answer(text, name) == says


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("타 시군구에 1년 이상 주민등록을 두고 있다가, 동작구에 전입하여 6개월 이상 거주한 전입세대", MAN, OPEN),
        ("출생아의 부모가 출생일 이전 전입하여 6개월 이상 거주", MOTHER, OPEN),
        ("동작구에 전입한 지 1년 이내인 세대", MAN, NO),
        ("2023.8.10. 이후 동작구에 전입하여 6개월 이상 거주한 세대", MAN, NO),
    ],
)
def test_who_moved_in_long_ago_has_moved_in_where_the_text_only_asks_for_how_long_at_least(answer, text, name, says):
    assert answer(text, name) == says


@pytest.mark.parametrize(
    "text", ["예비창업자", "먹거리 등 창업을 희망하는 자", "소상공인 또는 예비 소상공인", "취업을 희망하는 자"]
)
def test_what_one_may_set_out_to_do_shuts_out_nobody(answer, text):
    assert answer(text, MAN) == OPEN


def test_a_line_for_everybody_beside_lines_for_some_shuts_out_nobody(answer):
    assert answer("○ 정신질환자\n○ 자살시도자\n○ 동작 구민 누구나", MAN) == OPEN
    assert answer("○ 정신질환자\n○ 자살시도자\n○ 동작구에 거주하는 자", MAN) == NO


def test_a_span_may_begin_with_a_group_and_end_with_an_age(answer):
    assert answer("고교졸업예정자~39세 구직청년", SEEKER) == OPEN
    assert answer("고교졸업예정자~39세 구직청년", OLD) == NO
    assert answer("청년(~39세)", SEEKER) == YES


def test_the_name_of_the_place_is_no_group(vocabulary):

    named = CriteriaReader(vocabulary, ("경상북도", "고령군", "경북", "고령")).read(
        "지원대상", "고령군에 주소를 둔 산모"
    )
    assert [group.name for group in named.groups] == ["산모"]
    elsewhere = CriteriaReader(vocabulary, ("동작구",)).read("지원대상", "고령의 어르신")
    assert {group.name for group in elsewhere.groups} == {"노인"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("미숙아", MOTHER),
        ("결식우려아동", MOTHER),
        ("지역아동센터 이용 아동", MOTHER),
        ("중소기업 근로자", MAN),
        ("장애인복지시설 이용자 및 종사자", MAN),
        ("공공임대주택 거주자", MAN),
        ("노인부부", OLD),
        ("장수어르신", OLD),
        ("실직자", SEEKER),
        ("사회초년생", SEEKER),
    ],
)
def test_a_word_that_says_more_than_the_facts_tell_gives_no_yes(answer, text, name):
    assert answer(text, name) != YES


def test_people_of_an_age_to_have_children_are_of_either_sex(answer):
    assert answer("가임기 남녀", MAN) == YES
    assert answer("가임기 여성", MAN) == NO
