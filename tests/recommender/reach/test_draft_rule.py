"""A draft rule is a programme, its who, or one clause; what makes its counts mean little is said."""

from __future__ import annotations

import pytest

from features.problem import Rejected
from recommender.reach.draft_rule import doubts, parse_draft
from recommender.rules.clause import clause_document
from tests.recommender.catalogues import DAY, DECLARATION, REGIONS, document

OLD = {"fact": "age", "at_least": 65}


def read(found):
    return parse_draft(found, ("rule.yaml",), DECLARATION, REGIONS)


@pytest.mark.parametrize("found", [OLD, {"who": OLD}, {"who": {"citizen": OLD}}, document("t.a", OLD)])
def test_a_clause_a_who_and_a_programme_ask_the_same(found):
    assert clause_document(read(found).who["citizen"]) == OLD


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "is no rule"),
        ([], "is no rule"),
        ({}, "is no rule"),
        ({"fact": "agee", "at_least": 65}, "agee"),
        ({"who": {"fact": "age", "at_least": "old"}}, "at_least"),
        ({"who": OLD, "valid": {"from": "someday"}}, "from"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(found, said):
    with pytest.raises(Rejected) as refusal:
        read(found)
    assert said in str(refusal.value)
    assert "rule.yaml" in str(refusal.value)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"all": [{"fact": "farmer", "is": True}, {"fact": "farmer", "is": False}]}, "nobody can meet it"),
        (document("t.a", OLD, valid={"from": "2030-01-01"}), "not in force"),
        (document("t.a", OLD, verified=False), "says yes to nobody"),
        ({"who": {"organisation": OLD}}, "not for people"),
    ],
)
def test_what_makes_counts_mean_little_is_said(found, said):
    assert any(said in doubt for doubt in doubts(read(found), DECLARATION, DAY))
    assert not list(doubts(read(OLD), DECLARATION, DAY))
