"""Whom other fields than 지원대상 name: labelled lines, "only for" and "to X" leave open who is none of them."""

import pytest

OLD = "만 65세 이상 어르신"
DISABLED, POOR = {"disabled": True}, {"basic_livelihood_recipient": True}


@pytest.mark.parametrize(
    "content",
    [
        "지급대상: 등록장애인",
        "○ 대상자 : 등록장애인",
        "- 지원자격 : 등록장애인",
        "신청자격 - 등록장애인",
        "자격요건 : 등록장애인",
        "자격: 등록장애인",
        "1. 선정대상: 등록장애인\n2. 지원금액: 5만원",
        "이용대상 : 등록장애인",
        "수급자격: 등록장애인",
        "○ 대    상 : 등록장애인",
        "[지원대상] 등록장애인",
        "<지원대상>\n등록장애인",
        "○ 지원대상\n - 등록장애인",
        "지원대상은 등록장애인",
        "교육대상: 구민 중 등록장애인",
        "월 5만원 지급(등록장애인에 한함)",
        "등록장애인에게 월 5만원 지급",
        "등록장애인을 대상으로 반찬 배달",
    ],
)
def test_whom_a_line_of_what_is_given_names_is_asked_too(told, content):
    assert told(OLD, 지원내용=content) == "UNKNOWN"
    assert told(OLD, "구민 지원", DISABLED, 지원내용=content) == "YES"


@pytest.mark.parametrize(
    "content",
    [
        "지원제외 대상: 기초생활수급자",
        "○ 제외대상\n - 기초생활수급자",
        "월 5만원 지급. 단, 기초생활수급자는 제외",
        "※ 기초생활수급자는 지급하지 않음",
        "※ 기초생활수급자 미지급",
    ],
)
def test_whom_a_line_of_what_is_given_shuts_out_is_not_given_a_yes(told, content):
    assert told(OLD, "구민 지원", POOR, 지원내용=content) == "UNKNOWN"


@pytest.mark.parametrize(
    "note",
    [
        "※ 기초생활수급자에 한하여 지원",
        "※ 신청일 현재 재직 중인 자에 한해 신청 가능",
        "※ 해당 카드 소지자만 신청 가능",
        "※ 저소득층만 지원",
        "※ 등록증 지참자에 한함",
        "※ 기초생활수급자 미지급",
        "※ 다른 법령에 따라 지원을 받는 경우 미지급",
        "※ 생활이 어려운 경우에만 지급",
        "※ 기초생활수급자는 신청할 수 없음",
    ],
)
def test_a_note_that_limits_or_shuts_out_is_none_on_the_procedure(told, note):
    facts = POOR if "미지급" in note or "없음" in note else {}
    assert told(f"{OLD}\n{note}", "구민 지원", facts) == "UNKNOWN"
    assert told(f"{note}\n{OLD}", "구민 지원", facts) != "YES"


@pytest.mark.parametrize("ways", ["등록장애인만 신청 가능", "○ 장애인에 한하여 방문 신청", "자원봉사자 등록 후 신청"])
def test_how_one_applies_may_ask_who_one_is(told, ways):
    assert told(OLD, detail={"신청방법": ways}) == "UNKNOWN"


@pytest.mark.parametrize(
    "content", ["월 5만원 (비급여 제외)", "연 1회에 한함", "토,일,공휴일 제외", "지원대상 : 만 65세 이상 어르신"]
)
def test_a_line_on_what_is_given_and_one_that_says_the_same_again_ask_nothing(told, content):
    assert told(OLD, 지원내용=content) == "YES"


def test_what_other_fields_say_shuts_out_nobody(told):
    assert told("구민 누구나", 지원내용="지원대상: 만 20세 이하") == "UNKNOWN"
