"""What chance ordered is on record with its propensity, made again by its record alone, and refused with the order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from features.calendar import day_of
from features.canonical_json import canonical_text
from recommender.offers.exploration import CERTAIN, SUBSISTENCE, ExplorationPolicy
from serving.records.decision import Decision, Recorder
from serving.records.decision_log import KeptDecision
from serving.records.explanation import explained
from serving.records.replay import replayed

K = 10


@pytest.fixture(scope="module")
def policy(lives):
    day = day_of(lives[1])
    return ExplorationPolicy("autumn", day - 5, day + 30, 500, 10, 4, "Decision 7", signed_by=("ann", "bob"))


@pytest.fixture(scope="module")
def recorder(shipped, policy):
    return Recorder(shipped.exploring(policy))


def decided_by(recorder, lives, k=K):
    events, day = lives
    engine = recorder.engine
    return {
        name: recorder.decide(engine.from_events(own, name, ["citizen"], day), day, k, name)
        for name, own in events.items()
    }


@pytest.fixture(scope="module")
def decided(recorder, lives):
    return decided_by(recorder, lives)


@pytest.fixture(scope="module")
def certain(shipped, lives):
    return decided_by(Recorder(shipped), lives)


def names(decision):
    return [one["programme"] for one in decision.answer["recommendations"]]


@pytest.mark.slow
def test_some_orders_are_drawn_and_each_is_made_again_by_an_engine_that_leaves_nothing_to_chance(
    decided, certain, shipped
):
    assert sum(names(one) != names(certain[who]) for who, one in decided.items()) > 5
    for one in decided.values():
        again = Decision.parse(json.loads(canonical_text(one.to_document())), ("x.json",))
        assert replayed(again, shipped, one.id).outcome == "same"


@pytest.mark.slow
def test_one_that_nothing_was_left_to_chance_in_is_made_again_while_chance_orders(certain, recorder):
    for one in certain.values():
        assert "exploration" not in one.document
        assert replayed(one, recorder.engine, one.id).outcome == "same"


def test_a_propensity_that_was_changed_is_seen(decided, shipped):
    one = next(one for one in decided.values() if any(row["propensity"] < CERTAIN for row in one.document["order"]))
    order = [{**row, "propensity": CERTAIN} for row in one.document["order"]]
    assert replayed(Decision({**one.document, "order": order}, one.answer), shipped).outcome == "different"
    policy = {**one.document["exploration"], "margin": "wide"}
    assert replayed(Decision({**one.document, "exploration": policy}, one.answer), shipped).outcome == "different"


def test_the_reply_and_the_record_carry_the_same_propensities(decided):
    for one in decided.values():
        told = [row["propensity"] for row in one.answer["recommendations"]]
        assert told == [row["propensity"] for row in one.document["order"]]


def test_nothing_for_subsistence_or_safety_moves_nor_does_what_is_open_pass_a_yes(decided, certain, shipped):
    places = shipped.catalogue.index
    moved = 0
    for who, one in decided.items():
        plain = {row["programme"]: at for at, row in enumerate(certain[who].answer["recommendations"])}
        standings = [row["answer"] for row in certain[who].answer["recommendations"]]
        for at, row in enumerate(one.answer["recommendations"]):
            assert row["answer"] == standings[at]
            before = plain.get(row["programme"])
            if before != at:
                moved += 1
                assert shipped.catalogue.programmes[places[row["programme"]]].category not in SUBSISTENCE
    assert moved > 10


def test_each_page_of_an_answer_has_the_same_draw(decided, recorder, lives):
    whole = decided_by(recorder, lives, 20)
    for who, one in decided.items():
        assert names(whole[who])[:K] == names(one)


def test_who_refuses_the_learned_order_gets_nothing_by_lot(recorder, certain, lives):
    refusing = decided_by(recorder.by_rules, lives)
    assert {who: one.id for who, one in refusing.items()} == {who: one.id for who, one in certain.items()}


def test_nothing_is_left_to_chance_outside_the_span_nor_in_what_is_sent(shipped, policy, lives, certain):
    over = Recorder(shipped.exploring(replace(policy, first=policy.last + 1, last=policy.last + 9)))
    assert {who: one.id for who, one in decided_by(over, lives).items()} == {
        who: one.id for who, one in certain.items()
    }
    events, day = lives
    engine = shipped.exploring(policy)
    who = next(iter(events))
    found = engine.offers([engine.from_events(events[who], who, ["citizen"], day)], day)[0]
    assert [one.programme.id for one in found.shown][:K] == names(certain[who])


def test_that_a_lot_decided_is_told_in_every_language(decided, certain, shipped):
    drawn = next(one for one in decided.values() if any(row["propensity"] < CERTAIN for row in one.document["order"]))
    said = explained(KeptDecision(drawn.id, drawn, 0), shipped, "short")["summary"][-1]
    assert "Decision 7" in said["en"]
    assert set(said) == set(shipped.messages.languages)
    plain = next(iter(certain.values()))
    assert "Decision 7" not in str(explained(KeptDecision(plain.id, plain, 0), shipped, "short"))
