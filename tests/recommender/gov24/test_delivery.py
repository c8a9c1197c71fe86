import pytest

from recommender.gov24 import delivery
from recommender.gov24.documents import Papers

PAPERS = Papers(looked_up=("주민등록등본",), by_proxy=("위임장",), notes=("공고문 참조",))


@pytest.mark.parametrize(
    ("ways", "mode"),
    [
        ("신청불필요", "auto_grant"),
        (" 신청불필요 ", "auto_grant"),
        ("신청불필요||방문신청", "offer"),
        ("방문신청", "offer"),
        ("", "offer"),
        (None, "offer"),
    ],
)
def test_a_service_arrives_by_itself_only_where_nothing_else_is_said(ways, mode):
    assert delivery.mode({"신청방법": ways, "지원유형": "현금"}, {}) == mode


@pytest.mark.parametrize(
    ("name", "form", "said", "papers", "mode"),
    [
        (
            "명절 위문금",
            "현금",
            "○ 개인 신청절차 없음\n - 동주민센터에서 명단 확인 후 일괄 신청",
            "신청 불필요",
            "auto_grant",
        ),
        ("조손가족 수당", "현금", "○ 개인 신청절차 없음 - 담당자가 직권신청", None, "auto_grant"),
        ("건강보험료 지원", "현금(보험)", "○ 신청에 의한 지원사업이 아님\n - 공단에서 세대를 추출", None, "auto_grant"),
        ("위문금", "현금", "○ 직권 지급", "계좌 변경 신청서", "auto_grant"),
        ("위문금", "현금", "해당 서비스는 신청없이 자격대상자에게 자동적으로 제공됩니다.", None, "auto_grant"),
        ("시민안전보험", "현금(보험)", "해당 서비스는 신청없이 제공됩니다.", "해당없음", "offer"),
        ("치매검사비", "현금", "해당 서비스는 신청없이 제공됩니다.", "검사비 지원 신청서", "offer"),
        ("경로식당", "현물", "○ 방문 신청\n - 수행기관", None, "offer"),
        ("장학금", "현금(장학금)", "○ 개인 신청절차 없음\n - 학교장 추천에 의해 심의위원회에서 선정", None, "offer"),
        ("보험가입 지원", "현금(보험)", "마을별 신청서 제출", None, "offer"),
        ("건강검진", "서비스(의료)", "해당 서비스는 신청없이 제공됩니다.", None, "offer"),
        ("북카페 이용", "시설이용", "○ 개인 신청불필요", None, "offer"),
        ("발급기 수수료 면제", "현금(감면)", "해당 서비스는 신청없이 제공됩니다.", None, "offer"),
        ("지원", "현금||기타(교육)", "○ 신청불필요", None, "offer"),
    ],
)
def test_what_somebody_has_to_apply_or_come_for_does_not_arrive_by_itself(name, form, said, papers, mode):
    listed = {"서비스명": name, "신청방법": "신청불필요", "지원유형": form}
    assert delivery.mode(listed, {"신청방법": said, "구비서류": papers}) == mode


def test_how_to_apply_keeps_the_ways_the_words_the_address_and_the_papers_looked_up():
    detail = {"신청방법": "○ 방문: 주민센터", "온라인신청사이트URL": "https://www.example.kr"}
    assert delivery.how({"신청방법": "기타 온라인신청||방문신청"}, detail, PAPERS) == (
        "기타 온라인신청, 방문신청\n○ 방문: 주민센터\nhttps://www.example.kr\n대리인이 더 내는 서류: 위임장"
        "\n공무원이 확인하는 서류: 주민등록등본\n서류 안내: 공고문 참조"
    )


def test_how_to_apply_says_nothing_twice_and_may_say_nothing():
    assert delivery.how({"신청방법": "방문신청"}, {"신청방법": "방문신청"}, Papers()) == "방문신청"
    assert delivery.how({}, {}, Papers()) is None
