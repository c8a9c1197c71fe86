from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.reading.logic import EVERYONE, agreed_within, all_of, any_of, softened
from recommender.rules.clause import All, Answer, Any, NoData
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from tests.recommender.catalogues import DECLARATION, clauses

ORACLE = Oracle(DECLARATION, Regions(), 0)
HELD, FAILED, OPEN = All(()), Any(()), NoData("x")
BY_ANSWER = {Answer.YES: HELD, Answer.NO: FAILED, Answer.UNKNOWN: OPEN}
answers = st.sampled_from(list(BY_ANSWER))


def said(clause):
    return ORACLE.clause(clause, lambda _: 0)


@given(st.lists(answers, max_size=4))
def test_parts_put_together_answer_as_all_and_any_do(given_answers):
    parts = [BY_ANSWER[answer] for answer in given_answers]
    assert said(all_of(parts)) == min(given_answers, default=Answer.YES)
    if parts:
        assert said(any_of(parts)) == max(given_answers)


@given(answers, answers)
def test_two_readings_say_only_what_both_say(one, other):
    stricter, wider = sorted((one, other))
    both = stricter if stricter == wider else Answer.UNKNOWN
    assert said(agreed_within(BY_ANSWER[stricter], BY_ANSWER[wider])) == both


@given(answers)
def test_a_softened_clause_excludes_nobody(answer):
    assert said(softened(BY_ANSWER[answer])) == max(answer, Answer.UNKNOWN)


@given(clauses())
def test_what_asks_nothing_leaves_the_rest_alone(clause):
    assert all_of([EVERYONE, clause, EVERYONE]) == all_of([clause])
