from __future__ import annotations

import pytest

from recommender.rules.clause import Advisory, All, Any, Compare, NoData, Not
from recommender.rules.rule_text import _LABELS, RuleText
from recommender.text import Text
from tests.recommender.catalogues import DECLARATION, REGIONS

WORDS = RuleText(DECLARATION, REGIONS, {"t.a": Text("가 사업", "Programme A")})
FARMER, ADULT = Compare("farmer", "is", True), Compare("age", "at_least", 19, (("at_most", 34),))
MAPO = Compare("region", "is", "11440")


@pytest.mark.parametrize(
    ("clause", "ko", "en"),
    [
        (FARMER, "농업인일 것", "is a farmer"),
        (Not(FARMER), "농업인이 아닐 것", "is not a farmer"),
        (Compare("worker", "is", False), "근로자가 아닐 것", "is not employed"),
        (ADULT, "만 나이 19세 이상 34세 이하", "age at least 19 and at most 34"),
        (Not(ADULT), "만 나이 19세 이상 34세 이하가 아닐 것", "age not at least 19 and at most 34"),
        (
            Compare("income_percent", "below", 75),
            "가구 소득(기준 중위소득 대비) 75% 미만",
            "household income (of the median) below 75%",
        ),
        (
            Compare("assets_won", "at_most", 2_000_000),
            "가구 총자산 2,000,000원 이하",
            "household assets at most 2,000,000 won",
        ),
        (
            Compare("insured_days", "above", 180),
            "최근 18개월간 고용보험 가입일수 180일 초과",
            "insured days in the last 18 months above 180 days",
        ),
        (Compare("care_grade", "in", (1, 2)), "장기요양등급 1등급 또는 2등급", "long-term care grade 1 or 2"),
        (Compare("birth_date", "is", "1990-05-01"), "생년월일 1990-05-01", "birth date 1990-05-01"),
        (Compare("sex", "is", "female"), "성별이 여성일 것", "sex is female"),
        (Not(Compare("sex", "in", ("male", "female"))), "성별이 남성 또는 여성이 아닐 것", "sex is not male or female"),
        (MAPO, "거주지가 서울특별시 마포구일 것", "lives in Mapo-gu, Seoul"),
        (Not(MAPO), "거주지가 서울특별시 마포구가 아닐 것", "does not live in Mapo-gu, Seoul"),
        (Compare("receives.t.a", "is", True), "‘가 사업’을 받고 있을 것", "receives Programme A"),
        (Compare("receives.t.b", "is", False), "‘t.b’를 받고 있지 않을 것", "does not receive t.b"),
        (NoData("age"), "자료 없음: 나이", "no data: age"),
        (
            NoData("자산", why=Text("자산을 묻지 않음", "nobody asks")),
            "자료 없음: 자산을 묻지 않음",
            "no data: nobody asks",
        ),
        (Advisory(FARMER), "농업인일 것", "is a farmer"),
        (All(()), "누구나", "open to everyone"),
        (Not(All(())), "아무도 해당하지 않음", "nobody"),
        (
            All((FARMER, MAPO)),
            "농업인일 것 그리고 거주지가 서울특별시 마포구일 것",
            "is a farmer and lives in Mapo-gu, Seoul",
        ),
        (
            All((MAPO, Any((FARMER, ADULT)))),
            "거주지가 서울특별시 마포구일 것 그리고 (농업인일 것 또는 만 나이 19세 이상 34세 이하)",
            "lives in Mapo-gu, Seoul and (is a farmer or age at least 19 and at most 34)",
        ),
        (
            Not(Any((FARMER, MAPO))),
            "농업인이 아닐 것 그리고 거주지가 서울특별시 마포구가 아닐 것",
            "is not a farmer and does not live in Mapo-gu, Seoul",
        ),
        (
            Not(All((FARMER, MAPO))),
            "농업인이 아닐 것 또는 거주지가 서울특별시 마포구가 아닐 것",
            "is not a farmer or does not live in Mapo-gu, Seoul",
        ),
    ],
)
def test_a_clause_is_told_in_plain_korean_and_english(clause, ko, en):
    assert WORDS.clause(clause) == Text(ko, en)


def test_a_clause_told_twice_is_told_alike():
    assert WORDS.clause(FARMER, negated=True) is WORDS.clause(FARMER, negated=True)


def test_every_fact_of_the_shipped_declaration_has_words_of_its_own():
    assert set(DECLARATION.facts) - set(_LABELS) == set()


def test_a_fact_of_another_declaration_is_told_by_its_question():
    class Fact:
        def __init__(self, kind, question):
            self.type, self.question, self.unit, self.values = kind, question, "cows", ("a", "b")

        @staticmethod
        def decode(code):
            return code / 10

        @staticmethod
        def encode(value):
            return int(value * 10)

    class Declared:
        facts = {  # noqa: RUF012  # a fake
            "herder": Fact("boolean", {"ko": "목축을 하나요?", "en": "Do you keep a herd?"}),
            "herd_size": Fact("integer", {}),
        }

    words = RuleText(Declared(), REGIONS, {})
    assert words.clause(Compare("herder", "is", False)) == Text("“목축을 하나요?” 아니요", '"Do you keep a herd?" no')
    assert words.clause(Compare("herd_size", "above", 2.5)) == Text(
        "herd size 2.5 cows 초과", "herd size above 2.5 cows"
    )
