from __future__ import annotations

import pytest

from recommender.reading.figure import figure_at
from recommender.reading.lexeme import LexemeKind
from recommender.rules.clause import Compare, NoData


@pytest.mark.parametrize(
    ("words", "clause"),
    [
        ("기준중위소득60%이하", Compare("income_percent", "at_most", 60)),
        ("중위소득100분의50이하", Compare("income_percent", "at_most", 50)),
        ("기준중위소득이하", Compare("income_percent", "at_most", 100)),
        ("기준중위소득150%초과", Compare("income_percent", "above", 150)),
        ("소득인정액이기준중위소득47%이하", Compare("recognised_income_percent", "at_most", 47)),
        ("건강보험료하위50%", NoData("건강보험료")),
        ("3,700만원이하", NoData("금액 기준")),
        ("180일이상", Compare("residence_months", "at_least", 6)),
        ("30일이상", Compare("residence_months", "at_least", 1)),
        ("1년이상", Compare("residence_months", "at_least", 12)),
    ],
)
def test_a_figure_asks_what_it_says(words, clause):
    assert figure_at(words, 0).clause == clause


@pytest.mark.parametrize("words", ["중위소득140%~160%이하", "40세이상30세이하", "2026년1월1일이후"])
def test_what_is_no_one_limit_is_left_unread(words):
    assert figure_at(words, 0).kind is LexemeKind.UNREAD


def test_a_length_without_a_lower_bound_asks_nothing():
    assert figure_at("7년이내", 0).clause is None


@pytest.mark.parametrize(
    "words",
    [
        "중위소득200%이상50%이하",
        "중위소득50%이하200%이상",
        "중위소득200%이상이고중위소득50%이하",
        "생후24개월이상12개월이하",
    ],
)
def test_a_range_that_nobody_lies_in_is_unread_to_its_end(words):
    figure = figure_at(words, 0)
    assert (figure.kind, figure.clause, figure.end) == (LexemeKind.UNREAD, None, len(words))


@pytest.mark.parametrize("words", ["중위소득50%초과100%이하", "중위소득50%초과중위소득100%이하"])
def test_a_range_of_incomes_is_one_comparison(words):
    assert figure_at(words, 0).clause == Compare("income_percent", "above", 50, (("at_most", 100),))
