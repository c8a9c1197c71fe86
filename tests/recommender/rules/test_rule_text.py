from __future__ import annotations

import pytest

from recommender.rules.clause import Advisory, All, Any, Compare, NoData, Not
from recommender.rules.rule_text import RuleText
from recommender.text import Text
from tests.recommender.catalogues import DECLARATION, KOREA, MESSAGES, REGIONS

WORDS = RuleText(DECLARATION, REGIONS, {"t.a": Text(ko="가 사업", en="Programme A")}, MESSAGES)
FARMER, ADULT = Compare("farmer", "is", True), Compare("age", "at_least", 19, (("at_most", 34),))
MAPO = Compare("region", "is", "11440")


@pytest.mark.parametrize(
    ("clause", "ko", "en"),
    [
        (FARMER, "농업인이어야 합니다.", "is a farmer"),
        (Not(FARMER), "농업인이 아니어야 합니다.", "is not a farmer"),
        (Compare("worker", "is", False), "재직 중이 아니어야 합니다.", "is not employed"),
        (ADULT, "만 나이가 19세 이상 34세 이하여야 합니다.", "age at least 19 and at most 34"),
        (Not(ADULT), "만 나이가 19세 이상 34세 이하가 아니어야 합니다.", "age not at least 19 and at most 34"),
        (
            Compare("income_percent", "below", 75),
            "가구 소득(기준 중위소득 대비)이 75% 미만이어야 합니다.",
            "household income (of the median) below 75%",
        ),
        (
            Compare("assets_won", "at_most", 2_000_000),
            "가구 총자산이 200만 원 이하여야 합니다.",
            "household assets at most 2,000,000 won",
        ),
        (
            Compare("insured_days", "above", 180),
            "최근 18개월 동안 고용보험에 가입한 날이 180일 초과여야 합니다.",
            "insured days in the last 18 months above 180 days",
        ),
        (
            Compare("care_grade", "in", (1, 2)),
            "장기요양등급이 1등급 또는 2등급이어야 합니다.",
            "long-term care grade 1 or 2",
        ),
        (Compare("birth_date", "is", "1990-05-01"), "생년월일이 1990년 5월 1일이어야 합니다.", "birth date 1 May 1990"),
        (
            Compare("parental_leaves_ended", "within", "P12M"),
            "육아휴직이 끝난 날이 12개월 안이어야 합니다.",
            "the end of parental leave within the last 12 months",
        ),
        (Compare("sex", "is", "female"), "성별이 여성이어야 합니다.", "sex is female"),
        (
            Not(Compare("sex", "in", ("male", "female"))),
            "성별이 남성 또는 여성이 아니어야 합니다.",
            "sex is not male or female",
        ),
        (MAPO, "거주지가 서울특별시 마포구여야 합니다.", "lives in Mapo-gu, Seoul"),
        (Not(MAPO), "거주지가 서울특별시 마포구가 아니어야 합니다.", "does not live in Mapo-gu, Seoul"),
        (Compare("receives.t.a", "is", True), "‘가 사업’을 받고 있어야 합니다.", "receives Programme A"),
        (Compare("receives.t.b", "is", False), "‘t.b’를 받고 있지 않아야 합니다.", "does not receive t.b"),
        (
            NoData("age"),
            "나이 조건은 공개된 자료만으로 확인할 수 없습니다.",
            "to be checked: age, which published data do not settle",
        ),
        (
            NoData("자산", why=Text(ko="자산을 알 수 없습니다.", en="no assets are asked for")),
            "자산을 알 수 없습니다.",
            "to be checked: no assets are asked for",
        ),
        (Advisory(FARMER), "농업인이어야 합니다.", "is a farmer"),
        (All(()), "누구나 신청할 수 있습니다.", "open to everyone"),
        (Not(All(())), "신청할 수 있는 사람이 없습니다.", "open to no one"),
        (
            All((FARMER, MAPO)),
            "농업인 그리고 서울특별시 마포구 거주에 모두 해당해야 합니다.",
            "is a farmer and lives in Mapo-gu, Seoul",
        ),
        (
            All((MAPO, Any((FARMER, ADULT)))),
            "서울특별시 마포구 거주 그리고 (농업인 또는 만 나이 19세 이상 34세 이하)에 모두 해당해야 합니다.",
            "lives in Mapo-gu, Seoul and (is a farmer or age at least 19 and at most 34)",
        ),
        (
            Not(Any((FARMER, MAPO))),
            "농업인이 아닌 경우 그리고 거주지가 서울특별시 마포구가 아닌 경우에 모두 해당해야 합니다.",
            "is not a farmer and does not live in Mapo-gu, Seoul",
        ),
        (
            Not(All((FARMER, MAPO))),
            "농업인이 아닌 경우 또는 거주지가 서울특별시 마포구가 아닌 경우에 해당해야 합니다.",
            "is not a farmer or does not live in Mapo-gu, Seoul",
        ),
    ],
)
def test_a_clause_is_told_in_plain_korean_and_english(clause, ko, en):
    assert WORDS.clause(clause) == Text(ko=ko, en=en)


