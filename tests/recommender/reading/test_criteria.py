"""Whole texts: what is asked, what is unread, and that a doubtful reading never says yes or no."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.reading.criteria import CriteriaReader
from recommender.rules.clause import Advisory, All, Answer, Any, NoData, Not, UnreadText, compares
from tests.benchmarks.test_reading_bench import READING

YES, NO, OPEN = Answer.YES, Answer.NO, Answer.UNKNOWN
MAN, OLD, MOTHER, SEEKER = "P", "G", "M", "J"


@pytest.fixture(scope="module")
def read(vocabulary):
    return lambda text: CriteriaReader(vocabulary, ("동작구", "동작")).read("지원대상", text)


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("관내 지역주민 중 국가유공자 본인", MAN, NO),
        ("동작구에 주민등록을 둔 65세 이상 어르신", OLD, YES),
        ("동작구에 주민등록을 둔 65세 이상 어르신", MAN, NO),
        ("출생신고일 기준, 부 또는 모 및 출생아가 관내 주민등록을 두고 거주하는 출산가정", MOTHER, YES),
        ("출생신고일 기준, 부 또는 모 및 출생아가 관내 주민등록을 두고 거주하는 출산가정", OLD, NO),
        ("동작구 거주 19~39세 미취업 청년(1986년∼2006년생)", SEEKER, YES),
        ("동작구 거주 19~39세 미취업 청년(1986년∼2006년생)", MAN, NO),
        ("지역 주민 모두", MAN, YES),
        ("동작구민", SEEKER, YES),
        ("○ 65세 이상 노인\n○ 장애인\n○ 다자녀 부모", OLD, YES),
        ("○ 65세 이상 노인\n○ 장애인\n○ 다자녀 부모", SEEKER, NO),
        ("사과, 배, 포도 경작 농업인", MAN, NO),
        ("광역한우농가", MAN, NO),
        ("참전유공자 사망시 유족", MAN, NO),
        ("국가유공자 및 그 유족", MAN, NO),
        ("기준중위소득 100% 이하 한부모가족", MOTHER, NO),
        ("만 18세 미만 자녀를 2명 이상 둔 가정", MOTHER, NO),
        ("둘째아 이상 출산 가정", OLD, NO),
        ("생후 12개월 이하 영아를 둔 가정", MOTHER, YES),
        ("만 24개월 미만의 영아를 둔 가정", OLD, NO),
        ("전몰군경 본인 및 유족", MAN, NO),
        ("한부모가족의 자녀", MAN, NO),
        ("65세 이상 치매환자 및 가족", MAN, OPEN),
        ("자원봉사 시간이 100시간 이상인 주민", MAN, OPEN),
        ("2년 이상 동작구에 거주하는 주민", MAN, YES),
        ("12년 이상 동작구에 거주하는 주민", MAN, NO),
    ],
)
def test_a_text_answers_as_a_careful_reader_would(answer, text, name, says):
    assert answer(text, name) == says


@pytest.mark.parametrize(
    "text",
    [
        "만65세 이상 노인과 가까이 사는 사람",
        "65세 이상 어르신, 장애인으로서 위원회가 추천한 사람",
        "○ 65세 이상 어르신\n○ 위원회의 추천을 받아야 함",
        "65세 이상 또는 65세 미만 노인성질환을 가진 주민",
        "위원회가 추천하는 동작구민",
        "65세 이상 노인\n※ 심의를 거쳐 정하는 경우에 한함",
    ],
)
def test_words_that_were_not_read_never_lead_to_a_yes(answer, read, text):
    assert not read(text).whole
    assert all(answer(text, name) != YES for name in READING.PEOPLE)


@pytest.mark.parametrize(
    ("text", "name", "fees", "says"),
    [
        ("만65세 이상 노인 및 그 밖에 위원회가 정하는 사람", OLD, False, YES),
        ("만65세 이상 노인 및 그 밖에 위원회가 정하는 사람", MAN, False, OPEN),
        ("20세 이상 지역주민 및 관내 직장을 둔 근로자", OLD, False, YES),
        ("○ 장애인\n○ 만 65세 이상 어르신(20%)\n○ 마일리지카드 소유자(5%)", OLD, True, YES),
        ("○ 장애인\n○ 만 65세 이상 어르신(20%)\n○ 마일리지카드 소유자(5%)", MAN, True, OPEN),
        ("○ 이용료 감면(50%)\n - 등록 장애인\n - 65세 이상인 자\n - 어린이날 입장하는 어린이", OLD, True, YES),
        ("○ 24개월 미만 영유아(신분증)\n○ 드림센터 등록 아동(확인서)\n○ 장애인 아동(등록증)", MOTHER, True, YES),
        (
            "○ 장애인\n○ 65세 이상인 자\n○ 그 밖에 구청장이 인정하는 자\n - 13세 이상 여성의 경우 10% 감면",
            MAN,
            True,
            OPEN,
        ),
        ("아동 예방접종: 만12세 이하 아동\n다른 예방접종: 야외활동이 많은 자", MOTHER, False, YES),
    ],
)
def test_one_alternative_that_was_read_is_enough_beside_others_that_were_not(answer, text, name, fees, says):
    assert answer(text, name, fees) == says


@pytest.mark.parametrize(
    ("text", "name", "fees", "says"),
    [
        ("개인, 중소기업, 공공기관", MAN, False, YES),
        ("양식장을 운영하고 있는 단체 또는 개인", MAN, False, OPEN),
        ("장애인이 아닌 주민", MAN, False, YES),
        ("동작구 거주 19~39세 청년 중 미취업자이면서 사업자 등록 사실이 없는 자", SEEKER, False, YES),
        ("(교육기관) 직업능력개발훈련기관\n(교육참여자) 동작구 거주 미취업 청년(19~39세)", SEEKER, False, YES),
        ("동작구민 누구나\n수강료 면제대상: 장애인, 국가유공자", MAN, False, YES),
        ("행사 사용일 현재 동작구에 거주하는 65세 이상 어르신", OLD, False, YES),
        ("출생아와 부 또는 모가 동작구에 3개월 이상 주민등록을 두고 거주하는 출산가정", MOTHER, False, OPEN),
        ("출생아의 부 또는 모가 동작구에 3개월 이상 주민등록을 두고 거주하는 출산가정", MOTHER, False, YES),
        ("- 65세 이상 어르신\n※ 단, 6개월 미만 거주한 경우에는 6개월 경과 후 신청 가능", OLD, False, YES),
        ("- 65세 이상 어르신\n- 관련 서류 제출", OLD, False, YES),
        ("장애아동 및 보호자", MOTHER, False, NO),
        ("영유아 및 보호자", MOTHER, False, YES),
        ("특수교육대상학생 및 보호자", OLD, False, NO),
        (
            "○ 65세 이상 어르신\n※ 지원제외\n- 대한민국 국적이 아닌 자\n- 국가유공자(카드 사용)",
            OLD,
            False,
            YES,
        ),
        ("○ 65세 이상 어르신\n※ 지원제외\n- 위원회가 정하는 자", OLD, False, OPEN),
        ("○ 65세 이상 어르신\n※ 지원제외 : 기초연금 수급자 중 위원회가 정하는 자", OLD, False, OPEN),
        (
            "○ 사용료 50% 감면\n - 장애인\n - 65세 이상인 자\n○ 사용료 10% 감면\n - 여성은 감면합니다",
            OLD,
            True,
            YES,
        ),
        ("○ 면제 대상(발명자와 출원인이 동일한 경우)\n - 등록 장애인\n - 65세 이상인 자", OLD, True, OPEN),
        ("○ 장애인\n○ 우대카드 발급자(부모) 및 자녀", MOTHER, True, OPEN),
    ],
)
def test_words_that_ask_nothing_do_not_stand_in_the_way(answer, text, name, fees, says):
    assert answer(text, name, fees) == says


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("장애인 단체 종사자를 위한 찻집", MAN),
        ("노인을 고용한 사업주가 아닌 주민", MAN),
        ("관련 기관(학교, 주민센터) 추천자", MAN),
        ("○ 동작구민 누구나\n○ 수강료 면제: 장애인", MAN),
        ("장애인을 돌보는 이웃", MAN),
    ],
)
def test_a_group_that_only_stands_in_the_words_shuts_nobody_out(answer, text, name):
    assert answer(text, name) != NO


@pytest.mark.parametrize(
    "text",
    ["「아동복지법」에 따른 대상자", "조례에 따른 지원대상자", "해당자", "구민 중 대상자",
     "<다자녀 가정>\n○ 관내 거주자", "병역명문가 예우대상자 및 가족", "○ 지급기준 : 차상위계층\n○ 관내 거주자"],
)  # fmt: skip
def test_whom_nobody_names_is_not_everybody(answer, text):
    assert answer(text, MAN) != YES


@pytest.mark.parametrize("text", ["관내 거주 희망자", "관내에 주소를 둔 자", "동작구민 누구나 신청 가능"])
def test_whoever_lives_here_and_wishes_is_everybody(answer, text):
    assert answer(text, MAN) == YES


def test_a_demand_that_fails_says_no_however_much_beside_it_was_not_read(answer):
    assert answer("해당 단체에서 빛나는 공로를 세운 국가유공자", MAN) == NO


def test_a_list_that_may_be_all_or_one_says_only_what_both_say(answer):
    text = "- 65세 이상\n- 12세 이하"
    assert [answer(text, name) for name in (OLD, MOTHER, MAN)] == [OPEN, OPEN, NO]
    assert answer("만65세 이상 기초생활수급자, 차상위계층", MAN, near_poverty=True) == OPEN


def test_lines_of_two_ages_are_never_demanded_of_one_person(read):
    told = read("- 65세 이상\n- 12세 이하").clause
    assert [len(part.of) for part in told.of if isinstance(part, Any)] == [2]


@pytest.mark.parametrize(("mode", "says"), [("다음을 모두 충족하는 자", NO), ("다음 중 어느 하나에 해당하는 자", YES)])
def test_a_list_that_says_how_it_stands_is_read_so(answer, mode, says):
    assert answer(f"○ {mode}\n - 65세 이상 노인\n - 장애인", OLD) == says


def test_exclusions_of_known_groups_turn_them_round(answer):
    text = "동작구에 거주하는 주민\n※ 제외대상 : 국가유공자"
    assert (answer(text, MAN), answer(text, MAN, veteran=True)) == (YES, NO)


def test_a_bracket_may_define_a_vague_word(answer):
    text = "저소득층(기초생활수급자, 차상위계층)"
    assert [answer(text, MAN), answer(text, MAN, near_poverty=True)] == [NO, YES]


def test_every_clause_that_was_read_names_its_words_and_their_place(read):
    text = "동작구 거주 65세 이상 노인"
    found = read(text)
    spans = [one.source.span for one in compares(found.clause) if one.source is not None]
    assert {text[start:end] for start, end in spans} == {"65세 이상", "노인"}


def test_letters_apart_and_wide_letters_are_read_as_any(read, answer):
    text = "만６５세　이상∼ 어르신"
    assert answer(unicodedata.normalize("NFD", "동작구에 거주하는 65세 이상 어르신"), OLD) == YES
    assert read(text).sentences == 1


@pytest.mark.parametrize("text", ["40세 이상 30세 이하인 주민", "기준중위소득 140% ~ 160% 이하", "300코인 이하인 주민"])
def test_a_text_that_contradicts_itself_or_has_an_unknown_unit_is_left_open(answer, read, text):
    assert not read(text).whole
    assert answer(text, MAN) == OPEN


def test_five_levels_of_lists_are_read_and_what_cannot_be_is_said(answer):
    text = "○ 지원대상\n - 다음 중 어느 하나\n  · 복지 대상\n   ① 어르신\n    1) 65세 이상 노인\n    2) 장애인"
    assert answer(text, SEEKER) != YES
    assert answer(text, OLD) != NO


@pytest.mark.parametrize("text", ["", "\n\n", "지원대상과 동일", "○", "※", "()", "((((", "노인" * 3000])
def test_what_says_nothing_is_not_read_whole(read, text):
    assert not read(text).whole


def _leaves(clause):
    if isinstance(clause, (All, Any)):
        for part in clause.of:
            yield from _leaves(part)
    elif isinstance(clause, (Not, Advisory)):
        yield from _leaves(clause.of)
    else:
        yield clause


WORDS = st.sampled_from([
    "노인", "장애인", "65세", "이상", "이하", "및", "또는", ",", "중", "으로서", "거주하는", "동작구", "에", "을",
    "자", "제외", "아닌", "(", ")", "○", "-", "※", "기준중위소득", "50%", "1년", "국가유공자", "의", "유족",
    "모르는말", "둘째", "자녀", "가정", "\n",
])  # fmt: skip


@settings(max_examples=150)
@given(st.lists(WORDS, max_size=16).map(" ".join))
def test_any_words_at_all_give_a_clause_whose_places_lie_in_the_text(vocabulary, text):
    found = CriteriaReader(vocabulary, ("동작구",)).read("지원대상", text)
    unread = [one for one in _leaves(found.clause) if isinstance(one, UnreadText)]
    assert not (found.whole and unread) or any(not isinstance(one, UnreadText) for one in _leaves(found.clause))
    assert all(text[start:end] == one.words for one in unread for start, end in [one.span])
    assert all(isinstance(one, NoData) or one is not None for one in _leaves(found.clause))


def test_a_long_text_is_read_in_no_time_worth_speaking_of(read):
    started = time.process_time()
    read("○ 65세 이상 노인 및 장애인 " * 400)
    read("가" * 20_000)
    assert time.process_time() - started < 600


@pytest.mark.parametrize("depth", [9, 200, 5000])
def test_brackets_nested_deeper_than_is_read_are_unread_text(vocabulary, depth):
    read = CriteriaReader(vocabulary).read("지원대상", "(" * depth + "장애인" + ")" * depth)
    assert not read.whole
    assert isinstance(read.clause, UnreadText)


def test_a_very_long_run_of_digits_is_unread_text(vocabulary):
    read = CriteriaReader(vocabulary).read("지원대상", "9" * 100_000 + "세")
    assert not read.whole


def test_a_title_in_letters_apart_names_whom_it_names_put_together(vocabulary):
    apart = unicodedata.normalize("NFD", "장애인 지원")
    assert CriteriaReader(vocabulary).titled(apart) == vocabulary.groups["장애인"].clause
