import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.gov24.deadline import KINDS, of_row, plain, windows

EVENTS = {"life.child_born", "life.moved", "life.relative_died", "life.married"}


def read(text):
    """The window of a text, or all of them where there are several; each keeps the words."""
    found = windows(text, EVENTS)
    assert {one.pop("text", "") for one in found} == {(text or "").strip()}
    return found[0] if len(found) == 1 else found


def dated(first, last):
    return {"kind": "dated"} | ({"from": first} if first else {}) | ({"until": last} if last else {})


@pytest.mark.parametrize(
    "text",
    [
        "상시신청",
        "상시",
        "연중",
        "연중 수시",
        "수시 접수",
        "매년 상시",
        "연중상시",
        "상시 신청 가능",
        "기한 없음",
        "상시접수(09:00~18:00)",
    ],
)
def test_at_any_time_is_open_ended(text):
    assert read(text) == {"kind": "open_ended"}


@pytest.mark.parametrize(
    "text",
    [
        "예산 소진시까지",
        "예산소진 시 까지",
        "상시신청(예산 소진시 당해 사업종료)",
        "예산 내 상시",
        "예산범위 내 상시신청",
        "선착순 예산 소진시까지",
        "연중(예산 소진시까지)",
        "상시신청(휴관일 및 영업외시간 제외)",
        "상시신청 가능(단, 매월1일~15일 신청시, 당월 말일 지급 예정)",
    ],
)
def test_until_the_money_is_gone_is_open_ended_with_that_condition(text):
    funded = {"while_funds_last": True} if "예산" in text else {}
    assert read(text) == {"kind": "open_ended"} | funded


@pytest.mark.parametrize("text", ["상시신청(2026.1.1.~6.30.)", "상시(3월~11월)", "상시, 단 3월 제외"])
def test_at_any_time_but_for_something_is_unknown(text):
    assert read(text) == {"kind": "unknown"}


@pytest.mark.parametrize(
    "text", ["신청불필요", "신청 불필요", "별도의 신청절차가 없음", "개인 신청절차 없음", "신청 없이 자동지급"]
)
def test_nothing_to_apply_for_is_not_needed(text):
    assert read(text) == {"kind": "not_needed"}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026.05.04~2026.05.20", "2026-05-04", "2026-05-20"),
        ("2023-01-16~2023-02-10", "2023-01-16", "2023-02-10"),
        ("2025-01-13~2025.01.31.", "2025-01-13", "2025-01-31"),
        ("2025.12.17 ∼ 2026.01.09", "2025-12-17", "2026-01-09"),
        ("2026. 5. 11.(월) ~ 12. 4.(금)", "2026-05-11", "2026-12-04"),
        ("2025. 12. 1. ~ 1. 15.", "2025-12-01", "2026-01-15"),
        ("2025. 12. 1. ~ 12. 1.", "2025-12-01", "2025-12-01"),
        ("2026년 3월 2일부터 3월 20일까지", "2026-03-02", "2026-03-20"),
        ("2026. 3. 2.(월) 09:00 ~ 3. 20.(금) 18:00까지", "2026-03-02", "2026-03-20"),
        ("2026.3.2 9:00~2026.3.9 18시", "2026-03-02", "2026-03-09"),
        ("20260302~20260320", "2026-03-02", "2026-03-20"),
        ("'26. 2. 25.(수) ~ 3. 12.(목)", "2026-02-25", "2026-03-12"),
        ("26.2.25~26.3.12", "2026-02-25", "2026-03-12"),
        ("2026-1학기: '26. 2. 25. ~ 3. 12.", "2026-02-25", "2026-03-12"),
        ("신청기간: 2026.1.6.~3.5.", "2026-01-06", "2026-03-05"),
        ("2026.5.4~20", "2026-05-04", "2026-05-20"),
        ("2026.3.3~2026.10.30(예산소진시 조기마감)", "2026-03-03", "2026-10-30"),
        ("2024.02.01~2024.02", "2024-02-01", "2024-02-29"),
        ("2025-3.~2025.11.", "2025-03-01", "2025-11-30"),
        ("2026. 1. ~ 12.", "2026-01-01", "2026-12-31"),
        ("2026. 3월 ~ 5월", "2026-03-01", "2026-05-31"),
        ("2025. 11. ~ 2월", "2025-11-01", "2026-02-28"),
        ("2025. 7.", "2025-07-01", "2025-07-31"),
        ("2026년 연중", "2026-01-01", "2026-12-31"),
        ("2026.12.31까지", None, "2026-12-31"),
        ("2026.3.2.~예산 소진시까지", "2026-03-02", None),
        ("2026.3.2.~", "2026-03-02", None),
        ("2026.3.2 - 2026.3.27", "2026-03-02", "2026-03-27"),
        ("2026/03/02 - 2026/03/27", "2026-03-02", "2026-03-27"),
        ("2026.3.2. 오전 9시 ~ 3.27. 오후 6시", "2026-03-02", "2026-03-27"),
        ("~2026.3.27", None, "2026-03-27"),
        ("20260302-20260327", "2026-03-02", "2026-03-27"),
        ("2026년 12월까지", None, "2026-12-31"),
        ("2026년 하반기", "2026-07-01", "2026-12-31"),
        ("2026.1.1 ~ 상시", "2026-01-01", None),
        ("2026.3.2.~3.27.(주말 제외)", "2026-03-02", "2026-03-27"),
        ("2026.3.1. ~ 12.6 (예산소진시 사업종료)", "2026-03-01", "2026-12-06"),
        ("2026년 3월 ~ 12월 (예정)", "2026-03-01", "2026-12-31"),
        ("2026. 6.~ 12. 예정", "2026-06-01", "2026-12-31"),
    ],
)
def test_dates_are_read_with_what_the_second_leaves_out(text, first, last):
    funded = {"while_funds_last": True} if "예산" in text else {}
    assert read(text) == dated(first, last) | funded


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("1차: 2026.1.1.~1.31. / 2차: 2026.7.1.~7.31.", [("2026-01-01", "2026-01-31"), ("2026-07-01", "2026-07-31")]),
        ("2026년 1월(상반기), 7월(하반기)", [("2026-01-01", "2026-01-31"), ("2026-07-01", "2026-07-31")]),
        (
            "상반기: 2026.3.2.~3.27. 하반기: 2026.9.1.~9.30.",
            [("2026-03-02", "2026-03-27"), ("2026-09-01", "2026-09-30")],
        ),
        ("2026.3.2~2026.3.27, 2026.9.1~2026.9.30", [("2026-03-02", "2026-03-27"), ("2026-09-01", "2026-09-30")]),
        ("20260101 ~ 20261231\n20270101 ~ 20271231", [("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-12-31")]),
    ],
)
def test_two_ranges_are_two_windows(text, spans):
    assert read(text) == [dated(*span) for span in spans]


