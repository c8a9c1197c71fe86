import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.gov24.benefit_amount import FIELDS, READ, TITLE, value
from recommender.rules.programme_reader import parse_programme
from tests.recommender.catalogues import DECLARATION, document


def parts(text, forms=("cash",), kinds=("개인",), title="지원", **fields):
    return value({TITLE: title, "지원내용": text} | fields, list(forms), list(kinds)).get("parts", [])


def said(text, **more):
    """Each sum as (kind, won, how often, for each of what)."""
    return [
        (kind, part[kind], part["period"], part.get("per", "person"))
        for part in parts(text, **more)
        for kind in ("amount", "from", "at_most")
        if kind in part
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("○ 대상자에게 월 5만원 지원", ("amount", 50_000, "month", "person")),
        ("매월 25일 12만원 지급", ("amount", 120_000, "month", "person")),
        ("수당 8만원(매월) 지급", ("amount", 80_000, "month", "person")),
        ("1인당 연간 35만원 지원", ("amount", 350_000, "year", "person")),
        ("학기당 100만 원", ("amount", 1_000_000, "half_year", "person")),
        ("분기별 3만5천원 지급", ("amount", 35_000, "quarter", "person")),
        ("참여수당 66,000원/일", ("amount", 66_000, "day", "person")),
        ("1회당 5만원 지원", ("amount", 50_000, "time", "person")),
        ("유족에게 일시금 20만원 지급", ("amount", 200_000, "once", "person")),
        ("출생축하금 100만원 지급", ("amount", 1_000_000, "once", "person")),
        ("가구당 50만원 지급", ("amount", 500_000, "unknown", "household")),
        ("장려금 80만원 지급", ("amount", 800_000, "unknown", "person")),
        ("월 최대 20만원 지원", ("at_most", 200_000, "month", "person")),
        ("최대 월 20만원 지원", ("at_most", 200_000, "month", "person")),
        ("시술비 30만원 이내 지원", ("at_most", 300_000, "unknown", "person")),
        ("최소 10만원 지원", ("from", 100_000, "unknown", "person")),
        ("최대 3년간 매월 100만원 지원", ("amount", 1_000_000, "month", "person")),
        ("점포당 200만원 지원", ("amount", 2_000_000, "unknown", "business")),
        ("마리당 6천원 지원", ("amount", 6_000, "unknown", "other")),
        ("아동 1인당 월 3만원", ("amount", 30_000, "month", "child")),
        ("본인부담금 3만원 한도 내 지원", ("at_most", 30_000, "unknown", "person")),
    ],
)
def test_a_sum_says_how_much_how_often_and_for_each_of_what(text, expected):
    assert said(text) == [expected]


def test_a_range_gives_its_two_bounds():
    assert parts("월 10~20만원 지급")[0]["from"] == 100_000
    assert said("월 10~20만원 지급") == [("from", 100_000, "month", "person"), ("at_most", 200_000, "month", "person")]


def test_the_children_in_order_of_birth_have_each_their_sum_and_these_add_up():
    found = value(
        {TITLE: "출산장려금", "지원내용": "첫째 30만원, 둘째 50만원, 셋째아 이상 100만원"}, ["cash"], ["개인"]
    )
    assert [(part["nth"], part["amount"], part["per"]) for part in found["parts"]] == [
        (1, 300_000, "child"),
        (2, 500_000, "child"),
        ({"from": 3}, 1_000_000, "child"),
    ]
    assert "adds" not in found


def test_several_sums_whose_conditions_were_not_read_are_alternatives():
    found = value({"지원내용": "중학생 50만원, 고등학생 100만원"}, ["scholarship"], ["개인"])
    assert (len(found["parts"]), found["adds"]) == (2, False)


@pytest.mark.parametrize(
    "text",
    [
        "사업비 : 5천만원",
        "예 산 액 : 50,000천원(80,000원 × 625명)",
        "자부담 5천원",
        "수강료의 일부(본인부담 1만원)",
        "월 소득 200만원 이하인 가구",
        "재산 3억원 이하",
        "월 임대료 60만원 이하 주택",
        "보증금 5천만원 이하 주택에 거주하는 청년",
        "이용요금 : 2km 이내 500원",
        "ex) 요금이 3만원일 경우",
        "매출액 10억원 미만",
        "총 100명 선발, 선발규모 : 2억원",
        "건당 평균 8천만 원",
        "시설 설치 4억원(보조 70%, 자부담 30%)",
        "건강보험료 기준(직장가입자 127,500원 이하)",
        "매월 0원 지급",
        "간선임도 : 278백만원/km",
        "우렁이 지원 사업 보조금 지원(799,920천원/3,333ha)",
        "월세 1만원 임대주택 공급",
        "방문 상담",
    ],
)
def test_what_is_not_given_is_left_out(text):
    assert value({"지원내용": text}, ["cash"], ["개인"]) == {"amount": None, "currency": "KRW", "text": text}


