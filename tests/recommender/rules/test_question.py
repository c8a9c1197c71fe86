from __future__ import annotations

import pytest

from features.snapshot import from_facts
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.question import RECEIVES_SHARE, ask_next
from tests.recommender.catalogues import AT, DAY, DECLARATION, MESSAGES, REGIONS, document, loaded

FARMER = {"fact": "farmer", "is": True}
ADULT = {"fact": "age", "at_least": 19}


def asks(facts, *documents, applicant=1):
    held = loaded(*documents)
    snapshot = from_facts(DECLARATION, facts, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY).explaining(MESSAGES)
    return ask_next(compiled, snapshot, applicant), compiled, snapshot


def settled(facts, *documents, applicant=1):
    return {ask.fact: ask.settles for ask in asks(facts, *documents, applicant=applicant)[0]}


def test_a_fact_that_settles_more_is_asked_first():
    found, _, _ = asks(
        {}, document("t.a", FARMER), document("t.b", FARMER), document("t.c", {"fact": "worker", "is": True})
    )
    assert [(ask.fact, ask.settles) for ask in found] == [("farmer", 2.0), ("worker", 1.0)]
    assert found[0].question == DECLARATION.facts["farmer"].question
    assert found[0].to_json() == {
        "fact": "farmer", "settles": 2.0, "question": dict(DECLARATION.facts["farmer"].question),
    }  # fmt: skip


def test_an_answer_counts_by_how_likely_it_is():
    share = DECLARATION.facts["farmer"].share
    both = {"all": [FARMER, {"fact": "worker", "is": True}]}
    assert settled({}, document("t.a", both))["farmer"] == pytest.approx((100 - share) / 100)
    assert settled({"worker": True}, document("t.a", both)) == {"farmer": 1.0}


def test_what_is_computed_is_asked_for_by_what_can_be_stated():
    found = settled({}, document("t.a", ADULT), document("t.b", {"fact": "youngest_child_months", "below": 24}))
    answers = DECLARATION.facts["birth_date"].answers_on(DAY)
    assert found == {"birth_date": 1.0, "children": 1.0}
    assert sum(weight for _, weight in answers) > 0


def test_every_fact_derived_from_an_answer_is_worked_out_anew():
    who = {"all": [{"fact": "youngest_child_months", "below": 24}, {"fact": "child_ages", "at_least": 3}, FARMER]}
    compiled_asks, compiled, snapshot = asks({"farmer": True}, document("t.a", who))
    assert compiled.answers(snapshot.values)[0].tolist() == [Answer.UNKNOWN]
    assert [(ask.fact, ask.settles) for ask in compiled_asks] == [("children", 1.0)]


def test_a_region_is_asked_for_in_parts_weighted_by_their_people():
    found = settled({}, document("t.a", {"fact": "region", "is": 11}), document("t.b", {"fact": "region", "is": 41111}))
    assert found == {"region": 2.0}
    seoul_and_farmers = {"all": [{"fact": "region", "is": 11}, FARMER]}
    people = {11: 900, 41: 1300, 28: 300, 12: 310}
    outside = 1 - people[11] / sum(people.values())
    assert settled({}, document("t.a", seoul_and_farmers))["region"] == pytest.approx(outside, abs=1e-6)


def test_a_region_given_coarsely_is_asked_for_more_finely():
    mapo = document("t.a", {"fact": "region", "is": 11440})
    assert settled({"region": "11"}, mapo) == {"region": 1.0}
    assert settled({"region": "11"}, document("t.b", {"all": [{"fact": "region", "is": 11440}, FARMER]})) == {
        "region": 0.5, "farmer": pytest.approx(0.96),
    }  # fmt: skip
    assert settled({"region": "11440"}, mapo) == {}


def test_receipts_are_asked_for_by_the_programmes_title():
    who = {"fact": "receives.t.a", "is": True}
    found, _, _ = asks({}, document("t.a", {"all": []}), document("t.b", who), document("t.c", {"not": who}))
    assert [(ask.fact, ask.settles) for ask in found] == [("receives.t.a", 2.0)]
    assert found[0].question == {"ko": "‘t.a 사업’을 이미 받고 계신가요?", "en": "Do you already receive The t.a?"}
    both = document("t.d", {"all": [who, FARMER]})
    assert settled({}, document("t.a", {"all": []}), both)["receives.t.a"] == 1 - RECEIVES_SHARE / 100


def test_a_receipt_of_what_is_not_loaded_is_asked_for_by_its_id():
    found, _, _ = asks({}, document("t.a", {"fact": "receives.gov24.1", "is": True}))
    assert found[0].question["en"] == "Do you already receive receives.gov24.1?"


def test_what_is_known_or_settles_nothing_is_not_asked():
    assert settled({"farmer": True}, document("t.a", FARMER)) == {}
    nothing = {"all": [{"no_data": "x"}, {"advisory": FARMER}]}
    assert settled({}, document("t.a", nothing)) == {}
    assert settled({}, document("t.a", FARMER), applicant=2) == {}
    assert settled({}, document("t.a", FARMER, valid={"until": "2020-01-01"})) == {}


def test_a_programme_nobody_verified_is_settled_only_by_a_no():
    share = DECLARATION.facts["farmer"].share
    assert settled({}, document("t.a", FARMER, verified=False)) == {"farmer": pytest.approx(1 - share / 100)}


def test_no_data_leaves_nothing_to_ask():
    assert settled({}, document("t.a", {"no_data": "x"})) == {}
