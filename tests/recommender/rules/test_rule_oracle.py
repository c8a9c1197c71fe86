from __future__ import annotations

import pytest

from features.value import NONE, UNKNOWN
from recommender.rules.clause import Advisory, All, Answer, Any, Compare, NoData, Not
from recommender.rules.rule_oracle import Oracle, holds
from tests.recommender.catalogues import DAY, DECLARATION, REGIONS, document, loaded

ORACLE = Oracle(DECLARATION, REGIONS, DAY)
HELD, FAILED, OPEN = All(()), Any(()), NoData("x")
VALUES = [FAILED, OPEN, HELD]


def answer(clause, **person):
    return ORACLE.clause(clause, lambda name: person.get(name, UNKNOWN))


@pytest.mark.parametrize("left", range(3))
@pytest.mark.parametrize("right", range(3))
def test_and_or_and_not_follow_kleenes_tables(left, right):
    both = (VALUES[left], VALUES[right])
    assert answer(All(both)) == min(left, right)
    assert answer(Any(both)) == max(left, right)
    assert answer(Not(VALUES[left])) == 2 - left
    assert answer(Advisory(VALUES[left])) == max(left, 1)


@pytest.mark.parametrize(
    ("op", "held"),
    [("is", [False, True, False]), ("in", [False, True, False]), ("below", [True, False, False]),
     ("above", [False, False, True]), ("at_most", [True, True, False]), ("at_least", [False, True, True])],
)  # fmt: skip
def test_bounds_are_met_as_their_names_say(op, held):
    assert [holds(op, value, (10,)) for value in (9, 10, 11)] == held


def test_unknown_is_unknown_and_none_meets_nothing():
    below = Compare("youngest_child_months", "below", 24)
    assert answer(below) == Answer.UNKNOWN
    assert answer(below, youngest_child_months=NONE) == Answer.NO
    assert answer(Not(below), youngest_child_months=NONE) == Answer.YES
    assert answer(below, youngest_child_months=0) == Answer.YES


def test_a_set_of_ages_meets_a_bound_by_one_member():
    seven = Compare("child_ages", "at_least", 5, (("at_most", 9),))
    assert answer(seven, child_ages=1 << 7 | 1 << 30) == Answer.YES
    assert answer(seven, child_ages=1 << 4 | 1 << 10) == Answer.NO
    assert answer(seven, child_ages=0) == Answer.NO
    assert answer(Compare("child_ages", "at_least", 61), child_ages=1 << 61) == Answer.YES


def test_applicant_kinds_validity_and_verification_bind_the_programme():
    held = loaded(
        document("t.a", {"citizen": {"no_data": "x"}, "organisation": {"all": []}}),
        document("t.b", {"all": []}, verified=False),
        document("t.c", {"all": []}, valid={"until": "2026-01-01"}, ended=True),
        document("t.d", {"all": []}, valid={"until": "2026-01-01"}),
    )
    judged = [[ORACLE.programme(one, lambda _: UNKNOWN, mask) for mask in (1, 2, 4, 5)] for one in held.programmes]
    assert judged == [[1, 0, 2, 2], [1, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 1]]