def test_a_clause_told_twice_is_told_alike():
    assert WORDS.clause(FARMER, negated=True) is WORDS.clause(FARMER, negated=True)


def test_a_fact_is_called_by_its_label_and_a_receipt_by_the_title_of_the_programme():
    assert WORDS.label("farmer") == Text(ko="농업인", en="a farmer")
    assert WORDS.label("receives.t.a") == Text(ko="가 사업", en="Programme A")
    assert WORDS.label("receives.t.b") == Text.alone("t.b")


def test_a_clause_that_is_met_is_a_statement_of_fact():
    assert WORDS.clause(FARMER, met=True).get("ko") == "농업인입니다."
    assert WORDS.clause(FARMER, negated=True, met=True).get("ko") == "농업인이 아닙니다."
    assert WORDS.clause(ADULT, met=True).get("ko") == "만 나이가 19세 이상 34세 이하입니다."
    assert WORDS.clause(MAPO, met=True).get("ko") == "거주지가 서울특별시 마포구입니다."
    assert WORDS.clause(Any((FARMER, MAPO)), met=True).get("ko") == "농업인 또는 서울특별시 마포구 거주에 해당합니다."
    assert WORDS.clause(Compare("receives.t.a", "is", True), met=True).get("ko") == "‘가 사업’을 받고 있습니다."


@pytest.mark.parametrize(
    ("op", "ko", "en"),
    [
        ("below", "2007년 1월 1일보다 전이어야", "before"),
        ("above", "2007년 1월 1일보다 후여야", "after"),
        ("at_most", "2007년 1월 1일 이전이어야", "on or before"),
        ("at_least", "2007년 1월 1일 이후여야", "on or after"),
    ],
)
def test_a_date_is_compared_in_the_words_for_days(op, ko, en):
    text = WORDS.clause(Compare("birth_date", op, "2007-01-01"))
    assert text == Text(ko=f"생년월일이 {ko} 합니다.", en=f"birth date {en} 1 January 2007")


def test_every_fact_of_the_shipped_declaration_is_labelled_in_every_language():
    labels = {name: set(fact.label) for name, fact in DECLARATION.facts.items()}
    assert labels == {name: {"ko", "en"} for name in DECLARATION.facts}


def test_a_fact_of_another_declaration_is_told_by_its_question():
    class Fact:
        def __init__(self, kind, question):
            self.type, self.question, self.unit, self.values = kind, question, "cows", ("a", "b")
            self.label, self.format = {}, {}

        @staticmethod
        def decode(code):
            return code / 10

        @staticmethod
        def encode(value):
            return int(value * 10)

    class Declared:
        country = KOREA
        facts = {  # noqa: RUF012  # a fake
            "herder": Fact("boolean", {"ko": "목축을 하나요?", "en": "Do you keep a herd?"}),
            "herd_size": Fact("integer", {}),
        }

    words = RuleText(Declared(), REGIONS, {}, MESSAGES)
    assert words.clause(Compare("herder", "is", False)) == Text(
        ko="“목축을 하나요?”라는 질문의 답이 ‘아니요’여야 합니다.", en='"Do you keep a herd?" no'
    )
    assert words.clause(Compare("herd_size", "above", 2.5)) == Text(
        ko="herd size가 2.5 cows 초과여야 합니다.", en="herd size above 2.5 cows"
    )