@pytest.mark.parametrize(
    "text",
    [
        "2026.02.30~2026.03.02",
        "2026.13.01~2026.14.02",
        "2026.05.20~2026.05.04",
        "2026.5.4",
        "2026. 2월 ~ 3월 (지원 유형별 상이, 공고문 참고 필요)",
        "2026년 1월 중(※ 취약계층: 상시 신청 가능)",
        "2025년 5월 초 ~ 6월 중순 공고 및 접수",
        "1차: 2026.1.1.~1.31. / 2차: 추후",
        "2026.1.1.~추후 공지",
        "3.2까지 2026",
        "2026.5까지",
        "2026.1.1.~2026.2.3.~2026.3.4.",
    ],
)
def test_dates_with_no_single_reading_are_unknown(text):
    assert read(text) == {"kind": "unknown"}


@pytest.mark.parametrize(
    ("text", "event", "within"),
    [
        ("출생일로부터 90일 이내", "life.child_born", "P90D"),
        ("신생아 출산일부터 1년 이내", "life.child_born", "P1Y"),
        ("지원대상 자녀 출생일을 기준으로 1년 이내 신청", "life.child_born", "P1Y"),
        ("출산 후 6개월 이내", "life.child_born", "P6M"),
        ("전입신고한 날부터 3개월 이내", "life.moved", "P3M"),
        ("전입일로부터 2주 이내", "life.moved", "P14D"),
        ("사망일로부터 1년 이내 신청 가능", "life.relative_died", "P1Y"),
        ("혼인신고일로부터 12달 이내", "life.married", "P12M"),
        ("출생일로부터 1년 6개월 이내", "life.child_born", "P1Y6M"),
        ("출산 또는 유산ㆍ사산을 한 날부터 12개월 이내", "life.child_born", "P12M"),
    ],
)
def test_a_time_after_an_event_of_life_is_relative(text, event, within):
    assert read(text) == {"kind": "relative", "after": event, "within": within}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "사망일(실종의 경우 실종선고일)이 속한 달의 말일부터 1년 이내",
            {"after": "life.relative_died", "from": "end_of_month", "within": "P1Y"},
        ),
        ("출생일을 포함하여 60일 이내", {"after": "life.child_born", "within": "P60D", "count_from": "same_day"}),
        (
            "혼인신고일로부터 6개월이 경과한 날부터 1년 이내",
            {"after": "life.married", "opens_after": "P6M", "within": "P1Y"},
        ),
        ("시술 종료 후 3개월 이내", {"occasion": "시술종료", "within": "P3M"}),
        ("(상시신청)사고발생일로부터 3년이내", {"occasion": "사고발생", "within": "P3Y"}),
        ("출산일 전후 30일 이내", {"after": "life.child_born", "opens_before": "P30D", "within": "P30D"}),
        ("입주 후 3개월 이내", {"occasion": "입주", "within": "P3M"}),
        ("분만예정일 전·후 30일 이내", {"occasion": "분만예정일", "opens_before": "P30D", "within": "P30D"}),
    ],
)
def test_how_a_period_is_counted_is_read_with_it(text, found):
    assert read(text) == {"kind": "relative"} | found


