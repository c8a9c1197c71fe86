"""Purposes: what a person did not allow, or withdrew, is not read; the set of programmes does not hang on the order."""

from __future__ import annotations

from copy import copy

import numpy as np
import pytest

from composition import reading
from composition.purpose_terms import read_purposes
from features.log.event import Event
from features.problem import Rejected
from features.value import UNKNOWN
from recommender.offers.batch import Ranker
from recommender.ranking.scorer import Scores
from serving.records.live_basis import PurposeRegister

FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "pregnant": True, "disabled": False}


def said(number, kind, data, subject="ann"):
    return Event(str(number), "s", subject, kind, 1_733_000_000 + number, 1_733_000_000 + number, data)


@pytest.fixture(scope="module")
def register(shipped):
    return read_purposes(shipped.declaration)


@pytest.fixture
def asked(shipped, lives, register):
    """What may be read of ann, after these statements on purposes."""
    day = lives[1]

    def allowed(*statements):
        events = [said(0, "fact.stated", FACTS)]
        events += [said(i, f"consent.{what}", {"purpose": name}) for i, (what, name) in enumerate(statements, 1)]
        return register.allowed(shipped, shipped.from_events(events, "ann", ["citizen"], day), "ann")

    return allowed


def test_without_a_word_of_the_person_the_law_is_the_basis(asked, shipped):
    engine, person, closed = asked()
    assert (engine, closed) == (shipped, ())
    assert person.column("pregnant") == 1


def test_a_withdrawn_purpose_closes_its_facts_and_nothing_else(asked):
    _, person, closed = asked(("withdrawn", "health"))
    assert closed == ("health",)
    assert person.column("pregnant") == person.column("disabled") == UNKNOWN
    assert person.column("birth_date") != UNKNOWN
    assert person.column("age") != UNKNOWN
    assert "pregnant" not in person.known.origins
    assert "birth_date" in person.known.origins


def test_what_was_given_again_is_read_again(asked):
    assert asked(("withdrawn", "health"), ("given", "health"))[2] == ()
    assert asked(("given", "health"), ("withdrawn", "health"))[2] == ("health",)


def test_nothing_at_all_is_read_of_whoever_withdrew_eligibility(asked):
    _, person, closed = asked(("withdrawn", "eligibility"))
    assert closed == ("eligibility",)
    assert set(person.snapshot.values[0].tolist()) == {UNKNOWN}
    assert (person.occurrences, person.held, person.known.dates) == ((), frozenset(), {})


def test_who_refuses_the_learned_order_may_get_the_same_programmes(shipped, lives, register):
    class Backwards:
        def score(self, _people, _attributes, pairs):
            return Scores(np.linspace(0, 1, len(pairs)), np.linspace(0.01, 0.99, len(pairs)))

    learned, day = copy(shipped), lives[1]
    learned.ranker = Ranker(scorer=Backwards(), attributes=object(), model={"kind": "backwards"}, fingerprint="f")
    events = [said(0, "fact.stated", FACTS)]
    before = learned.answer(learned.from_events(events, "ann", ["citizen"], day), day, None)
    refusing = [*events, said(1, "consent.withdrawn", {"purpose": "ranking"})]
    engine, person, closed = register.allowed(learned, learned.from_events(refusing, "ann", ["citizen"], day), "ann")
    after = engine.answer(person, day, None)
    assert closed == ("ranking",)
    assert (before.model, after.model) == ({"kind": "backwards"}, None)
    assert {one.programme.id for one in after.shown} == {one.programme.id for one in before.shown}
    assert [one.programme.id for one in after.shown] != [one.programme.id for one in before.shown]
    assert engine.compiled(day) is learned.compiled(day)


def test_consent_that_is_needed_closes_until_it_is_given(shipped, lives):
    declared = PurposeRegister.parse(
        {"purposes": {"health": {"needs": "consent", "facts": ["ill"]}}}, shipped.declaration
    )
    events = [said(0, "fact.stated", {**FACTS, "ill": True})]
    day = lives[1]
    person = shipped.from_events(events, "ann", ["citizen"], day)
    assert declared.allowed(shipped, person, "ann")[2] == ("health",)
    events.append(said(1, "consent.given", {"purpose": "health"}))
    person = shipped.from_events(events, "ann", ["citizen"], day)
    assert declared.allowed(shipped, person, "ann")[2] == ()
    stated = shipped.from_facts({**FACTS, "ill": True}, ["citizen"], day)
    assert declared.allowed(shipped, stated, "ann") == (shipped, stated, ())


def test_a_withdrawal_that_was_retracted_still_counts(shipped, lives, register):
    events = [said(0, "fact.stated", FACTS), said(1, "consent.withdrawn", {"purpose": "health"})]
    events.append(said(2, "event.retracted", {"source": "s", "id": "1"}))
    person = shipped.from_events(events, "ann", ["citizen"], lives[1])
    assert register.allowed(shipped, person, "ann")[2] == ("health",)


@pytest.mark.parametrize(
    ("purpose", "said_of_it"),
    [
        ({"needs": "consent", "facts": ["nothing"]}, "is not a fact"),
        ({"needs": "consent"}, "names no fact"),
        ({"facts": ["ill"]}, "needs"),
        ({"needs": "maybe", "facts": ["ill"]}, "maybe"),
        ({"needs": "consent", "facts": ["ill"], "x": 1}, "x"),
        ({"needs": "no_objection", "casework": True}, "nobody else lets a caseworker ask"),
        ({"needs": "consent", "casework": True, "learning": True}, "nobody else lets a caseworker ask"),
        ({"needs": "consent", "casework": True, "facts": ["ill"]}, "is not for casework"),
    ],
)
def test_a_wrong_register_is_refused(purpose, said_of_it):
    with pytest.raises(Rejected, match=said_of_it):
        PurposeRegister.parse({"purposes": {"health": purpose}}, reading.read_declaration())
    with pytest.raises(Rejected, match="is not for this purpose"):
        PurposeRegister.parse(
            {"purposes": {"ranking": {"needs": "consent", "facts": ["ill"]}}}, reading.read_declaration()
        )
