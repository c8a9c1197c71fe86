"""A decision explained: in short and in full, in every language, with what was told and nothing else."""

from __future__ import annotations

import pytest

from serving.records.decision import Recorder
from serving.records.decision_log import KeptDecision
from serving.records.explanation import explained


@pytest.fixture(scope="module")
def decided(shipped, lives):
    """A decision on somebody whose events have given reasons to trace."""
    events, day = lives
    recorder = Recorder(shipped)
    found = (
        recorder.decide(shipped.from_events(own, name, ["citizen"], day), day, 5, name) for name, own in events.items()
    )
    return next(one for one in found if one.answer["known_from"])


def kept(decision):
    return KeptDecision(decision.id, decision, 0)


def test_in_short_every_programme_has_one_reason(decided, shipped):
    told = explained(kept(decided), shipped, "short")
    assert set(told) == {"kind", "as_of", "summary", "programmes", "contest"}
    shown = decided.answer["recommendations"]
    assert [one["programme"] for one in told["programmes"]] == [one["programme"] for one in shown]
    assert [one["because"] for one in told["programmes"]] == [one["because"][0]["text"] for one in shown]


def test_in_full_every_reason_stands_with_the_facts_it_rests_on_and_where_they_are_known_from(decided, shipped):
    told = explained(kept(decided), shipped, "full")
    shown = decided.answer["recommendations"]
    assert [one["because"] for one in told["programmes"]] == [one["because"] for one in shown]
    facts = {one["fact"]: one for one in told["facts"]}
    assert set(decided.answer["known_from"]) <= set(facts)
    named = [facts[name] for name in decided.answer["known_from"]]
    assert all(one["known_from"]["ko"] and one["value"] is not None for one in named)
    assert told["basis"] == decided.document["basis"]


def test_every_sentence_stands_in_every_language(decided, shipped):
    told = explained(kept(decided), shipped, "full")
    for text in (*told["summary"], told["contest"]):
        assert set(text) == set(shipped.messages.languages)


def test_whether_a_model_took_part_in_the_order_is_said(decided, shipped):
    by_rules = explained(kept(decided), shipped, "short")["summary"][-1]["en"]
    assert by_rules == "No model took part in the order."
    decided = type(decided)(decided.document, {**decided.answer, "model": {"kind": "bilinear"}})
    assert "It can be refused" in explained(kept(decided), shipped, "short")["summary"][-1]["en"]