def test_a_period_that_begins_before_the_birth_has_a_second_window():
    before = read("출산예정일 40일 전부터 출산 후 60일까지")
    assert before == [{"kind": "relative", "after": "life.child_born", "within": "P60D"}, {"kind": "unknown"}]
    text = "임신을 확인하여 분만예정일이 확인된 때부터 출산일로부터 30일까지"
    (born, *others) = windows(text, EVENTS | {"life.pregnancy_registered"})
    assert (born["after"], born["within"]) == ("life.child_born", "P30D")
    assert [one["while"] for one in others] == ["pregnant"]


def test_two_groups_of_people_have_a_window_each():
    text = "［전입세대］ 전입일로부터 1년 이내 신청 ［다자녀가정］신청기한에 제한 없음"
    assert read(text) == [{"kind": "relative", "after": "life.moved", "within": "P1Y"}, {"kind": "open_ended"}]


def test_a_time_of_no_length_is_unknown_and_one_after_a_notice_runs_from_that_occasion():
    assert read("출생일로부터 0일 이내") == {"kind": "unknown"}
    assert read("공고일로부터 2주") == {"kind": "relative", "occasion": "공고", "within": "P14D"}
    assert read("공고일로부터 30일 이내")["within"] == "P30D"


@pytest.mark.parametrize(
    "text",
    ["9999.01.01~99999.12.31", "9999.01.01~9999.12.31", "매년 13월", "매년 0월", "3월~13월", "매년 12월 신청시기 알림"],
)
def test_a_month_or_year_that_never_comes_and_when_one_is_told_of_the_time_are_unknown(text):
    assert read(text) == {"kind": "unknown"}


def test_from_when_somebody_learns_of_a_decision_is_an_occasion_and_a_notice_until_the_money_is_spent_is_open():
    assert read("심의 결과 장해등급 판정이 된 것을 안 날부터 3년 이내")["within"] == "P3Y"
    assert read("사업공고일 ~ 예산 소진시") == {"kind": "open_ended", "while_funds_last": True}


def test_an_event_that_is_not_declared_is_kept_in_words():
    (found,) = windows("출생일로부터 90일 이내", ())
    assert (found["kind"], found["within"]) == ("relative", "P90D")
    assert "after" not in found


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("매년 1~2월", {"months": [1, 2]}),
        ("매년 초", {}),
        ("매월 20일까지(예산소진시 조기 마감)", {"days": {"from": 1, "until": 20}, "while_funds_last": True}),
        ("매월 1~10일", {"days": {"from": 1, "until": 10}}),
        ("짝수달 15일까지 신청", {"days": {"from": 1, "until": 15}, "months": [2, 4, 6, 8, 10, 12]}),
        ("매년 5월 1일~5월 31일", {"yearly": {"from": "05-01", "until": "05-31"}}),
        ("매 학년도 3월~4월", {"months": [3, 4]}),
        ("정기(3월,9월) 신청", {"months": [3, 9]}),
        ("상반기 : 1월, 하반기 : 5월", {"months": [1, 5]}),
        ("3월~11월", {"months": [3, 4, 5, 6, 7, 8, 9, 10, 11]}),
        ("11월~2월", {"months": [1, 2, 11, 12]}),
        ("1~2월중(변동 가능)", {}),
        ("상반기(4~5월 중), 하반기(10~11월 중)", {"months": [4, 5, 10, 11]}),
        ("상·하반기 (2월, 7월)", {"months": [2, 7]}),
        ("설, 추석", {}),
        ("연초(1월경)", {}),
        ("하계(5월말) 동계(11월말)", {}),
        ("신청년도 7.1.~ 신청년도 7.31.", {"yearly": {"from": "07-01", "until": "07-31"}}),
        ("반기별 신청(연2회)", {}),
        ("당해연도 모집공고 참조(5월 예상)", {}),
        ("매년 월~10월", {}),
        ("매년 6월 30일까지", {}),
        ("연2회(상반기 3월, 하반기 9월)", {"months": [3, 9]}),
    ],
)
def test_what_comes_round_every_year_is_recurring_with_its_months_where_they_are_exact(text, when):
    assert read(text) == {"kind": "recurring"} | when


def row(method="방문신청", field="상시신청", **detail):
    return of_row({"신청기한": field, "신청방법": method}, detail, EVENTS)