def test_what_finances_a_sum_is_no_sum_of_its_own():
    assert said("명절마다 5만원씩 지급(구비 2만원, 시비 3만원)") == [("amount", 50_000, "time", "person")]


def test_the_parts_of_a_sum_and_what_people_save_themselves_are_no_sums_of_their_own():
    assert said("월 19,250원 지원(통신비 17,600원, 차단 1,650원)") == [("amount", 19_250, "month", "person")]
    assert [one[1] for one in said("월 20만원 지원(교통비 5만원, 식비 3만원)")] == [200_000, 50_000, 30_000]
    assert [one[1] for one in said("월 10만원 10개월 저축시 100만원 지원금 지급(만기금 200만원)")] == [1_000_000]


def test_a_sum_may_stand_below_its_heading_or_in_the_summary():
    assert said("상담", 지원대상="○ 참여자 수당 : 참여자에게 지원\n - 1인당 1회 5,000원")[0][:2] == ("amount", 5_000)
    assert said("장려금 지원", 서비스목적요약="매월 20만원 지원") == [("amount", 200_000, "month", "person")]
    assert said("매월 10만원 지원", 서비스목적요약="매월 20만원 지원") == [("amount", 100_000, "month", "person")]


def test_prices_of_entry_are_no_benefit_and_a_loan_limit_is_one():
    assert parts("성인 3,000원 -> 2,000원", forms=["facility"]) == []
    assert parts("예방접종비 10,000원", forms=["medical"]) == []
    assert said("한 가정당 100만원 한도", forms=["medical"])[0][:2] == ("at_most", 1_000_000)
    assert parts("구매(충전) 인센티브 10%(월 60만원까지)", forms=["voucher"], title="지역화폐(가온페이)") == []
    assert said("대출한도 : 최대 300만원", forms=["loan"]) == [("at_most", 3_000_000, "unknown", "person")]
    assert said("대출이자 지원(대출한도 5천만 원)", forms=["loan"]) == []
    assert said("수도요금 5,000원 이내 감면", forms=["tax_relief"]) == [("at_most", 5_000, "unknown", "person")]


def test_whom_it_is_for_follows_from_the_users_where_the_text_does_not_say():
    assert said("30만원 지원", kinds=["가구"])[0][3] == "household"
    assert said("30만원 지원", kinds=["소상공인"])[0][3] == "business"
    assert said("30만원 지원", title="아동 안경 구입비 지원")[0][3] == "child"
    assert said("1인당 30만원 지원", title="아동 안경 구입비 지원")[0][3] == "child"
    assert said("장애인 30만원 지원(부모 중 1명)", title="장애인가정 출산지원금")[0][3] == "household"
    assert said("상해 사망 1,000만원", title="가온시민안전보험")[0][2] == "time"


def test_a_sum_in_the_text_on_whom_it_is_for_counts_where_that_line_says_how_much():
    assert said("이사비용 지원", 지원대상="- 지원금액 : 300,000원")[0][:2] == ("amount", 300_000)
    assert said("이사비용 지원", 지원대상="- 소득 300,000원 이하") == []


def test_days_worked_in_a_week_are_read_beside_a_daily_sum():
    assert parts("1일 8시간, 주 5일, 66,080원/일")[0]["days_a_week"] == 5


def test_a_line_of_more_sums_than_anybody_writes_is_not_read_and_the_other_lines_are():
    assert [part["amount"] for part in parts(" ".join(["10만원"] * 101) + "\n매월 5만원 지급")] == [50_000]
    assert [part["amount"] for part in parts(" ".join(["10만원"] * 100))] == [100_000]


def test_every_payment_says_where_it_stands():
    text = "안내문\r\n월 1.5만원 지급\r\n문의: 복지과"
    (part,) = parts(text)
    source = part["source"]
    assert (source["field"], text[source["from"] : source["to"]]) == ("지원내용", "1.5만원")


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_text_has_no_amount_and_no_words(text):
    assert value({"지원내용": text}, ["cash"], ["개인"]) == {"amount": None, "currency": "KRW"}


WORDS = st.sampled_from([
    "월", "매월", "연", "최대", "최소", "이내", "한도", "10만원", "20~30만원", "첫째", "둘째", "이상", "가구당",
    "1인당", "지원", "지급", "자부담", "소득", "이하", "(", ")", ",", "/", "\n", "-", "○", "1회", "주5일", "/일",
])  # fmt: skip


@given(st.lists(WORDS, max_size=14).map(" ".join), st.sampled_from(["cash", "loan", "facility", "insurance"]))
def test_whatever_is_read_is_a_valid_value_with_true_places(text, form):
    row = dict.fromkeys(READ, text)
    found = value(row, [form], ["개인"])
    programme = parse_programme(document("t.a", {"all": []}) | {"value": found, "form": form}, ("x",), DECLARATION)
    assert json.loads(json.dumps(programme.value.to_document())) == programme.value.to_document()
    for payment in programme.value.payments:
        if payment.source is not None:
            first, last = payment.source.span
            assert row[payment.source.field][first:last].strip("~ ")
            assert payment.source.field in FIELDS
