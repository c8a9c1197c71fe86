"""Decisions: made again from their record to the last bit, one id for the same inputs, and nobody's id in them."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.canonical_json import canonical_text
from features.problem import Rejected
from recommender.engine import Engine
from recommender.offers.batch import Ranker
from recommender.offers.order_correction import parse_boosts
from recommender.offers.utility import UtilityWeights
from recommender.rules.people_group import parse_groups
from serving.records.basis import basis_of, other_parts
from serving.records.decision import Decision, Recorder
from serving.records.replay import Difference, replayed
from tests.examples import examples

FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2020-10-01"]}


@pytest.fixture(scope="module")
def recorder(shipped):
    return Recorder(shipped)


@pytest.fixture(scope="module")
def decided(recorder, lives):
    """One decision on each of the people."""
    events, day = lives
    engine = recorder.engine
    return {
        name: recorder.decide(engine.from_events(own, name, ["citizen"], day), day, 10, name)
        for name, own in events.items()
    }


def reread(decision):
    return Decision.parse(json.loads(canonical_text(decision.to_document())), ("x.json",))


def other(engine, **changes):
    parts = {name: getattr(engine, name) for name in ("declaration", "catalogue", "regions", "messages", "ranker")}
    return Engine(**(parts | changes), working_days=engine.working_days)


def test_a_decision_is_kept_as_the_canonical_text_of_its_document_of_which_the_hash_is_the_id(decided):
    for one in decided.values():
        assert one.text == reread(one).text == canonical_text(one.to_document())
        assert one.id == sha256(canonical_text(one.document).encode()).hexdigest()
        assert one.document["answer"] == sha256(canonical_text(one.answer).encode()).hexdigest()


def test_every_decision_is_made_again_from_its_record_to_the_last_bit(decided, shipped):
    assert len(decided) >= 40
    for one in decided.values():
        again = reread(one)
        assert again.id == one.id
        assert replayed(again, shipped, one.id).outcome == "same"


def test_a_decision_holds_no_id_but_of_the_person_it_is_about(decided, lives):
    for name, one in decided.items():
        others = {person for event in lives[0][name] for person in event.people} - {name}
        text = canonical_text(one.to_document())
        assert not [person for person in others if person in text]
    assert any(one.document["inputs"]["members"]["cells"] for one in decided.values())


@examples(25)
@given(data=st.data())
def test_events_in_any_order_and_any_number_of_times_give_the_same_decision(data, decided, lives, recorder):
    events, day = lives
    name = data.draw(st.sampled_from(sorted(decided)))
    own = events[name]
    sent = data.draw(st.permutations(own)) + data.draw(st.lists(st.sampled_from(own), max_size=5))
    person = recorder.engine.from_events(sent, name, ["citizen"], day)
    assert recorder.decide(person, day, 10, name).id == decided[name].id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("decision", "inputs", "columns", "age"), 70),
        (("decision", "order", 0, "utility"), 1),
        (("decision", "k"), 2),
        (("answer", "recommendations", 0, "because", 0, "text", "ko"), "다른 말"),
        (("answer", "total"), 3),
    ],
)
def test_a_record_that_was_changed_is_different_and_the_first_place_is_named(recorder, path, value, shipped, lives):
    day = lives[1]
    made = recorder.decide(shipped.from_facts(FACTS, ["citizen"], day), day, 5)
    document = copy.deepcopy(made.to_document())
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    found = replayed(Decision.parse(document, ("x",)), shipped)
    assert found.outcome == "different"
    assert isinstance(found.difference, Difference)
    if path[0] == "answer":
        assert found.difference.path == path
    changed_id = path[0] == "decision"
    assert (replayed(Decision.parse(document, ("x",)), shipped, made.id).difference.path == ("id",)) is changed_id


def test_what_cannot_be_read_is_different_and_not_an_error(recorder, shipped, lives):
    day = lives[1]
    made = recorder.decide(shipped.from_facts(FACTS, ["citizen"], day), day, 5)
    for broken in ({}, {"t": "x"}, {**made.document["inputs"], "columns": {"no_such_column": 1}}):
        found = replayed(Decision({**made.document, "inputs": broken}, made.answer), shipped)
        assert found.difference.path == ("decision", "inputs")


def test_what_corrects_the_order_is_part_of_the_weights_that_a_decision_rests_on(recorder, shipped):
    rule = {"groups": {"older": {"who": {"fact": "age", "at_least": 65}}}}
    groups = parse_groups(rule, ("groups.yaml",), shipped.declaration)
    boost = {"group": "older", "of": "group", "programme": "kr.basic-pension", "adds": 0.1}
    bases = [
        basis_of(other(shipped, ranker=replace(shipped.ranker, correction=parse_boosts([one], groups, ("w.yaml",)))))
        for one in (boost, boost, boost | {"adds": 0.2})
    ]
    assert bases[0] == bases[1]
    assert other_parts(bases[0], recorder.basis) == other_parts(bases[0], bases[2]) == ["weights"]


def test_another_catalogue_or_weights_are_said_and_nothing_is_compared(recorder, shipped, lives):
    day = lives[1]
    made = recorder.decide(shipped.from_facts(FACTS, ["citizen"], day), day, 5)
    weights = other(shipped, ranker=Ranker(UtilityWeights(urgency=0.9)))
    fewer = other(shipped, catalogue=type(shipped.catalogue).of(shipped.catalogue.texts[1:]))
    assert replayed(made, weights).parts == ("weights",)
    assert replayed(made, fewer).parts == ("catalogue",)
    assert {replayed(made, one).outcome for one in (weights, fewer)} == {"unavailable"}
    of_another = replace(made, document={**made.document, "basis": {**made.document["basis"], "version": "0.0.1"}})
    assert (replayed(of_another, shipped).outcome, replayed(of_another, shipped).parts) == ("same", ("version",))


def test_another_person_day_number_or_purpose_is_another_decision(recorder, shipped, lives):
    day = lives[1]
    person = shipped.from_facts(FACTS, ["citizen"], day)
    made = recorder.decide(person, day, 5)
    assert recorder.decide(person, day, 5).id == made.id
    others = [
        recorder.decide(person, day, 6),
        recorder.decide(person, day, 5, "ann"),
        recorder.decide(person, day, 5, kind="offer"),
        recorder.decide(person, day, 5, kind="offer", said={"channel": "letter"}),
        recorder.decide(shipped.from_facts(FACTS | {"pregnant": True}, ["citizen"], day), day, 5),
    ]
    assert len({made.id, *(one.id for one in others)}) == 6


@pytest.mark.parametrize(
    "document", [None, [], {}, {"decision": {}}, {"decision": {"format": "x"}, "answer": {"a": 1}}]
)
def test_what_is_no_decision_is_refused(document):
    with pytest.raises(Rejected, match="is no decision of the format proffer-decision-1"):
        Decision.parse(document, ("x.json",))