def test_a_hard_limit_elsewhere_in_the_row_wins_over_at_any_time():
    (found,) = row(지원대상="○ 보훈대상자\n - 사망일로부터 6개월이내 유족이 신청")
    assert (found["kind"], found["within"]) == ("relative", "P6M")
    assert found["text"] == "- 사망일로부터 6개월이내 유족이 신청"
    (found,) = row(지원내용="○ 신청기간 : 2026. 1. 2. ~ 2026. 12. 4. 수시 접수")
    assert (found["from"], found["until"]) == ("2026-01-02", "2026-12-04")
    (found,) = row(선정기준="- 신청일 현재 영아의 출생일이 12개월이 지나지 않았을 것")
    assert (found["within"], found["count_from"]) == ("P12M", "same_day")


@pytest.mark.parametrize(
    "line",
    [
        "- 신청일 기준 1년 이상 계속하여 거주한 자",
        "- 혼인신고일로부터 3년 이내인 부부(신청인 중 1인 이상 거주)",
        "- 신청 후 2개월 이내 지급",
        "○ 신청기간 : 2024. 1. 1. ~",
        "○ 신청기간 : 2026. 3. 3. ~ 4. 10. / 7. 1. ~",
    ],
)
def test_what_says_nothing_of_the_end_of_applying_leaves_the_field_as_it_is(line):
    assert [one["kind"] for one in row(지원대상=line)] == ["open_ended"]


def test_a_season_behind_a_label_is_read_and_a_limit_that_is_not_read_leaves_the_window_unknown():
    (found,) = row(field="접수기관 별 상이", 신청방법="** 사업 신청기간은 매년 2~3월 중으로, 수시 공고 확인 필요")
    assert (found["kind"], found["months"]) == ("recurring", [2, 3])
    (found,) = row(신청방법="- 신청기한: 시설퇴소예정일 1개월 전")
    assert found == {"kind": "unknown", "text": "- 신청기한: 시설퇴소예정일 1개월 전"}


def test_what_stands_in_brackets_beside_one_way_of_applying_limits_no_other():
    way = "○ 방문\n - 정부24 : www.gov.kr(출생일로부터 1년 이내 신청)"
    assert [one["kind"] for one in row(신청방법=way)] == ["open_ended"]


def test_where_nobody_needs_to_apply_the_row_says_so_and_a_field_of_its_own_days_stays():
    assert [one["kind"] for one in row("신청불필요")] == ["not_needed"]
    assert [one["kind"] for one in row("신청불필요", "명절전 자격 확인")] == ["not_needed"]
    assert [one["kind"] for one in row("신청불필요", "매년 3월")] == ["recurring"]


@pytest.mark.parametrize(
    "text",
    [
        "접수기관 별 상이",
        "추후 공지",
        "미정",
        "없음",
        "신청마감",
        "매년 12월 접수(연중 대기자 상시신청)",
        "미시행(26년 하반기 시행 예정)",
        "홈페이지 공고 참조",
        "명절전 자격유무 확인",
        "가" * 200,
    ],
)
def test_what_cannot_be_read_is_unknown_with_its_words_kept(text):
    assert read(text) == {"kind": "unknown"}


@pytest.mark.parametrize("text", [None, "", "  \r\n "])
def test_no_text_is_unknown_without_words(text):
    assert windows(text, EVENTS) == [{"kind": "unknown"}]


@given(st.text(alphabet="0123456789.~-/년월일개주내이상시연중매출생일로부터후예산소진까지 ()'", max_size=40))
def test_any_text_is_read_as_one_of_the_kinds_with_days_in_order(text):
    for found in windows(text, EVENTS):
        assert found["kind"] in KINDS
        if found["kind"] == "dated" and "from" in found and "until" in found:
            assert datetime.date.fromisoformat(found["from"]) <= datetime.date.fromisoformat(found["until"])


@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 1)), st.integers(0, 364), st.booleans())
def test_a_range_of_any_days_is_read_back(first, days, with_year):
    last = min(first + datetime.timedelta(days=days), datetime.date(2099, 12, 31))
    year = f"{last.year}. " if with_year else ""
    text = f"{first.year}. {first.month}. {first.day}. ~ {year}{last.month}. {last.day}."
    assert read(text) == dated(first.isoformat(), last.isoformat())


def test_plain_text_has_one_kind_of_everything():
    assert plain("2026．1．2 ～ 3 （월） 09:30") == "2026.1.2~3"


@pytest.mark.parametrize(
    "text", ["1월1일" * 29 + "x", "11월" * 39 + "x", "상시신청" * 29 + "x", "(" * 119, "1.1." * 29 + "x"]
)
def test_a_text_made_to_be_slow_is_read_at_once(text):
    assert read(text) == {"kind": "unknown"}
