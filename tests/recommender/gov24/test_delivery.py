import pytest

from recommender.gov24 import delivery


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
    assert delivery.mode({"신청방법": ways}) == mode


def test_how_to_apply_keeps_the_ways_the_words_the_address_and_the_papers_looked_up():
    detail = {"신청방법": "○ 방문: 주민센터", "온라인신청사이트URL": "https://www.example.kr"}
    assert delivery.how({"신청방법": "기타 온라인신청||방문신청"}, detail, ("주민등록등본",)) == (
        "기타 온라인신청, 방문신청\n○ 방문: 주민센터\nhttps://www.example.kr\n공무원이 확인하는 서류: 주민등록등본"
    )


def test_how_to_apply_says_nothing_twice_and_may_say_nothing():
    assert delivery.how({"신청방법": "방문신청"}, {"신청방법": "방문신청"}, ()) == "방문신청"
    assert delivery.how({}, {}, ()) is None
