"""Who must live in the agency's region: a text or an office of the state asks it, a car park does not."""

import pytest

from recommender.gov24.residence import ASKED, DOUBTFUL, NOT_ASKED, asked

OFFICE, BODY, SCHOOLS = "시군구", "지방공기업", "교육청"


@pytest.mark.parametrize(
    ("agency", "name", "words", "state"),
    [
        (OFFICE, "출산장려금 지원", "출산 가정", ASKED),
        (OFFICE, "수도요금 감면", "다자녀 가정", ASKED),
        (OFFICE, "무료법률상담", "구민 누구나", ASKED),
        (OFFICE, "지역사랑상품권", "만 14세 이상 누구나 신청 가능", NOT_ASKED),
        (OFFICE, "북카페 이용", "전국민 누구나", NOT_ASKED),
        (OFFICE, "시티투어 할인", "장애인, 국가유공자", NOT_ASKED),
        (OFFICE, "캠핑장 이용요금 감면", "다자녀 가정", NOT_ASKED),
        (OFFICE, "도서관 책 배달", "관내 임산부", ASKED),
        (OFFICE, "수능방송 지원", "광진구 거주 또는 학교에 재학중인 학생", DOUBTFUL),
        (OFFICE, "측정기 대여", "성동구민(생활권자 포함)", DOUBTFUL),
        (OFFICE, "임대료 지원", "중구에 주민등록을 두고, 사업장 소재지가 관내인 청년", ASKED),
        (OFFICE, "귀농 교육", "귀농 희망자", DOUBTFUL),
        (BODY, "공영주차장 요금 감면", "장애인", NOT_ASKED),
        (BODY, "수영장 이용료 할인", "관내 거주 노인", ASKED),
        (BODY, "휴양림 이용료 감면", "○ 송파구에 거주하는 사람\n○ 장애인\n○ 국가유공자", DOUBTFUL),
        (BODY, "장학금", "송파구에 주소를 둔 학생", ASKED),
        (BODY, "찾아가는 산부인과", "영양, 봉화 거주 임산부", DOUBTFUL),
        (BODY, "위기가정 지원", "생계곤란 가구", DOUBTFUL),
        (SCHOOLS, "방과후 지원", "특수교육대상자", DOUBTFUL),
        (SCHOOLS, "검정고시 지원", "도내 거주 청소년", ASKED),
    ],
)
def test_residence_is_asked_by_a_text_or_an_office(agency, name, words, state):
    assert asked({"서비스명": name, "지원대상": words, "소관기관유형": agency}, ["송파"]) == state


def test_a_room_for_everybody_is_visited_whatever_it_is_called():
    assert asked({"서비스명": "쉼터", "지원유형": "시설이용", "소관기관유형": OFFICE}, []) == NOT_ASKED
