"""What keeps a text that was read whole from giving a yes: another day, a household together, an accident."""

import pytest

from composition import reading
from composition.target_groups import read_vocabulary
from recommender.gov24.target_text import target_text
from recommender.rules.clause import All, NoData


@pytest.fixture(scope="module")
def vocabulary():
    return read_vocabulary(reading.read_declaration())


def open_points(words, vocabulary, title="출산장려금", **fields):
    row = {"서비스명": title, "소관기관명": "부산광역시 해운대구", "지원대상": words} | fields
    read = target_text(row, (), vocabulary)
    parts = read.clause.of if isinstance(read.clause, All) else (read.clause,)
    return read.whole, {part.reason for part in parts if isinstance(part, NoData)}


@pytest.mark.parametrize(
    "words",
    [
        "출생일 현재 해운대구에 거주하는 산모",
        "출산일 기준 해운대구에 거주하는 자",
        "출생일 3개월 전부터 해운대구에 거주하는 자",
    ],
)
def test_what_held_on_another_day_is_not_taken_to_hold_on_the_day_asked(words, vocabulary):
    whole, points = open_points(words, vocabulary)
    assert not whole or "다른 날을 기준으로 한 요건" in points


@pytest.mark.parametrize("words", ["부모 모두 해운대구에 거주하는 영아", "신생아와 동일 세대에 거주하는 구민"])
def test_who_lives_with_whom_is_left_open(words, vocabulary):
    whole, points = open_points(words, vocabulary)
    assert not whole or "함께 사는지" in points


def test_residents_of_a_neighbourhood_are_nobody_who_lives_together(vocabulary):
    assert open_points("해운대구민 및 관할 동 거주민", vocabulary, "공구 대여") == (True, set())
    whole, points = open_points("해운대구민 및 동거하는 구민", vocabulary, "공구 대여")
    assert not whole or "함께 사는지" in points


def test_a_resident_is_insured_but_money_needs_an_accident(vocabulary):
    assert open_points("해운대구민 누구나", vocabulary, "구민 안전보험") == (True, {"보험 사고"})
    assert open_points("해운대구민 누구나", vocabulary, "구민 건강교실") == (True, set())


def test_a_means_test_in_what_is_given_and_premiums_that_only_the_insured_pay_are_left_open(vocabulary):
    few = {"지원내용": "월 1만원 미만 세대의 수도요금 지원"}
    assert open_points("만65세 이상 노인", vocabulary, "수도요금 지원", **few) == (True, {"금액 기준"})
    assert open_points("만65세 이상 노인", vocabulary, "국민건강보험료 지원")[1] == {"건강보험료"}
    assert open_points("만65세 이상 노인", vocabulary, "목욕비 지원", 지원내용="월 1만원 지원") == (True, set())


def test_a_title_that_tells_of_a_merit_or_a_death_asks_for_it(vocabulary):
    assert "심사와 성적" in open_points("해운대구민 누구나", vocabulary, "성적우수 장학금")[1]
    assert "가족의 사망" in open_points("국가유공자", vocabulary, "사망위로금 지급")[1]
    assert open_points("해운대구민 누구나", vocabulary, "수상자전거 체험") == (True, set())
