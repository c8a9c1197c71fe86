from __future__ import annotations

import pytest

from recommender.reading.age_figure import age_at, age_clause
from recommender.rules.clause import Any, Compare


@pytest.mark.parametrize(
    ("words", "ages"),
    [
        ("만18세이상~만40세미만", (18, 39)),
        ("19~39세", (19, 39)),
        ("0~18세", (0, 18)),
        ("39세이하", (None, 39)),
        ("65세초과", (66, None)),
        ("6세이상18세미만", (6, 17)),
        ("만3개월이상~만12세이하", (0, 12)),
        ("100세", (100, 100)),
    ],
)
def test_ages_are_read_as_completed_years_with_both_ends(words, ages):
    found = age_at(words, 0)
    assert (found.low, found.high, found.end, found.sound) == (*ages, len(words), True)


@pytest.mark.parametrize("words", ["40세이상30세이하", "200세이상", "60~20세"])
def test_ages_nobody_can_have_are_a_slip_of_the_pen(words):
    assert not age_at(words, 0).sound


@pytest.mark.parametrize("words", ["2세환자", "30세대", "19명", "3년"])
def test_other_figures_are_no_age(words):
    assert age_at(words, 0) is None


def test_a_young_age_may_be_a_childs():
    own = Compare("age", "at_most", 12)
    assert age_clause(None, 12) == Any((own, Compare("child_ages", "at_most", 12)))
    assert age_clause(19, 39) == Compare("age", "at_least", 19, (("at_most", 39),))
